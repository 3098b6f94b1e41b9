#include "cli/commands.hpp"
#include "cli/demo_story.hpp"
#include "cli/exit_code.hpp"
#include "cli/terminal.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <mutex>
#include <thread>

namespace symphony::cli {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

// What is counted during one phase. Calls may end on any of the client's threads.
class phase_counts {
public:
    void started() {
        const std::lock_guard lock(mutex_);
        ++row_.calls;
        ++pending_;
    }

    void ended(const result<response>& outcome, duration took) {
        const std::lock_guard lock(mutex_);
        --pending_;
        const int attempts = outcome ? outcome->attempts : outcome.error().attempts;
        row_.retried += static_cast<std::uint64_t>(std::max(0, attempts - 1));
        if (outcome && outcome->ok()) {
            ++row_.ok;
            times_.push_back(took);
        } else if (!outcome && (outcome.error().kind == error_kind::rate_limited ||
                                outcome.error().kind == error_kind::overloaded)) {
            ++row_.rate_limited;
        } else if (!outcome && outcome.error().kind == error_kind::circuit_open) {
            ++row_.cut_off;
        } else {
            ++row_.failed;
        }
    }

    [[nodiscard]] int pending() const {
        const std::lock_guard lock(mutex_);
        return pending_;
    }

    [[nodiscard]] story_row row() const {
        const std::lock_guard lock(mutex_);
        story_row copy = row_;
        if (!times_.empty()) {
            std::vector<duration> sorted = times_;
            const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2);
            std::ranges::nth_element(sorted, middle);
            copy.p50 = *middle;
        }
        return copy;
    }

private:
    mutable std::mutex mutex_;
    story_row row_;
    int pending_ = 0;
    std::vector<duration> times_;
};

asio::awaitable<void> call_once(client& calls, std::shared_ptr<phase_counts> counts, int id) {
    const instant started = calls.time().now();
    request what(fmt::format("/orders/{}", id));
    const result<response> outcome = co_await calls.call("demo", "api", std::move(what));
    counts->ended(outcome, calls.time().now() - started);
}

class story {
public:
    story(client& calls, demo_api& api, bool in_place, bool colour)
        : client_(calls),
          api_(api),
          in_place_(in_place),
          colour_(colour),
          table_(in_place, colour) {}

    void play() {
        for (const story_phase& phase : story_phases())
            play(phase);
    }

    [[nodiscard]] bool conclude() const {
        const auto [opened, closed] = transitions();
        bool all_kept = true;
        fmt::print("\n{}\n", painted("What happened", colour::bold, colour_));
        for (const story_promise& promise : story_promises(rows_, opened, closed)) {
            fmt::print("  {}  {}\n",
                       promise.kept ? painted("ok", colour::green, colour_)
                                    : painted("NO", colour::red, colour_),
                       promise.text);
            all_kept = all_kept && promise.kept;
        }
        return all_kept;
    }

private:
    void play(const story_phase& phase) {
        if (!in_place_) {
            fmt::print("# {}: {}\n", phase.name, phase.text);
            std::fflush(stdout);
        }
        api_.set_mode(phase.mode);
        const auto counts = std::make_shared<phase_counts>();
        rows_.emplace_back().phase = phase.name;
        const instant begun = client_.time().now();
        for (int i = 0; i < phase.at_once; ++i)
            start(counts);
        int paced = 0;
        for (;;) {
            const duration passed = client_.time().now() - begun;
            if (passed >= phase.lasts && counts->pending() == 0) break;
            const int due =
                static_cast<int>(std::min(passed, phase.lasts) / 1ms * phase.per_second / 1000);
            for (; paced < due; ++paced)
                start(counts);
            update(*counts);
            table_.show(rows_, phase.text);
            std::this_thread::sleep_for(in_place_ ? 50ms : 20ms);
        }
        update(*counts);
        table_.finish(rows_);
    }

    void start(const std::shared_ptr<phase_counts>& counts) {
        counts->started();
        asio::co_spawn(client_.executors().front(), call_once(client_, counts, ++next_id_),
                       asio::detached);
    }

    void update(const phase_counts& counts) {
        story_row now = counts.row();
        now.phase = rows_.back().phase;
        for (const tool_status& tool : client_.status()) {
            for (const endpoint_status& endpoint : tool.endpoints) {
                if (endpoint.breaker) now.circuit = to_string(endpoint.breaker->state);
                if (endpoint.rate_limit && !endpoint.rate_limit->view.levels.empty())
                    now.tokens = endpoint.rate_limit->view.levels.front().remaining;
            }
        }
        rows_.back() = std::move(now);
    }

    [[nodiscard]] std::pair<std::uint64_t, std::uint64_t> transitions() const {
        std::uint64_t opened = 0;
        std::uint64_t closed = 0;
        constexpr auto closed_at = static_cast<std::size_t>(circuit_state::closed);
        constexpr auto half_at = static_cast<std::size_t>(circuit_state::half_open);
        constexpr auto open_at = static_cast<std::size_t>(circuit_state::open);
        for (const auto& [names, metrics] : client_.metrics().entries()) {
            opened += metrics->transitions[closed_at][open_at].load();
            closed += metrics->transitions[half_at][closed_at].load();
        }
        return {opened, closed};
    }

    client& client_;
    demo_api& api_;
    bool in_place_;
    bool colour_;
    live_table table_;
    std::vector<story_row> rows_;
    int next_id_ = 0;
};

}  // namespace

int demo_command() {
    const bool in_place = is_terminal(stdout);
    const bool colour_on = wants_colour(stdout);
    demo_api api;
    client_options how;
    how.threads = 1;
    client calls(std::move(how));
    if (const auto made = calls.replace_tools({story_tool(api.url())}); !made) {
        complain(made.error().message);
        return exit_http_error;
    }
    fmt::print(
        "{}: an API that misbehaves, and what Symphony does about it.\n"
        "limit 20 calls a second, 20 may wait; circuit opens after 5 failures for 3 s; "
        "3 attempts.\n\n",
        painted("symphony demo", colour::bold, colour_on));
    story told(calls, api, in_place, colour_on);
    told.play();
    const bool kept = told.conclude();
    fmt::print("\n{}\n", kept ? "The story went as promised."
                              : "The story did not go as promised: see NO above.");
    return kept ? exit_ok : exit_http_error;
}

}  // namespace symphony::cli
