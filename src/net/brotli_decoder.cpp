#include "net/content_decoder.hpp"

#include <brotli/decode.h>
#include <new>

namespace symphony::net::detail {

namespace {

struct destroy_brotli {
    void operator()(BrotliDecoderState* state) const noexcept {
        BrotliDecoderDestroyInstance(state);
    }
};

class brotli_decoder final : public content_decoder {
public:
    brotli_decoder() : state_(BrotliDecoderCreateInstance(nullptr, nullptr, nullptr)) {
        if (!state_) throw std::bad_alloc();
    }

    step decode(std::string_view input, std::span<char> output) override {
        if (ended_) return {0, 0, !input.empty()};
        std::size_t left = input.size();
        std::size_t room = output.size();
        const auto* from = reinterpret_cast<const std::uint8_t*>(input.data());
        auto* to = reinterpret_cast<std::uint8_t*>(output.data());
        const BrotliDecoderResult code =
            BrotliDecoderDecompressStream(state_.get(), &left, &from, &room, &to, nullptr);
        ended_ = code == BROTLI_DECODER_RESULT_SUCCESS;
        return {input.size() - left, output.size() - room,
                code == BROTLI_DECODER_RESULT_ERROR || (ended_ && left > 0)};
    }
    [[nodiscard]] bool whole() const noexcept override { return ended_; }

private:
    std::unique_ptr<BrotliDecoderState, destroy_brotli> state_;
    bool ended_ = false;
};

}  // namespace

std::unique_ptr<content_decoder> make_brotli_decoder() {
    return std::make_unique<brotli_decoder>();
}

}  // namespace symphony::net::detail
