#include "net/http2_body.hpp"

#include <charconv>
#include <utility>

namespace symphony::net::detail {

namespace {

using stop = http2_stream::stop;

}  // namespace

error stop_error(const http2_stream& stream, const destination& where) {
    error why;
    why.maybe_sent = stream.head_sent;
    if (stream.stopped == stop::timed_out) {
        why.kind = error_kind::timeout;
        why.message = too_late(stream.limit_reached, where.http,
                               stream.has_head       ? "reading the answer of"
                               : stream.request_sent ? "waiting for the answer of"
                                                     : "sending the request to",
                               where.authority);
    } else {
        why.kind = error_kind::cancelled;
        why.message = "the call was cancelled";
    }
    return why;
}

std::optional<std::uint64_t> content_length(const headers& fields) {
    const auto text = fields.get("content-length");
    if (!text) return std::nullopt;
    std::uint64_t bytes = 0;
    const auto read = std::from_chars(text->data(), text->data() + text->size(), bytes);
    if (read.ec != std::errc() || read.ptr != text->data() + text->size()) return std::nullopt;
    return bytes;
}

http2_body::http2_body(std::shared_ptr<http2_session> session, std::shared_ptr<http2_stream> stream,
                       std::shared_ptr<const destination> where, std::optional<std::uint64_t> size)
    : session_(std::move(session)),
      stream_(std::move(stream)),
      where_(std::move(where)),
      size_(size) {
    stream_->place.clear_cancelled();
}

http2_body::~http2_body() {
    session_->abandon(*stream_);
}

boost::asio::awaitable<result<std::string_view>> http2_body::read() {
    if (broken_) co_return std::unexpected(*broken_);
    if (!piece_.empty()) {
        session_->taken(*stream_, piece_.size());
        piece_.clear();
    }
    for (;;) {
        if (!stream_->body.empty()) {
            piece_.swap(stream_->body);
            co_return std::string_view(piece_);
        }
        if (stream_->ended) co_return std::string_view();
        if (stream_->stopped != stop::none) {
            broken_ = stop_error(*stream_, *where_);
            session_->abandon(*stream_);
            co_return std::unexpected(*broken_);
        }
        if (stream_->broken) {
            broken_ = *stream_->broken;
            co_return std::unexpected(*broken_);
        }
        session_->await_bytes(*stream_);
        co_await stream_->place.wait();
        if (stream_->place.cancelled()) stream_->stop_with(stop::cancelled);
        if (stream_->between_bytes) stream_->lift_limit();  // a reader may take its time
    }
}

}  // namespace symphony::net::detail
