#include "net/response_content.hpp"

#include <algorithm>

namespace symphony::net::detail {

response_content::step response_content::next(std::string_view input) noexcept {
    if (done_) return {};
    switch (framing_) {
        case body_framing::none:
            break;
        case body_framing::until_close:
            return {input, input.size()};
        case body_framing::length: {
            const auto size =
                static_cast<std::size_t>(std::min<std::uint64_t>(left_, input.size()));
            left_ -= size;
            done_ = left_ == 0;
            return {input.substr(0, size), size};
        }
        case body_framing::chunked: {
            const chunk_decoder::step taken = chunks_.next(input);
            done_ = chunks_.done();
            return {taken.piece, taken.consumed};
        }
    }
    return {};
}

}  // namespace symphony::net::detail
