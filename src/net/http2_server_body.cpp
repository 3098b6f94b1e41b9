#include "net/http2_server_body.hpp"

#include "net/http2_server_session.hpp"

#include <algorithm>
#include <utility>

namespace symphony::net::detail {

std::optional<std::uint64_t> http2_server_body::size() const noexcept {
    if (const auto length = stream_.head.length()) return length;
    return stream_.request.has_body ? std::nullopt : std::optional<std::uint64_t>(0);
}

result<std::string_view> http2_server_body::failure(error_kind kind, std::string message) {
    broken_.emplace();
    broken_->kind = kind;
    broken_->message = std::move(message);
    return std::unexpected(*broken_);
}

boost::asio::awaitable<result<std::string_view>> http2_server_body::read() {
    if (!given_.empty()) {
        session_.taken(stream_, given_.size());
        given_.clear();
    }
    for (;;) {
        if (broken_) co_return std::unexpected(*broken_);
        if (!stream_.incoming.empty()) {
            given_.swap(stream_.incoming);
            co_return std::string_view(given_);
        }
        if (stream_.complete) co_return std::string_view();
        if (stream_.reader.cancelled())
            co_return failure(error_kind::cancelled, "reading the body was cancelled");
        if (stream_.closed)
            co_return failure(error_kind::connection_lost,
                              "the client left before the body was complete");
        if (stream_.out_of_patience)
            co_return failure(error_kind::timeout, "the client sent no more of the body");
        session_.await_body(stream_);
        co_await stream_.reader.wait();
        stream_.patience.clear();
    }
}

}  // namespace symphony::net::detail
