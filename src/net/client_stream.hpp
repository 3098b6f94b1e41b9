#pragma once

#include "net/client_pool.hpp"
#include "net/response_content.hpp"
#include "symphony/net/body.hpp"

#include <optional>
#include <string>

namespace symphony::net::detail {

/// Why the connection of a call stopped before its answer was whole.
[[nodiscard]] error connection_failure(const client_connection& connection,
                                       const destination& where, const char* stage);

/// The rest of an answer, read as it arrives. Holds its connection until the end.
class client_stream final : public body_source {
public:
    /// `beginning` was read together with the head; `reusable` is what the head says.
    client_stream(client_lease lease, std::shared_ptr<const destination> where,
                  const response_content& content, std::string beginning,
                  std::optional<std::uint64_t> size, bool reusable)
        : lease_(std::move(lease)),
          where_(std::move(where)),
          content_(content),
          beginning_(std::move(beginning)),
          size_(size),
          reusable_(reusable) {}

    [[nodiscard]] boost::asio::awaitable<result<std::string_view>> read() override;
    [[nodiscard]] std::optional<std::uint64_t> size() const noexcept override { return size_; }

private:
    [[nodiscard]] result<std::string_view> finish();
    [[nodiscard]] result<std::string_view> break_off(error why);

    client_lease lease_;
    const std::shared_ptr<const destination> where_;
    response_content content_;
    std::string beginning_;
    const std::optional<std::uint64_t> size_;
    const bool reusable_;
    bool begun_ = false;
    std::size_t used_ = 0;  // of the input, by the piece that was given last
    std::optional<error> broken_;
};

}  // namespace symphony::net::detail
