#pragma once

#include "net/http2_session.hpp"

#include <nghttp2/nghttp2.h>

#include <cstddef>
#include <cstdint>

namespace symphony::net::detail {

/// What nghttp2 calls back, on behalf of a session.
struct http2_callbacks {
    [[nodiscard]] static bool make_session(http2_session& of, nghttp2_session*& made);
    static ssize_t read_body(nghttp2_session* native, std::int32_t id, std::uint8_t* to,
                             std::size_t room, std::uint32_t* flags, nghttp2_data_source* source,
                             void* owner);

private:
    static int on_frame_begin(nghttp2_session* native, const nghttp2_frame_hd* head, void* owner);
    static int on_header(nghttp2_session* native, const nghttp2_frame* frame,
                         const std::uint8_t* name, std::size_t name_size, const std::uint8_t* value,
                         std::size_t value_size, std::uint8_t flags, void* owner);
    static int on_data(nghttp2_session* native, std::uint8_t flags, std::int32_t id,
                       const std::uint8_t* bytes, std::size_t size, void* owner);
    static int on_frame(nghttp2_session* native, const nghttp2_frame* frame, void* owner);
    static int on_frame_sent(nghttp2_session* native, const nghttp2_frame* frame, void* owner);
    static int on_close(nghttp2_session* native, std::int32_t id, std::uint32_t code, void* owner);
};

}  // namespace symphony::net::detail
