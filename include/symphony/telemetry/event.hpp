#pragma once

#include "symphony/core/time.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace symphony {

enum class severity : std::uint8_t { trace, debug, info, warn, error };

/// Something that happened, as data. Names are stable: docs/events.md lists them.
struct event {
    std::string_view name;  ///< a literal, for example "circuit.transition"
    severity level = severity::info;
    std::string tool;
    std::string endpoint;
    std::string message;  ///< for people; never holds a secret
    std::vector<std::pair<std::string, std::string>> fields{};
    instant at{};
};

/// Receives events on whichever thread they happen; must be thread-safe, quick and not throw.
using event_sink = std::function<void(const event&)>;

}  // namespace symphony
