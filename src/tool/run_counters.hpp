#pragma once

#include <atomic>

namespace symphony::detail {

/// What the calls of one run of a tool add up to.
struct run_counters {
    std::atomic<int> calls{0};
    std::atomic<int> attempts{0};
};

}  // namespace symphony::detail
