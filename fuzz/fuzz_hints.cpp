// Any header fields as what a server says about its limits: a hint is a wait from 0 to
// `longest_hint`, a later clock never makes it longer, and further fields never make it shorter,
// unless they say that something remains.
#include "call/http_hints.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>

namespace {

using symphony::duration;
using symphony::wall_time;

void require(bool holds) {
    if (!holds) std::abort();
}

class stopped_clock final : public symphony::clock {
public:
    explicit stopped_clock(wall_time now) : now_(now) {}
    [[nodiscard]] symphony::instant now() const noexcept override { return {}; }
    [[nodiscard]] wall_time wall_now() const noexcept override { return now_; }

private:
    wall_time now_;
};

void check_range(std::optional<duration> wait) {
    require(!wait || (*wait >= duration::zero() && *wait <= symphony::longest_hint));
}

void check_date(std::string_view value) {
    const auto at = symphony::parse_http_date(value);
    if (!at) return;
    const std::chrono::year_month_day day(std::chrono::floor<std::chrono::days>(*at));
    require(day.year() >= std::chrono::year(1970) && day.year() <= std::chrono::year(2201));
}

void check_timestamp(std::string_view value) {
    const auto at = symphony::parse_timestamp(value);
    if (!at) return;
    // An offset may lead out of the first or the last year.
    const std::chrono::year_month_day day(std::chrono::floor<std::chrono::days>(*at));
    require(day.year() >= std::chrono::year(1969) && day.year() <= std::chrono::year(2201));
}

void check_retry_after(std::string_view value, wall_time now) {
    const auto wait = symphony::parse_retry_after(value, now);
    check_range(wait);
    const auto later = symphony::parse_retry_after(value, now + std::chrono::hours(1));
    require(wait.has_value() == later.has_value());
    require(!wait || *later <= *wait);
    const bool digits = !value.empty() && value.size() < 10 &&
                        std::ranges::all_of(value, [](char c) { return c >= '0' && c <= '9'; });
    if (!digits) return;
    const std::chrono::seconds asked(std::atoll(std::string(value).c_str()));
    require(wait == std::min<duration>(asked, symphony::longest_hint));
}

}  // namespace

bool says_what_remains(std::string_view name) {
    // At the end, or in the middle as in x-ratelimit-remaining-tokens.
    constexpr std::string_view word = "remaining";
    for (std::size_t at = 0; at + word.size() <= name.size(); ++at)
        if (symphony::iequals(name.substr(at, word.size()), word)) return true;
    return false;
}

// The first two bytes choose status and time; each line after them is a field `name:value`.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    constexpr int statuses[] = {200, 204, 304, 403, 429, 500, 503, 599};
    const int status = statuses[data[0] % std::size(statuses)];
    const wall_time now{std::chrono::seconds(1'700'000'000) + std::chrono::hours(data[1])};
    const stopped_clock time(now);
    std::string_view rest(reinterpret_cast<const char*>(data) + 2, size - 2);
    symphony::headers fields;
    std::optional<duration> before;
    while (!rest.empty() && fields.size() < 64) {
        const auto end = rest.find('\n');
        const std::string_view line = rest.substr(0, end);
        rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
        const auto colon = std::min(line.find(':'), line.size());
        const std::string_view value = line.substr(std::min(colon + 1, line.size()));
        check_date(value);
        check_timestamp(value);
        check_retry_after(value, now);
        const std::string_view name = line.substr(0, colon);
        if (!fields.add(name, value)) continue;
        const symphony::limit_hint hint = symphony::server_hint(status, fields, time);
        const auto wait = hint.wait;
        check_range(wait);
        if (hint.left) {
            check_range(hint.left->until_full);
            require(hint.left->calls > 0 && hint.left->until_full > duration::zero());
        }
        require(!before || says_what_remains(name) || (wait && *wait >= *before));
        before = wait;
    }
    return 0;
}
