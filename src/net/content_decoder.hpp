#pragma once

#include "net/content_coding.hpp"

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

namespace symphony::net::detail {

/// Undoes one coding, piece by piece. It holds at most the window of its coding, 16 MiB, whatever
/// it is fed, and never writes beyond the output it is given.
class content_decoder {
public:
    virtual ~content_decoder() = default;

    struct step {
        std::size_t consumed = 0;
        std::size_t produced = 0;
        bool broken = false;  ///< nothing more can be made of it, what was produced included
    };
    /// Goes on until the input is used up or the output is full. All that can be known of the
    /// output is given, so that a peer's flush reaches its reader; without input, what did not fit
    /// the output the last time.
    [[nodiscard]] virtual step decode(std::string_view input, std::span<char> output) = 0;
    /// Whether the body may end here.
    [[nodiscard]] virtual bool whole() const noexcept = 0;
};

/// RFC 1952, several members too.
[[nodiscard]] std::unique_ptr<content_decoder> make_gzip_decoder();
/// RFC 1950, and RFC 1951 without that wrapping, as some servers send it.
[[nodiscard]] std::unique_ptr<content_decoder> make_deflate_decoder();
/// RFC 7932.
[[nodiscard]] std::unique_ptr<content_decoder> make_brotli_decoder();
/// RFC 8878, with the window of RFC 9659 at most.
[[nodiscard]] std::unique_ptr<content_decoder> make_zstd_decoder();
[[nodiscard]] std::unique_ptr<content_decoder> make_decoder(content_coding coding);

}  // namespace symphony::net::detail
