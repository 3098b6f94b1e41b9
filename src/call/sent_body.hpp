#pragma once

#include "symphony/net/body.hpp"

namespace symphony {

/// A caller's streamed body on its way out. It can be read once, so whether it was touched decides
/// whether the request may be repeated, and a failure of its own is not the API's.
class sent_body final : public body_source {
public:
    explicit sent_body(body_source& origin) noexcept : origin_(origin) {}

    [[nodiscard]] boost::asio::awaitable<result<std::string_view>> read() override {
        touched_ = true;
        result<std::string_view> piece = co_await origin_.read();
        failed_ = failed_ || !piece;
        co_return piece;
    }
    [[nodiscard]] std::optional<std::uint64_t> size() const noexcept override {
        return origin_.size();
    }

    [[nodiscard]] bool touched() const noexcept { return touched_; }
    [[nodiscard]] bool failed() const noexcept { return failed_; }

private:
    body_source& origin_;
    bool touched_ = false;
    bool failed_ = false;
};

}  // namespace symphony
