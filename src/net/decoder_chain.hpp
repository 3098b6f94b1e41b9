#pragma once

#include "net/content_decoder.hpp"
#include "symphony/core/result.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

namespace symphony::net::detail {

/// Undoes the codings of one body, the last one first, within a bound on how much may come of how
/// little. After an error it is of no more use.
class decoder_chain {
public:
    /// `most_ratio`: bytes that may come of one byte received, at any stage, once more than
    /// `free_bytes` came of the whole; 0 = no bound.
    decoder_chain(const content_codings& codings, std::uint64_t most_ratio);

    /// What is never measured against the ratio: small bodies of one repeated byte are no attack.
    static constexpr std::uint64_t free_bytes = std::uint64_t{1} << 20;

    struct step {
        std::size_t consumed = 0;
        std::size_t produced = 0;  ///< 0: all that was received is used up
    };
    /// Decodes until there is some output, or all input is used up. Errors: `protocol_error`,
    /// `response_too_large`.
    [[nodiscard]] result<step> decode(std::string_view input, std::span<char> output);
    /// The body ended. Errors: `protocol_error` when its codings did not. A body of no bytes at all
    /// is whole.
    [[nodiscard]] result<void> finish() const;

private:
    struct stage {
        content_coding coding{};
        std::unique_ptr<content_decoder> decoder;
        std::uint64_t received = 0;
        std::uint64_t given = 0;
        bool full = false;  // there may be more than fitted
    };

    [[nodiscard]] result<step> run(stage& one, std::string_view input, std::span<char> output);
    [[nodiscard]] result<step> run_both(std::string_view input, std::span<char> output);

    static constexpr std::size_t between_bytes = std::size_t{16} << 10;

    const std::uint64_t most_ratio_;
    std::array<stage, content_codings::most> stages_;  // the first one reads what was received
    std::size_t size_ = 0;
    std::unique_ptr<char[]> between_;
    std::string_view waiting_;  // in `between_`, for the second stage
};

}  // namespace symphony::net::detail
