#include "symphony/core/clock.hpp"

namespace symphony {

instant system_clock::now() const noexcept {
    return std::chrono::steady_clock::now();
}

wall_time system_clock::wall_now() const noexcept {
    return std::chrono::system_clock::now();
}

}  // namespace symphony
