#include "net/content_decoder.hpp"

#include <new>
#include <zstd.h>

namespace symphony::net::detail {

namespace {

// 8 MiB: no sender of the coding may ask for more (RFC 9659, 3).
constexpr int most_window_log = 23;

// The first byte of a frame's or a skippable frame's magic number. The library may be built to read
// formats older than RFC 8878 too, which nobody tests any more.
bool begins_frame(char first) noexcept {
    const auto byte = static_cast<unsigned char>(first);
    return byte == 0x28 || (byte >= 0x50 && byte <= 0x5f);
}

struct destroy_zstd {
    void operator()(ZSTD_DCtx* context) const noexcept { ZSTD_freeDCtx(context); }
};

class zstd_decoder final : public content_decoder {
public:
    zstd_decoder() : context_(ZSTD_createDCtx()) {
        if (!context_) throw std::bad_alloc();
        ZSTD_DCtx_setParameter(context_.get(), ZSTD_d_windowLogMax, most_window_log);
    }

    step decode(std::string_view input, std::span<char> output) override {
        ZSTD_inBuffer from{input.data(), input.size(), 0};
        ZSTD_outBuffer to{output.data(), output.size(), 0};
        for (;;) {
            // A call without input after the end of a frame would begin another one.
            if (between_frames_ && from.pos == from.size) break;
            if (between_frames_ && !begins_frame(input[from.pos])) return {from.pos, to.pos, true};
            const std::size_t consumed = from.pos;
            const std::size_t produced = to.pos;
            const std::size_t code = ZSTD_decompressStream(context_.get(), &to, &from);
            if (ZSTD_isError(code) != 0) return {from.pos, to.pos, true};
            between_frames_ = code == 0;
            const bool moved = from.pos != consumed || to.pos != produced;
            if (!moved || from.pos == from.size || to.pos == to.size) break;
        }
        return {from.pos, to.pos, false};
    }
    [[nodiscard]] bool whole() const noexcept override { return between_frames_; }

private:
    std::unique_ptr<ZSTD_DCtx, destroy_zstd> context_;
    bool between_frames_ = true;
};

}  // namespace

std::unique_ptr<content_decoder> make_zstd_decoder() {
    return std::make_unique<zstd_decoder>();
}

}  // namespace symphony::net::detail
