#include "config/blocks.hpp"
#include "config/text.hpp"

namespace symphony::detail {

namespace {

// "p95", or a duration.
void read_after(const cursor& at, hedge_options& options) {
    if (at.value().kind != node::type::scalar) {
        at.wrong("must be a quantile (p50 to p99), milliseconds or text with a unit (250ms, 1s)");
        return;
    }
    const auto given = at.scalar();
    if (!given) return;
    if (given->text.starts_with('p')) {
        const auto number = to_integer(std::string_view(given->text).substr(1));
        if (!number || *number < 50 || *number > 99) {
            at.wrong("must be p50 to p99 where it is a quantile");
            return;
        }
        options.quantile = static_cast<double>(*number) / 100;
    } else if (!to_duration(given->text, given->plain)) {
        at.wrong("must be a quantile (p50 to p99), milliseconds or text with a unit (250ms, 1s)");
    } else {
        options.after = at.time();
    }
}

}  // namespace

hedge_options read_hedge(const cursor& at) {
    const object block(at, {{"after"}, {"max"}});
    hedge_options options;
    if (const auto after = block.get("after")) read_after(*after, options);
    block.into(options.max, "max", [](const cursor& c) { return c.integer<std::uint32_t>(1, 3); });
    return options;
}

}  // namespace symphony::detail
