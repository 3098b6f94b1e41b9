#include "net/http2_body.hpp"
#include "net/http2_callbacks.hpp"
#include "net/http2_request.hpp"
#include "net/http2_session.hpp"

#include <fmt/format.h>
#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <utility>

// The streams of a session, from their beginning to their end.

namespace symphony::net::detail {

namespace {

constexpr std::size_t most_streams = 256;

}  // namespace

std::size_t http2_session::room() const noexcept {
    if (over_ || goes_away_ || asked_at_) return 0;
    const std::size_t theirs =
        nghttp2_session_get_remote_settings(native_.get(), NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);
    // How many it allows is known once its settings are.
    const std::size_t most = settled_ ? std::min(theirs, most_streams) : 1;
    const std::size_t used = streams_.size() + reserved_;
    return most > used ? most - used : 0;
}

void http2_session::unreserve() {
    --reserved_;
    tell();
    end_if_idle();
}

result<void> http2_session::begin(const std::shared_ptr<http2_stream>& stream,
                                  const wire_request& request) {
    --reserved_;
    const bool has_body = request.stream != nullptr || !request.body.empty();
    stream->outgoing = request.body;
    stream->last_outgoing = request.stream == nullptr;
    http2_request head(*where_);
    if (auto sound = head.fill(request); !sound) {
        tell();
        end_if_idle();
        return sound;
    }
    nghttp2_data_provider provider{};
    provider.source.ptr = stream.get();
    provider.read_callback = http2_callbacks::read_body;
    const auto fields = head.fields();
    const std::int32_t id =
        over_ ? NGHTTP2_ERR_START_STREAM_NOT_ALLOWED
              : nghttp2_submit_request(native_.get(), nullptr, fields.data(), fields.size(),
                                       has_body ? &provider : nullptr, stream.get());
    if (id < 0) {  // it went away in between, or has no numbers left
        goes_away_ = true;
        stream->refused = true;
        stream->closed = true;
        stream->fail(broken_ ? broken_before_request()
                             : error{error_kind::connection_lost,
                                     fmt::format("the connection to {} takes no more requests",
                                                 where_->authority)});
        tell();
        if (!over_) flush_soon();  // which ends it when it is idle
        return {};
    }
    stream->id = id;
    stream->index = streams_.size();
    streams_.push_back(stream);
    stream->begun_at = core_->time.now();
    if (!std::exchange(owes_, true)) quiet_since_ = stream->begun_at;
    set_watch();
    flush_soon();
    return {};
}

void http2_session::send_more(http2_stream& stream) {
    if (stream.closed || over_) return;
    nghttp2_session_resume_data(native_.get(), stream.id);
    flush_soon();
}

void http2_session::taken(http2_stream& stream, std::size_t bytes) {
    if (stream.closed || over_) return;
    nghttp2_session_consume_stream(native_.get(), stream.id, bytes);
    flush_soon();
}

void http2_session::abandon(http2_stream& stream) {
    stream.timeout.clear();
    stream.outgoing = {};
    stream.last_outgoing = true;
    if (stream.closed || over_) return;
    nghttp2_submit_rst_stream(native_.get(), NGHTTP2_FLAG_NONE, stream.id, NGHTTP2_CANCEL);
    // Not a word since it began: the connection may be dead, and the next call is not to find out.
    const bool suspicious = stream.stopped == http2_stream::stop::timed_out;
    if (suspicious && quiet_since_ <= stream.begun_at) ask();
    flush_soon();
}

void http2_session::await_bytes(http2_stream& stream) const {
    if (!stream.between_bytes || !stream.request_sent) return;  // the server may be waiting for us
    stream.limit(later(core_->time.now(), *stream.between_bytes), time_limit::between_bytes);
}

void http2_session::on_request_sent(http2_stream& stream) const {
    stream.request_sent = true;
    if (stream.has_head) {
        if (!stream.streams_answer || stream.place.occupied()) await_bytes(stream);
        return;
    }
    if (!stream.first_byte) return;
    stream.limit(later(core_->time.now(), *stream.first_byte), time_limit::first_byte);
}

void http2_session::on_head_end(http2_stream& stream) {
    const int status = stream.answer.status;
    if (status >= 200) {
        stream.has_head = true;
        if (stream.first_byte) stream.lift_limit();
        if (!stream.streams_answer) await_bytes(stream);
        stream.answer.version = http_version::http2;
        const std::uint64_t most = where_->limits.max_response_bytes;
        const std::uint64_t length = content_length(stream.answer.fields).value_or(0);
        if (!stream.streams_answer && length > most) {
            refuse(stream, error_kind::response_too_large,
                   fmt::format("the answer is longer than {} bytes", most));
        } else if (stream.streams_answer) {
            stream.place.wake_later();
        }
        return;
    }
    stream.answer.fields.clear();
    stream.answer.status = 0;
    if (status == 101 || ++stream.interim > 16) {
        refuse(stream, error_kind::protocol_error, "the server never came to a final answer");
    }
}

void http2_session::refuse(http2_stream& stream, error_kind kind, std::string message) {
    error why;
    why.kind = kind;
    why.message = std::move(message);
    why.maybe_sent = true;
    stream.fail(std::move(why));
    nghttp2_submit_rst_stream(native_.get(), NGHTTP2_FLAG_NONE, stream.id, NGHTTP2_CANCEL);
}

error http2_session::broken_before_request() const {
    return {error_kind::protocol_error,
            fmt::format("{}: the server breaks HTTP/2", where_->authority)};
}

void http2_session::on_closed(http2_stream& stream, std::uint32_t code) {
    stream.closed = true;
    stream.timeout.stop();
    // nghttp2 says the same of what is not sent any more, because it found a fault of the server's.
    const bool found_fault = code == NGHTTP2_REFUSED_STREAM && !stream.reset_by_peer && !goes_away_;
    if (!stream.over() && found_fault) {
        stream.fail(broken_before_request());
    } else if (!stream.over()) {
        error why;
        why.maybe_sent = code != NGHTTP2_REFUSED_STREAM;
        why.remote = nghttp2_http2_strerror(code);
        if (code == NGHTTP2_REFUSED_STREAM) {
            stream.refused = true;
            why.kind = error_kind::connection_lost;
            why.message = where_->authority + " refused the request without looking at it";
        } else if (stream.reset_by_peer && code != NGHTTP2_HTTP_1_1_REQUIRED) {
            why.kind = error_kind::connection_lost;
            why.message = where_->authority + " gave the request up";
        } else {
            why.kind = error_kind::protocol_error;
            why.message = "the answer breaks HTTP/2";
        }
        stream.fail(std::move(why));
    }
    stream.place.wake_later();
    const auto keep = std::move(streams_[stream.index]);
    if (stream.index + 1 < streams_.size()) {
        streams_[stream.index] = std::move(streams_.back());
        streams_[stream.index]->index = stream.index;
    }
    streams_.pop_back();
    if (streams_.empty()) {
        idle_since_ = core_->time.now();
        set_watch();
    }
    tell();
    flush_soon();
}

}  // namespace symphony::net::detail
