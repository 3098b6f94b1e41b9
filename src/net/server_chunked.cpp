#include "net/server_chunked.hpp"

#include <algorithm>

namespace symphony::net::detail {

namespace {

constexpr int hex_digit(char c) noexcept {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

constexpr bool is_control(char c) noexcept {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == '\x7f';
}

}  // namespace

chunk_decoder::step chunk_decoder::next(std::string_view input) noexcept {
    std::size_t at = 0;
    while (at < input.size() && state_ != state::done && state_ != state::failed) {
        if (state_ == state::data) {
            const std::size_t size =
                static_cast<std::size_t>(std::min<std::uint64_t>(left_, input.size() - at));
            left_ -= size;
            if (left_ == 0) state_ = state::data_cr;
            return {at + size, input.substr(at, size)};
        }
        state_ = after(input[at++]);
    }
    return {at, {}};
}

chunk_decoder::state chunk_decoder::after(char c) noexcept {
    const auto expect = [c](char wanted, state then) { return c == wanted ? then : state::failed; };
    switch (state_) {
        case state::size_start:
            left_ = 0;
            digits_ = 0;
            return after_size_digit(hex_digit(c));
        case state::size:
            if (c == '\r') return state::size_lf;
            if (c == ';') return state::extension;
            return after_size_digit(hex_digit(c));
        case state::extension:
            return after_text(c, state::size_lf);
        case state::size_lf:
            return expect('\n', left_ == 0 ? state::trailer_start : state::data);
        case state::data_cr:
            return expect('\r', state::data_lf);
        case state::data_lf:
            return expect('\n', state::size_start);
        case state::trailer_start:
            if (c == '\r') return state::end_lf;
            if (c == ' ' || c == '\t' || c == ':') return state::failed;
            return after_text(c, state::failed);
        case state::trailer:
            return after_text(c, state::trailer_lf);
        case state::trailer_lf:
            return expect('\n', state::trailer_start);
        case state::end_lf:
            return expect('\n', state::done);
        case state::data:
        case state::done:
        case state::failed:
            break;
    }
    return state::failed;
}

chunk_decoder::state chunk_decoder::after_size_digit(int digit) noexcept {
    if (digit < 0 || ++digits_ > 15) return state::failed;  // cannot overflow
    left_ = left_ * 16 + static_cast<std::uint64_t>(digit);
    return state::size;
}

chunk_decoder::state chunk_decoder::after_text(char c, state at_cr) noexcept {
    if (c == '\r') return at_cr;
    if (is_control(c) || ++overhead_ > max_overhead) return state::failed;
    return state_ == state::trailer_start ? state::trailer : state_;
}

}  // namespace symphony::net::detail
