#include "call/text.hpp"

#include <fmt/format.h>

namespace symphony {

std::string duration_text(duration d) {
    const std::int64_t ms = to_ms_ceil(d);
    if (ms < 1000) return fmt::format("{}ms", ms);
    if (ms % 3'600'000 == 0) return fmt::format("{}h", ms / 3'600'000);
    if (ms % 60'000 == 0 && ms >= 120'000) return fmt::format("{}m", ms / 60'000);
    if (ms % 1000 == 0) return fmt::format("{}s", ms / 1000);
    return fmt::format("{:.3g}s", static_cast<double>(ms) / 1000);
}

}  // namespace symphony
