#include "symphony/policy/hedge.hpp"

#include <stdexcept>

namespace symphony {

namespace {

void check(const hedge_options& options) {
    if (const auto wrong = options.problem()) throw std::invalid_argument("hedge: " + *wrong);
}

}  // namespace

std::optional<std::string> hedge_options::problem() const {
    if (after && *after <= duration::zero()) return "after must be above 0";
    if (!(quantile >= 0.5 && quantile <= 0.99)) return "the quantile must be 0.5 to 0.99";
    if (max < 1 || max > 3) return "max must be 1 to 3";
    return std::nullopt;
}

hedge_timing::hedge_timing(const hedge_options& options)
    : fixed_ns_((check(options), options.after.value_or(duration::zero()).count())),
      recent_(options.quantile) {}

void hedge_timing::reconfigure(const hedge_options& options) {
    check(options);
    recent_.set_quantile(options.quantile);
    fixed_ns_.store(options.after.value_or(duration::zero()).count(), std::memory_order_relaxed);
}

}  // namespace symphony
