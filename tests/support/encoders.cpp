#include "support/encoders.hpp"

#include <brotli/encode.h>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <zlib.h>
#include <zstd.h>

namespace symphony::test_support {

namespace {

void require(bool holds, const char* what) {
    if (!holds) throw std::runtime_error(what);
}

std::string deflate_with(std::string_view text, int window_bits, int level) {
    z_stream stream{};
    require(deflateInit2(&stream, level, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY) == Z_OK,
            "deflateInit2");
    std::string coded(deflateBound(&stream, text.size()), '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    stream.avail_in = static_cast<uInt>(text.size());
    stream.next_out = reinterpret_cast<Bytef*>(coded.data());
    stream.avail_out = static_cast<uInt>(coded.size());
    const bool done = deflate(&stream, Z_FINISH) == Z_STREAM_END;
    coded.resize(coded.size() - stream.avail_out);
    deflateEnd(&stream);
    require(done, "deflate");
    return coded;
}

}  // namespace

std::string gzip(std::string_view text, int level) {
    return deflate_with(text, 15 + 16, level);
}

std::string zlib(std::string_view text) {
    return deflate_with(text, 15, 6);
}

std::string raw_deflate(std::string_view text) {
    return deflate_with(text, -15, 6);
}

std::string brotli(std::string_view text) {
    std::string coded(BrotliEncoderMaxCompressedSize(text.size()) + 16, '\0');
    std::size_t size = coded.size();
    require(BrotliEncoderCompress(5, BROTLI_DEFAULT_WINDOW, BROTLI_MODE_GENERIC, text.size(),
                                  reinterpret_cast<const std::uint8_t*>(text.data()), &size,
                                  reinterpret_cast<std::uint8_t*>(coded.data())) == BROTLI_TRUE,
            "BrotliEncoderCompress");
    coded.resize(size);
    return coded;
}

std::string zstd(std::string_view text, int window_log) {
    const std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> context(ZSTD_createCCtx(),
                                                                       &ZSTD_freeCCtx);
    require(context != nullptr, "ZSTD_createCCtx");
    if (window_log != 0) {
        ZSTD_CCtx_setParameter(context.get(), ZSTD_c_windowLog, window_log);
        // Else the size of the text would be the window.
        ZSTD_CCtx_setParameter(context.get(), ZSTD_c_contentSizeFlag, 0);
    }
    std::string coded(ZSTD_compressBound(text.size()) + 64, '\0');
    ZSTD_outBuffer to{coded.data(), coded.size(), 0};
    ZSTD_inBuffer from{text.data(), text.size(), 0};
    ZSTD_compressStream2(context.get(), &to, &from, ZSTD_e_continue);  // of a size it cannot know
    require(ZSTD_compressStream2(context.get(), &to, &from, ZSTD_e_end) == 0,
            "ZSTD_compressStream2");
    coded.resize(to.pos);
    return coded;
}

std::string sample_text(std::size_t size) {
    std::string text;
    std::uint32_t state = 1;
    while (text.size() < size) {
        state = state * 1664525 + 1013904223;
        text += "{\"id\":" + std::to_string(state >> 8) + ",\"name\":\"order\"},\n";
    }
    text.resize(size);
    return text;
}

}  // namespace symphony::test_support
