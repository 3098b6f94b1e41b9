#include "gateway/rate_limit_fields.hpp"

#include <boost/container/small_vector.hpp>

#include <charconv>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace symphony::gateway {

namespace {

using std::chrono::ceil;
using std::chrono::milliseconds;
using std::chrono::seconds;

// Written with every answer, so by hand: a format string would be read anew each time.
class line {
public:
    explicit line(std::size_t most)
        : text_(most, boost::container::default_init), end_(text_.data()) {}

    line& operator<<(std::string_view text) noexcept {
        std::memcpy(end_, text.data(), text.size());
        end_ += text.size();
        return *this;
    }
    line& operator<<(std::uint64_t number) noexcept {
        end_ = std::to_chars(end_, text_.data() + text_.size(), number).ptr;
        return *this;
    }
    line& operator<<(seconds time) noexcept {
        return *this << static_cast<std::uint64_t>(time.count());
    }
    [[nodiscard]] std::string_view text() const noexcept { return {text_.data(), end_}; }

private:
    boost::container::small_vector<char, 512> text_;
    char* end_;
};

constexpr std::size_t most_of_number = 20;
// `, "per-Nms-N";q=N;w=N`: no level takes more in either field.
constexpr std::size_t most_of_level = sizeof(R"(, "per-ms-";q=;w=)") + 4 * most_of_number;

// "per-60s", or "per-250ms" for windows that are not whole seconds; a second level of the same
// window gets its place as a suffix, since names must be unique.
void append_name(line& out, const rate_limiter::view& budget, std::size_t index) {
    const duration window = budget.levels[index].window;
    out << "\"per-";
    if (window % seconds(1) == duration::zero()) {
        out << ceil<seconds>(window) << "s";
    } else {
        out << static_cast<std::uint64_t>(window / milliseconds(1)) << "ms";
    }
    for (std::size_t i = 0; i < index; ++i) {
        if (budget.levels[i].window == window) {
            out << "-" << std::uint64_t{index + 1};
            break;
        }
    }
    out << "\"";
}

}  // namespace

void add_rate_limit_fields(headers& answer, const rate_limiter::view& budget) {
    if (budget.levels.empty()) return;
    line policy(budget.levels.size() * most_of_level);
    line state(budget.levels.size() * most_of_level);
    for (std::size_t i = 0; i < budget.levels.size(); ++i) {
        const rate_limiter::level_view& level = budget.levels[i];
        const std::string_view comma = i > 0 ? ", " : "";
        policy << comma;
        append_name(policy, budget, i);
        policy << ";q=" << level.max << ";w=" << ceil<seconds>(level.window);
        state << comma;
        append_name(state, budget, i);
        state << ";r=" << level.remaining << ";t=" << ceil<seconds>(level.reset);
    }
    answer.reserve(2, 2 * sizeof("ratelimit-policy") + policy.text().size() + state.text().size());
    answer.add("ratelimit-policy", policy.text());
    answer.add("ratelimit", state.text());
}

}  // namespace symphony::gateway
