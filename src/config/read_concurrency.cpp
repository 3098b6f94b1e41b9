#include "config/blocks.hpp"

namespace symphony::detail {

namespace {

constexpr std::int64_t most_calls = 1'000'000;

// What only an adaptive limit has.
void read_bounds(const object& block, concurrency_options& options) {
    const auto calls = [](const cursor& c) { return c.integer<std::uint32_t>(1, most_calls); };
    for (const char* key : {"min", "initial"}) {
        const auto given = block.get(key);
        if (given && !options.adaptive) given->incomplete("goes with 'adaptive: true' only");
    }
    if (!options.adaptive) return;
    block.into(options.min, "min", calls);
    block.into(options.initial, "initial", calls);
    if (options.min > options.highest()) {
        block.require("min")->wrong("is above 'max' (1000 unless given)");
    } else if (options.initial &&
               (*options.initial < options.min || *options.initial > options.highest())) {
        block.require("initial")->wrong("must be from 'min' to 'max' (1 and 1000 unless given)");
    }
}

}  // namespace

concurrency_options read_concurrency(const cursor& at) {
    const object block(
        at, {{"max"}, {"adaptive"}, {"min"}, {"initial"}, {"maxQueueSize"}, {"maxQueueTime"}});
    concurrency_options options;
    bool known_kind = true;
    if (const auto adaptive = block.get("adaptive")) {
        const auto which = adaptive->choice({{"false"}, {"true"}});
        known_kind = which.has_value();
        options.adaptive = which == 1;
    }
    block.into(options.max, "max",
               [](const cursor& c) { return c.integer<std::uint32_t>(1, most_calls); });
    const bool whole = at.value().kind == node::type::map && known_kind;
    if (whole && !options.adaptive && !block.get("max")) {
        at.incomplete("needs 'max' or 'adaptive: true'");
    }
    if (known_kind) read_bounds(block, options);
    block.into(options.max_queue_size, "maxQueueSize",
               [](const cursor& c) { return c.integer<std::size_t>(0, 1'000'000); });
    if (const auto time = block.get("maxQueueTime")) {
        options.max_queue_time = time->time({duration::zero(), std::chrono::days(365)});
        if (options.max_queue_size == 0) {
            time->incomplete("goes with 'maxQueueSize' only: without a queue nobody waits");
        }
    }
    return options;
}

}  // namespace symphony::detail
