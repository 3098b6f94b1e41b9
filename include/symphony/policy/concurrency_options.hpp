#pragma once

#include "symphony/core/time.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace symphony {

/// The `concurrency` block: how many calls may be in flight at a time, as a number (a bulkhead) or
/// as a limit that follows what the API can take.
struct concurrency_options {
    /// Calls in flight at a time, 1 … 1 000 000; required unless `adaptive`, and then the highest
    /// limit there may be (0: 1000).
    std::uint32_t max = 0;
    bool adaptive = false;
    std::uint32_t min = 1;                     ///< adaptive: the lowest limit, 1 … `max`
    std::optional<std::uint32_t> initial{};    ///< adaptive: the first limit, `min` … `max`;
                                               ///< default: 20, within those bounds
    std::size_t max_queue_size = 0;            ///< waiting calls, at most 1 000 000; 0 = never wait
    std::optional<duration> max_queue_time{};  ///< longest wait; default: the call's deadline

    bool operator==(const concurrency_options&) const = default;

    [[nodiscard]] std::uint32_t highest() const noexcept {
        return adaptive && max == 0 ? 1000 : max;
    }
    [[nodiscard]] std::uint32_t first() const noexcept;
    /// What is impossible about these options, in words, or nothing.
    [[nodiscard]] std::optional<std::string> problem() const;
};

}  // namespace symphony
