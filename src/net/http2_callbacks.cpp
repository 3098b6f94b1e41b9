#include "net/http2_callbacks.hpp"

#include "net/http2_setup.hpp"

#include <fmt/format.h>

#include <charconv>
#include <string_view>

namespace symphony::net::detail {

namespace {

http2_stream* stream_of(nghttp2_session* native, std::int32_t id) noexcept {
    return static_cast<http2_stream*>(nghttp2_session_get_stream_user_data(native, id));
}

constexpr std::size_t worthwhile_data = 256;

}  // namespace

bool http2_callbacks::make_session(http2_session& of, nghttp2_session*& made) {
    static const http2_setup setup = [] {
        http2_setup one;
        nghttp2_session_callbacks_set_on_begin_frame_callback(one.calls(), &on_frame_begin);
        nghttp2_session_callbacks_set_on_header_callback(one.calls(), &on_header);
        nghttp2_session_callbacks_set_on_data_chunk_recv_callback(one.calls(), &on_data);
        nghttp2_session_callbacks_set_on_frame_recv_callback(one.calls(), &on_frame);
        nghttp2_session_callbacks_set_on_frame_send_callback(one.calls(), &on_frame_sent);
        nghttp2_session_callbacks_set_on_stream_close_callback(one.calls(), &on_close);
        return one;
    }();
    return nghttp2_session_client_new2(&made, setup.calls(), &of, setup.options()) == 0;
}

// A server that sends frames without end that are of use to no call is left.
int http2_callbacks::on_frame_begin(nghttp2_session* native, const nghttp2_frame_hd* head,
                                    void* owner) {
    // On its way to a call that was given up, perhaps.
    if (may_carry_data(*head, worthwhile_data)) return 0;
    if (static_cast<http2_session*>(owner)->note_frame()) return 0;
    return nghttp2_session_terminate_session(native, NGHTTP2_ENHANCE_YOUR_CALM) == 0
               ? 0
               : NGHTTP2_ERR_CALLBACK_FAILURE;
}

int http2_callbacks::on_header(nghttp2_session* native, const nghttp2_frame* frame,
                               const std::uint8_t* name, std::size_t name_size,
                               const std::uint8_t* value, std::size_t value_size,
                               std::uint8_t /*flags*/, void* owner) {
    http2_stream* const stream = stream_of(native, frame->hd.stream_id);
    if (frame->hd.type != NGHTTP2_HEADERS || stream == nullptr || stream->over()) return 0;
    auto& session = *static_cast<http2_session*>(owner);
    constexpr std::size_t overhead = 32;  // RFC 9113, 6.5.2
    stream->head_bytes += name_size + value_size + overhead;
    if (stream->head_bytes > session.where_->limits.max_header_bytes) {
        session.refuse(*stream, error_kind::response_too_large,
                       fmt::format("the head of the answer is longer than {} bytes",
                                   session.where_->limits.max_header_bytes));
        return 0;
    }
    if (stream->has_head) return 0;  // trailers
    const std::string_view field = http2_text(name, name_size);
    const std::string_view content = http2_text(value, value_size);
    if (field == ":status") {
        const auto read =
            std::from_chars(content.data(), content.data() + content.size(), stream->answer.status);
        if (read.ec == std::errc() && stream->answer.status >= 100) return 0;
        session.refuse(*stream, error_kind::protocol_error, "the answer has no valid status");
    } else if (!field.starts_with(':') && !stream->answer.fields.add(field, content)) {
        session.refuse(*stream, error_kind::protocol_error, "the answer has an invalid header");
    }
    return 0;
}

int http2_callbacks::on_data(nghttp2_session* native, std::uint8_t /*flags*/, std::int32_t id,
                             const std::uint8_t* bytes, std::size_t size, void* owner) {
    auto& session = *static_cast<http2_session*>(owner);
    nghttp2_session_consume_connection(native, size);
    http2_stream* const stream = stream_of(native, id);
    if (stream == nullptr || stream->over()) {
        nghttp2_session_consume_stream(native, id, size);
        return 0;
    }
    session.note_use();
    stream->body.append(http2_text(bytes, size));
    if (stream->streams_answer) {
        stream->place.wake_later();
        return 0;
    }
    nghttp2_session_consume_stream(native, id, size);
    session.await_bytes(*stream);
    const std::uint64_t most = session.where_->limits.max_response_bytes;
    if (stream->body.size() > most) {
        session.refuse(*stream, error_kind::response_too_large,
                       fmt::format("the answer is longer than {} bytes", most));
    }
    return 0;
}

int http2_callbacks::on_frame(nghttp2_session* native, const nghttp2_frame* frame, void* owner) {
    auto& session = *static_cast<http2_session*>(owner);
    http2_stream* const stream = stream_of(native, frame->hd.stream_id);
    switch (frame->hd.type) {
        case NGHTTP2_HEADERS:
            if (stream != nullptr && !stream->over() && !stream->has_head) {
                session.note_use();
                session.on_head_end(*stream);
            }
            break;
        case NGHTTP2_RST_STREAM:
            if (stream != nullptr) stream->reset_by_peer = frame->rst_stream.error_code;
            break;
        case NGHTTP2_GOAWAY:
            session.goes_away_ = true;
            session.tell();
            break;
        case NGHTTP2_SETTINGS:
            session.settled_ = true;
            session.tell();
            break;
        case NGHTTP2_PUSH_PROMISE:  // sent before it knew that nobody wants them
            nghttp2_submit_rst_stream(native, NGHTTP2_FLAG_NONE,
                                      frame->push_promise.promised_stream_id,
                                      NGHTTP2_REFUSED_STREAM);
            break;
        default:
            break;
    }
    const bool ends = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0 &&
                      (frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA);
    if (ends && stream != nullptr && !stream->over() && stream->has_head) {
        stream->ended = true;
        stream->place.wake_later();
    }
    return 0;
}

int http2_callbacks::on_frame_sent(nghttp2_session* native, const nghttp2_frame* frame,
                                   void* owner) {
    if (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA) return 0;
    http2_stream* const stream = stream_of(native, frame->hd.stream_id);
    if (stream == nullptr) return 0;
    stream->head_sent = true;
    auto& session = *static_cast<http2_session*>(owner);
    // What was taken needs room for more, of which the server tells.
    if (frame->hd.type == NGHTTP2_DATA && frame->hd.length >= worthwhile_data) session.note_use();
    if ((frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) {
        session.on_request_sent(*stream);
    }
    return 0;
}

int http2_callbacks::on_close(nghttp2_session* native, std::int32_t id, std::uint32_t code,
                              void* owner) {
    http2_stream* const stream = stream_of(native, id);
    if (stream != nullptr) static_cast<http2_session*>(owner)->on_closed(*stream, code);
    return 0;
}

ssize_t http2_callbacks::read_body(nghttp2_session* /*native*/, std::int32_t /*id*/,
                                   std::uint8_t* to, std::size_t room, std::uint32_t* flags,
                                   nghttp2_data_source* source, void* /*owner*/) {
    auto& stream = *static_cast<http2_stream*>(source->ptr);
    const std::size_t size = std::min(room, stream.outgoing.size());
    if (size == 0 && !stream.last_outgoing) return NGHTTP2_ERR_DEFERRED;
    stream.outgoing.copy(reinterpret_cast<char*>(to), size);
    stream.outgoing.remove_prefix(size);
    if (stream.outgoing.empty()) {
        if (stream.last_outgoing) *flags |= NGHTTP2_DATA_FLAG_EOF;
        stream.place.wake_later();
    }
    return static_cast<ssize_t>(size);
}

}  // namespace symphony::net::detail
