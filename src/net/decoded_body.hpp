#pragma once

#include "net/decoder_chain.hpp"
#include "symphony/core/clock.hpp"
#include "symphony/net/body.hpp"
#include "symphony/net/response.hpp"
#include "symphony/net/transport.hpp"

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace symphony::net::detail {

/// A body without its codings. Nothing is read before what was read is decoded and taken.
class decoded_body final : public body_source {
public:
    /// `beginning` was read before; `rest` is null when that is all.
    decoded_body(decoder_chain decoding, std::string beginning, std::unique_ptr<body_source> rest);

    [[nodiscard]] boost::asio::awaitable<result<std::string_view>> read() override;
    [[nodiscard]] std::optional<std::uint64_t> size() const noexcept override {
        return std::nullopt;
    }

private:
    [[nodiscard]] result<std::string_view> break_off(error why);

    decoder_chain decoding_;
    const std::string beginning_;
    std::unique_ptr<body_source> rest_;
    std::unique_ptr<char[]> decoded_;
    std::string_view input_;
    bool ended_ = false;
    std::optional<error> broken_;
};

/// Whether the answer has a body that `decode_answer` may have to do with.
[[nodiscard]] inline bool may_be_coded(const response& answer) noexcept {
    return answer.fields.contains("content-encoding");
}

/// Takes the codings off an answer to `request`, and the fields that spoke of them; with
/// `stream_response` while it is read. What has no body, is a part, or has a coding unknown here
/// stays as it is. Errors as those of `decoder_chain`, `timeout` and `cancelled`.
[[nodiscard]] boost::asio::awaitable<void> decode_answer(const destination& where,
                                                         const wire_request& request,
                                                         const send_options& options,
                                                         const clock& time,
                                                         result<response>& answer);

}  // namespace symphony::net::detail
