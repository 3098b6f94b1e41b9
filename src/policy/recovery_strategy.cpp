#include "policy/recovery_strategies.hpp"

#include <array>

namespace symphony::detail {

namespace {

constexpr std::array<std::uint64_t, 4> tenths{1, 2, 4, 8};

// The first call is alone until it ends; a probe that ended without a result has a successor.
bool is_proving(const recovery_progress& seen) noexcept {
    return seen.step == 0 && seen.successes == 0;
}

class immediate_recovery final : public recovery_strategy {
public:
    [[nodiscard]] recovery_answer admit(const recovery_progress& seen) const noexcept override {
        return seen.in_flight < seen.success_threshold ? recovery_answer::probe
                                                       : recovery_answer::refuse;
    }
    [[nodiscard]] recovery_verdict judge(const recovery_progress& seen,
                                         bool failed) const noexcept override {
        if (failed) return recovery_verdict::open;
        return seen.successes < seen.success_threshold ? recovery_verdict::stay
                                                       : recovery_verdict::close;
    }
};

class gradual_recovery final : public recovery_strategy {
public:
    [[nodiscard]] recovery_answer admit(const recovery_progress& seen) const noexcept override {
        if (is_proving(seen)) {
            return seen.in_flight == 0 ? recovery_answer::probe : recovery_answer::refuse;
        }
        const std::uint64_t part = tenths.at(seen.step % tenths.size());
        const std::uint64_t asked = seen.asked;
        const bool turn = (asked + 1) * part / 10 != asked * part / 10;
        return turn ? recovery_answer::admit : recovery_answer::refuse;
    }
    [[nodiscard]] recovery_verdict judge(const recovery_progress& seen,
                                         bool failed) const noexcept override {
        if (failed) return recovery_verdict::open;
        if (seen.successes < seen.success_threshold) return recovery_verdict::stay;
        return seen.step + 1 < tenths.size() ? recovery_verdict::next_step
                                             : recovery_verdict::close;
    }
    [[nodiscard]] std::optional<double> share(
        const recovery_progress& seen) const noexcept override {
        if (is_proving(seen)) return std::nullopt;
        return static_cast<double>(tenths.at(seen.step % tenths.size())) / 10;
    }
};

constexpr immediate_recovery at_once;
constexpr gradual_recovery in_steps;

}  // namespace

// Those without state need no owner: nothing is allocated.
std::shared_ptr<const recovery_strategy> strategy_of(
    const circuit_breaker_options& options) noexcept {
    if (options.recovery == recovery_kind::custom) return options.custom_recovery;
    const recovery_strategy* own = &at_once;
    if (options.recovery == recovery_kind::gradual) own = &in_steps;
    return {std::shared_ptr<const recovery_strategy>(), own};
}

std::uint32_t most_probes_of(const circuit_breaker_options& options) noexcept {
    switch (options.recovery) {
        case recovery_kind::immediate:
            return options.success_threshold;
        case recovery_kind::gradual:
            return 1;
        case recovery_kind::custom:
            return recovery_strategy::most_probes;
    }
    return 1;
}

}  // namespace symphony::detail
