#pragma once

#include <cstddef>

namespace symphony::net {

/// The cores that this process may run on (cpusets, `taskset`), at least 1: as many event loops as
/// there should be. Two that share a core wait for each other a time slice at a time, some 3 ms.
[[nodiscard]] std::size_t usable_cores() noexcept;

}  // namespace symphony::net
