#include "gateway/rate_limit_fields.hpp"

#include <fmt/format.h>

#include <iterator>

namespace symphony::gateway {

namespace {

using std::chrono::ceil;
using std::chrono::milliseconds;
using std::chrono::seconds;

using buffer = fmt::basic_memory_buffer<char, 256>;

// "per-60s", or "per-250ms" for windows that are not whole seconds; a second level of the same
// window gets its place as a suffix, since names must be unique.
void append_name(buffer& out, const rate_limiter::view& budget, std::size_t index) {
    const duration window = budget.levels[index].window;
    auto to = std::back_inserter(out);
    if (window % seconds(1) == duration::zero()) {
        fmt::format_to(to, "\"per-{}s", window / seconds(1));
    } else {
        fmt::format_to(to, "\"per-{}ms", window / milliseconds(1));
    }
    for (std::size_t i = 0; i < index; ++i) {
        if (budget.levels[i].window == window) {
            fmt::format_to(to, "-{}", index + 1);
            break;
        }
    }
    out.push_back('"');
}

}  // namespace

void add_rate_limit_fields(headers& answer, const rate_limiter::view& budget) {
    buffer policy;
    buffer state;
    for (std::size_t i = 0; i < budget.levels.size(); ++i) {
        const rate_limiter::level_view& level = budget.levels[i];
        if (i > 0) {
            policy.append(std::string_view(", "));
            state.append(std::string_view(", "));
        }
        append_name(policy, budget, i);
        fmt::format_to(std::back_inserter(policy), ";q={};w={}", level.max,
                       ceil<seconds>(level.window).count());
        append_name(state, budget, i);
        fmt::format_to(std::back_inserter(state), ";r={};t={}", level.remaining,
                       ceil<seconds>(level.reset).count());
    }
    if (budget.levels.empty()) return;
    answer.set("ratelimit-policy", {policy.data(), policy.size()});
    answer.set("ratelimit", {state.data(), state.size()});
}

}  // namespace symphony::gateway
