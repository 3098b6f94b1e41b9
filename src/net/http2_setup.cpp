#include "net/http2_setup.hpp"

#include <new>

namespace symphony::net::detail {

namespace {

// Of kinds of frames that nobody has defined, or that we know nothing of, none is looked at.
int ignore_frame(nghttp2_session* /*native*/, void** /*payload*/, const nghttp2_frame_hd* /*head*/,
                 void* /*owner*/) {
    return NGHTTP2_ERR_CANCEL;
}

}  // namespace

http2_setup::http2_setup() {
    nghttp2_session_callbacks* calls = nullptr;
    nghttp2_option* options = nullptr;
    const bool got =
        nghttp2_session_callbacks_new(&calls) == 0 && nghttp2_option_new(&options) == 0;
    calls_.reset(calls);
    options_.reset(options);
    if (!got) throw std::bad_alloc();
    // Bodies are taken as their readers come along; a closed stream needs no memory.
    nghttp2_option_set_no_auto_window_update(options, 1);
    nghttp2_option_set_no_closed_streams(options, 1);
    // nghttp2 would pass over unknown frames without a word, however many there are: told that they
    // are wanted, it lets them be counted as they begin.
    for (int type = NGHTTP2_ALTSVC; type <= 0xff; ++type)
        nghttp2_option_set_user_recv_extension_type(options, static_cast<std::uint8_t>(type));
    nghttp2_session_callbacks_set_unpack_extension_callback(calls, &ignore_frame);
}

}  // namespace symphony::net::detail
