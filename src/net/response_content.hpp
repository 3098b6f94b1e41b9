#pragma once

#include "net/response_head.hpp"
#include "net/server_buffer.hpp"
#include "net/server_chunked.hpp"

#include <cstdint>
#include <string_view>

namespace symphony::net::detail {

/// Takes the body of an answer out of what was received, piece by piece.
class response_content {
public:
    explicit response_content(const response_head& head) noexcept
        : framing_(head.framing), left_(head.length) {
        done_ = framing_ == body_framing::none;
    }

    /// The next piece there is, to be consumed from the input when it was used; empty when more has
    /// to be received, or at the end, or after a fault.
    struct step {
        std::string_view piece;
        std::size_t consumed = 0;
    };
    [[nodiscard]] step next(std::string_view input) noexcept;
    /// The connection ended: the end of a body that is read until then.
    void on_close() noexcept { done_ = done_ || framing_ == body_framing::until_close; }

    [[nodiscard]] bool done() const noexcept { return done_; }
    [[nodiscard]] bool failed() const noexcept { return chunks_.failed(); }
    [[nodiscard]] body_framing framing() const noexcept { return framing_; }
    /// Bytes still to come, for `length`.
    [[nodiscard]] std::uint64_t left() const noexcept { return left_; }

private:
    body_framing framing_;
    std::uint64_t left_;
    bool done_ = false;
    chunk_decoder chunks_;
};

}  // namespace symphony::net::detail
