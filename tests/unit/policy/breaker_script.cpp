#include "unit/policy/breaker_script.hpp"

#include "unit/policy/policy_time.hpp"

#include <charconv>
#include <sstream>
#include <stdexcept>

namespace symphony::testing {

namespace {

[[noreturn]] void cannot(const std::string& why) {
    throw std::invalid_argument("no such word in a breaker script: " + why);
}

double number(std::string_view text) {
    double value = 0;
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (fault != std::errc() || end != text.data() + text.size()) cannot(std::string(text));
    return value;
}

duration length(std::string_view text) {
    const auto digits = text.find_first_not_of("0123456789");
    if (digits == 0 || digits == std::string_view::npos) cannot(std::string(text));
    const auto count = static_cast<std::int64_t>(number(text.substr(0, digits)));
    const std::string_view unit = text.substr(digits);
    if (unit == "ns") return duration(count);
    if (unit == "ms") return std::chrono::milliseconds(count);
    if (unit == "s") return std::chrono::seconds(count);
    if (unit == "h") return std::chrono::hours(count);
    cannot(std::string(text));
}

std::vector<std::string> words(const char* text) {
    std::istringstream in(text);
    std::vector<std::string> all;
    for (std::string word; in >> word;)
        all.push_back(word);
    return all;
}

circuit_breaker_options options_of(const char* text) {
    circuit_breaker_options options;
    for (const std::string& word : words(text)) {
        const auto mark = word.find('=');
        const std::string key = word.substr(0, mark);
        const std::string_view value = mark == std::string::npos
                                           ? std::string_view()
                                           : std::string_view(word).substr(mark + 1);
        const auto whole = [&] { return static_cast<std::uint32_t>(number(value)); };
        if (key == "failures")
            options.failure_threshold = whole();
        else if (key == "reset")
            options.reset_timeout = length(value);
        else if (key == "max")
            options.max_reset_timeout = length(value);
        else if (key == "rate")
            options.failure_rate = number(value);
        else if (key == "least")
            options.minimum_requests = whole();
        else if (key == "latency")
            options.latency_threshold = length(value);
        else if (key == "window")
            options.window = length(value);
        else if (key == "successes")
            options.success_threshold = whole();
        else if (key == "gradual")
            options.recovery = recovery_kind::gradual;
        else
            cannot(word);
    }
    return options;
}

}  // namespace

breaker_script::breaker_script(const breaker_case& played)
    : case_(played),
      breaker_(options_of(played.options),
               [this](const circuit_transition& t) { told_.push_back(t); }),
      now_(start) {}

void breaker_script::play() {
    int at = 0;
    for (const std::string& word : words(case_.script)) {
        ++at;
        SCOPED_TRACE("word " + std::to_string(at) + ", '" + word + "' of: " + case_.script);
        const auto star = word.find('*');
        if (star == std::string::npos) {
            step(word);
        } else {
            for (int i = 0; i < number(word.substr(0, star)); ++i)
                step(std::string_view(word).substr(star + 1));
        }
        if (::testing::Test::HasFailure()) return;
    }
}

void breaker_script::step(std::string_view word) {
    if (word.starts_with('+')) {
        now_ += length(word.substr(1));
        return;
    }
    const auto colon = word.find(':');
    const std::string on(colon == std::string_view::npos ? "" : word.substr(colon + 1));
    if (act(word.substr(0, colon), on)) return;
    if (colon != std::string_view::npos && act_on_call(word.substr(0, colon), on)) return;
    if (!check(word)) cannot(std::string(word));
}

void breaker_script::acquire(const std::string& name, duration time, circuit_turn turn) {
    auto got = breaker_.try_acquire(now_, later(now_, time), turn);
    ASSERT_TRUE(got.has_value()) << "refused";
    calls_[name] = std::move(*got);
}

bool breaker_script::act(std::string_view verb, const std::string& on) {
    if (on.empty() && (verb == "ok" || verb == "ko")) {
        acquire("", duration::max(), {});
        verb == "ok" ? calls_[""].success(now_) : calls_[""].failure(now_);
    } else if (verb == "no") {
        EXPECT_FALSE(breaker_.try_acquire(now_).has_value()) << "admitted";
    } else if (verb == "take") {
        const auto slash = on.find('/');
        acquire(on.substr(0, slash),
                slash == std::string::npos ? duration::max() : length(on.substr(slash + 1)), {});
    } else if (verb == "ask" || verb == "ask-") {
        circuit_turn turn;
        EXPECT_EQ(breaker_.ask(now_, turn).has_value(), verb == "ask-");
        turns_[on] = turn;
    } else if (verb == "use") {
        acquire(on, duration::max(), turns_.at(on));
    } else if (verb == "use-") {
        EXPECT_FALSE(breaker_.try_acquire(now_, instant::max(), turns_.at(on)).has_value());
    } else if (verb == "look" || verb == "look-") {
        EXPECT_EQ(breaker_.look(now_).has_value(), verb == "look-");
    } else if (verb == "health") {
        breaker_.half_open(now_);
    } else if (verb == "sick") {
        breaker_.stay_open(now_, now_ + length(on));
    } else if (verb == "peers") {
        on == "well" ? breaker_.recover_with_peers(now_)
                     : breaker_.open_with_peers(now_, now_ + length(on));
    } else if (verb == "hand") {
        breaker_.control(on == "open"     ? circuit_control::open
                         : on == "closed" ? circuit_control::closed
                                          : circuit_control::automatic,
                         now_);
    } else {
        return false;
    }
    return true;
}

bool breaker_script::act_on_call(std::string_view verb, const std::string& on) {
    const auto found = calls_.find(on);
    if (found == calls_.end()) return false;
    circuit_permit& call = found->second;
    if (verb == "ok")
        call.success(now_);
    else if (verb == "ko")
        call.failure(now_);
    else if (verb == "drop")
        call = circuit_permit();
    else if (verb == "slow")
        call.slow(now_);
    else if (verb == "answered")
        call.answered(now_);
    else
        return false;
    return true;
}

bool breaker_script::check(std::string_view word) {
    const circuit_breaker::view seen = breaker_.inspect(now_);
    if (word == "closed")
        EXPECT_EQ(to_string(seen.state), "closed");
    else if (word == "half")
        EXPECT_EQ(to_string(seen.state), "half-open");
    else if (word == "open")
        EXPECT_EQ(to_string(seen.state), "open");
    else if (word == "by-hand")
        EXPECT_TRUE(seen.manual);
    else if (word == "by-itself")
        EXPECT_FALSE(seen.manual);
    else if (word == "found-here")
        EXPECT_TRUE(seen.own_finding);
    else if (word == "not-found-here")
        EXPECT_FALSE(seen.own_finding);
    else {
        const auto mark = word.find('=');
        return mark != std::string_view::npos &&
               check_value(word.substr(0, mark), word.substr(mark + 1));
    }
    return true;
}

bool breaker_script::check_value(std::string_view what, std::string_view value) {
    const circuit_breaker::view seen = breaker_.inspect(now_);
    if (what == "wait") {
        const auto refusal = breaker_.look(now_);
        EXPECT_TRUE(refusal && refusal->retry_after == length(value))
            << (refusal ? refusal->retry_after.count() : -1);
    } else if (what == "row") {
        EXPECT_EQ(seen.consecutive_failures, number(value));
    } else if (what == "total") {
        EXPECT_EQ(seen.window_total, number(value));
    } else if (what == "bad") {
        EXPECT_EQ(seen.window_failures, number(value));
    } else if (what == "share") {
        EXPECT_EQ(seen.admitted_share,
                  value == "none" ? std::nullopt : std::optional(number(value)));
    } else if (what == "asked") {
        EXPECT_EQ(seen.asked, number(value));
    } else if (what == "out") {
        EXPECT_EQ(seen.in_flight, number(value));
    } else if (what == "told") {
        EXPECT_EQ(told_.size(), number(value));
    } else if (what == "why") {
        EXPECT_FALSE(told_.empty());
        if (!told_.empty()) EXPECT_EQ(to_string(told_.back().reason), value);
    } else {
        return false;
    }
    return true;
}

}  // namespace symphony::testing
