#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace symphony::net::detail {

/// Takes the chunked coding (RFC 9112, 7.1) off a body that arrives in any pieces. Strict: sizes
/// are hexadecimal digits and nothing else, lines end in CR LF, extensions and trailers are bounded
/// and dropped.
class chunk_decoder {
public:
    struct step {
        std::size_t consumed = 0;  ///< bytes of the input that are done with, `piece` included
        std::string_view piece;    ///< body bytes, a part of the input; empty when it ran out
    };

    void restart() noexcept { *this = chunk_decoder(); }
    /// Goes on to the next piece of body, the end, a fault or the end of `input`.
    step next(std::string_view input) noexcept;

    [[nodiscard]] bool done() const noexcept { return state_ == state::done; }
    [[nodiscard]] bool failed() const noexcept { return state_ == state::failed; }

private:
    enum class state : std::uint8_t {
        size_start,
        size,
        extension,
        size_lf,
        data,
        data_cr,
        data_lf,
        trailer_start,
        trailer,
        trailer_lf,
        end_lf,
        done,
        failed
    };
    static constexpr std::size_t max_overhead = 16384;  // extensions and trailers of one body

    [[nodiscard]] state after(char c) noexcept;
    [[nodiscard]] state after_size_digit(int digit) noexcept;
    [[nodiscard]] state after_text(char c, state at_cr) noexcept;

    state state_ = state::size_start;
    std::uint64_t left_ = 0;
    int digits_ = 0;
    std::size_t overhead_ = 0;
};

}  // namespace symphony::net::detail
