#include "net/http2_body.hpp"

#include <utility>

namespace symphony::net::detail {

namespace {

using stop = http2_stream::stop;

error stop_error(stop why, const destination& where) {
    error made;
    made.maybe_sent = true;
    made.kind = why == stop::timed_out ? error_kind::timeout : error_kind::cancelled;
    made.message = why == stop::timed_out
                       ? "the deadline passed while reading the answer of " + where.authority
                       : "the call was cancelled";
    return made;
}

}  // namespace

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
            broken_ = stop_error(stream_->stopped, *where_);
            session_->abandon(*stream_);
            co_return std::unexpected(*broken_);
        }
        if (stream_->broken) {
            broken_ = *stream_->broken;
            co_return std::unexpected(*broken_);
        }
        co_await stream_->place.wait();
        if (stream_->place.cancelled()) stream_->stop_with(stop::cancelled);
    }
}

}  // namespace symphony::net::detail
