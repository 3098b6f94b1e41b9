#include "net/http2_server_callbacks.hpp"

#include "net/http2_setup.hpp"

#include <algorithm>
#include <memory>
#include <string_view>

namespace symphony::net::detail {

namespace {

// An answer's head beyond it cannot be sent.
constexpr std::size_t most_answer_head = std::size_t{1} << 20;
// A piece of an answer of this size is worth the frames that the client sends for it.
constexpr std::size_t worthwhile_data = 256;

http2_server_stream* stream_of(nghttp2_session* native, std::int32_t id) noexcept {
    return static_cast<http2_server_stream*>(nghttp2_session_get_stream_user_data(native, id));
}

http2_server_session& session_of(void* owner) noexcept {
    return *static_cast<http2_server_session*>(owner);
}

bool begins_request(const nghttp2_frame& frame) noexcept {
    return frame.hd.type == NGHTTP2_HEADERS && frame.headers.cat == NGHTTP2_HCAT_REQUEST;
}

bool ends_stream(const nghttp2_frame& frame) noexcept {
    return (frame.hd.type == NGHTTP2_HEADERS || frame.hd.type == NGHTTP2_DATA) &&
           (frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
}

}  // namespace

bool http2_server_callbacks::make_session(http2_server_session& of, nghttp2_session*& made) {
    static const http2_setup setup = [] {
        http2_setup one;
        nghttp2_session_callbacks* const calls = one.calls();
        nghttp2_session_callbacks_set_on_begin_frame_callback(calls, &on_frame_begin);
        nghttp2_session_callbacks_set_on_begin_headers_callback(calls, &on_head_begin);
        nghttp2_session_callbacks_set_on_header_callback(calls, &on_header);
        nghttp2_session_callbacks_set_on_invalid_header_callback(calls, &on_invalid_header);
        nghttp2_session_callbacks_set_on_data_chunk_recv_callback(calls, &on_data);
        nghttp2_session_callbacks_set_on_frame_recv_callback(calls, &on_frame);
        nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(calls, &on_invalid_frame);
        nghttp2_session_callbacks_set_on_frame_send_callback(calls, &on_frame_sent);
        nghttp2_session_callbacks_set_on_frame_not_send_callback(calls, &on_frame_not_sent);
        nghttp2_session_callbacks_set_on_stream_close_callback(calls, &on_close);
        nghttp2_option_set_max_send_header_block_length(one.options(), most_answer_head);
        return one;
    }();
    return nghttp2_session_server_new2(&made, setup.calls(), &of, setup.options()) == 0;
}

int http2_server_callbacks::on_frame_begin(nghttp2_session* /*native*/,
                                           const nghttp2_frame_hd* head, void* owner) {
    // Whether HEADERS or DATA carry anything is known when they have come.
    const bool may_carry = head->type == NGHTTP2_HEADERS || may_carry_data(*head);
    return may_carry || session_of(owner).note_frame() ? 0 : NGHTTP2_ERR_CALLBACK_FAILURE;
}

int http2_server_callbacks::on_head_begin(nghttp2_session* native, const nghttp2_frame* frame,
                                          void* owner) {
    auto& session = session_of(owner);
    session.head_since_ = session.channel_.now();
    session.expect_by(later(*session.head_since_, session.core().options.header_timeout));
    if (!begins_request(*frame)) return 0;  // trailers
    const auto stream = std::make_shared<http2_server_stream>(session, session.core(),
                                                              frame->hd.stream_id, session.peer_);
    nghttp2_session_set_stream_user_data(native, stream->id, stream.get());
    stream->index = session.streams_.size();
    session.streams_.push_back(stream);
    return 0;
}

int http2_server_callbacks::on_header(nghttp2_session* native, const nghttp2_frame* frame,
                                      const std::uint8_t* name, std::size_t name_size,
                                      const std::uint8_t* value, std::size_t value_size,
                                      std::uint8_t /*flags*/, void* /*owner*/) {
    http2_server_stream* const stream = stream_of(native, frame->hd.stream_id);
    if (stream == nullptr) return 0;
    const std::string_view field = http2_text(name, name_size);
    const std::string_view content = http2_text(value, value_size);
    const bool bearable = stream->has_head ? stream->head.skip(field, content)  // trailers
                                           : stream->head.add(stream->request, field, content);
    if (bearable) return 0;
    nghttp2_session_terminate_session(native, NGHTTP2_ENHANCE_YOUR_CALM);
    return NGHTTP2_ERR_CALLBACK_FAILURE;
}

// nghttp2 would leave the field out; a request with it is malformed (RFC 9113, 8.2.1).
int http2_server_callbacks::on_invalid_header(
    nghttp2_session* /*native*/, const nghttp2_frame* /*frame*/, const std::uint8_t* /*name*/,
    std::size_t /*name_size*/, const std::uint8_t* /*value*/, std::size_t /*value_size*/,
    std::uint8_t /*flags*/, void* /*owner*/) {
    return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
}

int http2_server_callbacks::on_data(nghttp2_session* native, std::uint8_t /*flags*/,
                                    std::int32_t id, const std::uint8_t* bytes, std::size_t size,
                                    void* owner) {
    session_of(owner).on_data(stream_of(native, id), http2_text(bytes, size));
    return 0;
}

int http2_server_callbacks::on_frame(nghttp2_session* native, const nghttp2_frame* frame,
                                     void* owner) {
    auto& session = session_of(owner);
    if (frame->hd.type == NGHTTP2_SETTINGS) session.settled_ = true;
    if (frame->hd.type == NGHTTP2_HEADERS) session.head_since_.reset();
    http2_server_stream* const stream = stream_of(native, frame->hd.stream_id);
    if (stream == nullptr) return 0;
    if (frame->hd.type == NGHTTP2_RST_STREAM) stream->reset_by_client = true;
    if (begins_request(*frame)) {
        session.on_head_end(*stream, ends_stream(*frame));
    } else if (ends_stream(*frame)) {
        stream->complete = true;
        stream->reader.wake_later();
    }
    return 0;
}

int http2_server_callbacks::on_invalid_frame(nghttp2_session* /*native*/,
                                             const nghttp2_frame* frame, int /*fault*/,
                                             void* owner) {
    auto& session = session_of(owner);
    if (frame->hd.type == NGHTTP2_HEADERS) session.head_since_.reset();
    return session.note_frame() ? 0 : NGHTTP2_ERR_CALLBACK_FAILURE;
}

int http2_server_callbacks::on_frame_sent(nghttp2_session* native, const nghttp2_frame* frame,
                                          void* owner) {
    auto& session = session_of(owner);
    if (frame->hd.type == NGHTTP2_DATA && frame->hd.length >= worthwhile_data)
        session.frames_.forgive();
    if (!ends_stream(*frame)) return 0;
    // The answer is whole, and nobody waits for the rest of the request (RFC 9113, 8.1).
    http2_server_stream* const stream = stream_of(native, frame->hd.stream_id);
    if (stream != nullptr && !stream->complete) session.reset(*stream, NGHTTP2_NO_ERROR);
    return 0;
}

int http2_server_callbacks::on_frame_not_sent(nghttp2_session* native, const nghttp2_frame* frame,
                                              int /*fault*/, void* owner) {
    if (frame->hd.type != NGHTTP2_HEADERS) return 0;
    http2_server_stream* const stream = stream_of(native, frame->hd.stream_id);
    if (stream != nullptr) session_of(owner).reset(*stream, NGHTTP2_INTERNAL_ERROR);
    return 0;
}

int http2_server_callbacks::on_close(nghttp2_session* native, std::int32_t id, std::uint32_t code,
                                     void* owner) {
    http2_server_stream* const stream = stream_of(native, id);
    if (stream != nullptr) session_of(owner).on_closed(*stream, code);
    return 0;
}

ssize_t http2_server_callbacks::read_body(nghttp2_session* /*native*/, std::int32_t /*id*/,
                                          std::uint8_t* to, std::size_t room, std::uint32_t* flags,
                                          nghttp2_data_source* source, void* owner) {
    auto& stream = *static_cast<http2_server_stream*>(source->ptr);
    const std::size_t size = std::min(room, stream.unsent());
    if (size == 0 && stream.failed) {
        stream.reset_by_us = true;
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;  // RST_STREAM, INTERNAL_ERROR
    }
    if (size == 0 && !stream.last_out) return NGHTTP2_ERR_DEFERRED;
    stream.out.copy(reinterpret_cast<char*>(to), size, stream.out_sent);
    stream.out_sent += size;
    stream.stalled_since = session_of(owner).channel_.now();
    if (stream.unsent() == 0) {
        stream.out.clear();
        stream.out_sent = 0;
        if (stream.last_out) *flags |= NGHTTP2_DATA_FLAG_EOF;
        stream.writer.wake_later();
    }
    return static_cast<ssize_t>(size);
}

}  // namespace symphony::net::detail
