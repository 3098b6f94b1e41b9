#pragma once

#include <nghttp2/nghttp2.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace symphony::net::detail {

/// What nghttp2 is told once for all sessions of one side, with what both sides have in common.
class http2_setup {
public:
    /// Throws std::bad_alloc.
    http2_setup();

    [[nodiscard]] nghttp2_session_callbacks* calls() const noexcept { return calls_.get(); }
    [[nodiscard]] nghttp2_option* options() const noexcept { return options_.get(); }

private:
    template <auto Free>
    struct freed {
        template <class T>
        void operator()(T* gone) const noexcept {
            Free(gone);
        }
    };
    std::unique_ptr<nghttp2_session_callbacks, freed<nghttp2_session_callbacks_del>> calls_;
    std::unique_ptr<nghttp2_option, freed<nghttp2_option_del>> options_;
};

[[nodiscard]] inline std::string_view http2_text(const std::uint8_t* bytes,
                                                 std::size_t size) noexcept {
    return {reinterpret_cast<const char*>(bytes), size};
}

/// Data that may be of use to somebody; what its padding hides is known only when it has come.
[[nodiscard]] inline bool may_carry_data(const nghttp2_frame_hd& head,
                                         std::size_t least = 1) noexcept {
    return head.type == NGHTTP2_DATA && (head.flags & NGHTTP2_FLAG_PADDED) == 0 &&
           head.length >= least;
}

}  // namespace symphony::net::detail
