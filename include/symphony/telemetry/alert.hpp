#pragma once

#include "symphony/core/time.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace symphony {

enum class alert_kind : std::uint8_t {
    opened,     ///< a circuit opened
    recovered,  ///< it closed again
    summary,    ///< what happened while alerts were held back
    test,       ///< asked for by hand
};
/// "opened", "recovered", "summary", "test".
[[nodiscard]] std::string_view to_string(alert_kind kind) noexcept;

/// A change of a circuit that may be worth an alert.
struct alert_change {
    bool open = false;        ///< else it closed
    std::string_view reason;  ///< a literal
    instant at{};
    wall_time wall{};  ///< set by the desk
    std::uint32_t consecutive_failures = 0;
    std::uint32_t window_total = 0;
    std::uint32_t window_failures = 0;
    std::uint64_t generation = 0;  ///< grows: what comes after a later one is old news
};

/// One alert, before it is put into words.
struct alert_notice {
    alert_kind kind{};
    std::string tool;
    std::string endpoint;
    bool open = false;            ///< the circuit, as of the last change
    std::string_view reason;      ///< of the last change; a literal, as in `circuit.transition`
    wall_time at{};               ///< of the last change
    wall_time since{};            ///< of the first change told here
    duration down_for{};          ///< recovered: how long the circuit was not closed
    std::uint32_t opened = 0;     ///< openings told here
    std::uint32_t recovered = 0;  ///< recoveries told here
    std::uint32_t consecutive_failures = 0;
    std::uint32_t window_total = 0;  ///< calls in the breaker's window, and the failures of them
    std::uint32_t window_failures = 0;
};

}  // namespace symphony
