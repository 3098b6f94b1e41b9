#pragma once

#include "symphony/core/time.hpp"

#include <cstdint>
#include <optional>

namespace symphony {

/// How a HALF_OPEN circuit lets its calls in again.
enum class recovery_kind : std::uint8_t {
    immediate,  ///< `success_threshold` calls at a time; that many successes close it
    gradual,    ///< a probe, then 10 %, 20 %, 40 %, 80 % of the calls, then closed
    custom      ///< a `recovery_strategy` of the user's
};

/// HALF_OPEN so far, as a strategy sees it.
struct recovery_progress {
    instant since{};  ///< when HALF_OPEN began
    instant now{};
    std::uint32_t step = 0;               ///< how often the strategy said `next_step`
    std::uint32_t asked = 0;              ///< calls that asked in this step before; wraps around
    std::uint32_t in_flight = 0;          ///< probes that are out
    std::uint32_t successes = 0;          ///< of calls admitted in this step
    std::uint32_t failures = 0;           ///< in this step, whenever admitted
    std::uint32_t success_threshold = 1;  ///< of the breaker's options
};

/// What a call that asks is told.
enum class recovery_answer : std::uint8_t {
    refuse,
    admit,  ///< go; any number may be out
    probe   ///< go, and be counted in `in_flight` until the call ends or its deadline passes
};

/// What a result means for the circuit.
enum class recovery_verdict : std::uint8_t { stay, next_step, close, open };

/// Decides who passes in HALF_OPEN and when that ends. A strategy keeps nothing of its own: it is
/// shared by breakers and threads. It is asked under the breaker's lock, so it has to be quick and
/// must not use the breaker.
class recovery_strategy {
public:
    /// Of a strategy of the user's; further ones are refused.
    static constexpr std::uint32_t most_probes = 1024;

    virtual ~recovery_strategy() = default;
    [[nodiscard]] virtual recovery_answer admit(const recovery_progress& seen) const noexcept = 0;
    /// After a success of a call admitted in this step, or any failure; it is counted in `seen`.
    [[nodiscard]] virtual recovery_verdict judge(const recovery_progress& seen,
                                                 bool failed) const noexcept = 0;
    /// The share of calls admitted now, where calls are counted out; for people.
    [[nodiscard]] virtual std::optional<double> share(
        const recovery_progress& /*seen*/) const noexcept {
        return std::nullopt;
    }
};

}  // namespace symphony
