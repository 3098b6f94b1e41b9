// Any bytes as a coded body: what comes of it must not depend on the pieces it arrives in or goes
// out in, must keep within the ratio, and decoding must always come to an end.
#include "net/decoder_chain.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>

namespace {

using symphony::net::detail::content_coding;
using symphony::net::detail::content_codings;
using symphony::net::detail::decoder_chain;

constexpr std::uint64_t most_ratio = 50;

void require(bool holds) {
    if (!holds) std::abort();
}

struct outcome {
    std::string text;
    bool sound = false;
};

outcome decode_all(const content_codings& codings, std::string_view coded, std::size_t in,
                   std::size_t out) {
    decoder_chain decoding(codings, most_ratio);
    std::string piece(out, '\0');
    outcome got;
    std::size_t received = 0;
    while (!coded.empty()) {
        std::string_view input = coded.substr(0, in);
        coded.remove_prefix(input.size());
        for (;;) {
            const auto step = decoding.decode(input, piece);
            if (!step) return got;
            require(step->consumed <= input.size() && step->produced <= out);
            input.remove_prefix(step->consumed);
            received += step->consumed;
            if (step->produced == 0) break;
            got.text.append(piece, 0, step->produced);
            require(got.text.size() <=
                    std::max(decoder_chain::free_bytes, (received + 1) * most_ratio));
        }
        require(input.empty());
    }
    got.sound = decoding.finish().has_value();
    return got;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 3) return 0;
    content_codings codings;
    require(codings.add(static_cast<content_coding>(data[0] & 3)));
    if ((data[0] & 4) != 0) require(codings.add(static_cast<content_coding>(data[0] >> 3 & 3)));
    const std::string_view coded(reinterpret_cast<const char*>(data) + 3, size - 3);
    const outcome whole = decode_all(codings, coded, coded.size() + 1, std::size_t{32} << 10);
    const outcome parts =
        decode_all(codings, coded, data[1] % 64U + 1, data[2] * std::size_t{16} + 1);
    // Up to a fault there may be more or less of the text; the ratio is judged step by step.
    const std::size_t common = std::min(whole.text.size(), parts.text.size());
    require(std::string_view(whole.text).substr(0, common) ==
            std::string_view(parts.text).substr(0, common));
    if (whole.sound && parts.sound) require(whole.text.size() == parts.text.size());
    // libzstd 1.5 holds a frame whose last block is empty against the size it declares only when it
    // gets the frame at once.
    if (whole.text.size() < decoder_chain::free_bytes &&
        parts.text.size() < decoder_chain::free_bytes && codings.all().size() == 1 &&
        codings.all()[0] != content_coding::zstd) {
        require(whole.sound == parts.sound);
    }
    return 0;
}
