#include "symphony/net/usable_cores.hpp"

#include <algorithm>
#include <sched.h>
#include <thread>

namespace symphony::net {

std::size_t usable_cores() noexcept {
    cpu_set_t allowed;
    CPU_ZERO(&allowed);
    if (::sched_getaffinity(0, sizeof allowed, &allowed) == 0) {
        return static_cast<std::size_t>(std::max(1, CPU_COUNT(&allowed)));
    }
    return std::max(1U, std::thread::hardware_concurrency());
}

}  // namespace symphony::net
