#pragma once

#include "call/call_job.hpp"
#include "symphony/testing/fake_transport.hpp"
#include "symphony/testing/fixed_random.hpp"
#include "symphony/testing/manual_clock.hpp"
#include "symphony/testing/manual_timers.hpp"
#include "symphony/testing/memory_body.hpp"
#include "unit/call/one_shard_site.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace symphony::call_testing {

using namespace std::chrono_literals;
namespace asio = boost::asio;
using symphony::testing::memory_body;

struct sent_request {
    std::string method;
    std::string target;
    std::vector<std::pair<std::string, std::string>> fields;
    std::string body;
    deadline until;
};

[[nodiscard]] inline response answer(int status, headers fields = {}, std::string body = {}) {
    response made;
    made.status = status;
    made.fields = std::move(fields);
    made.body = std::move(body);
    return made;
}

[[nodiscard]] inline error fault_of(error_kind kind, bool maybe_sent = false) {
    error made;
    made.kind = kind;
    made.message = "scripted";
    made.maybe_sent = maybe_sent;
    return made;
}

[[nodiscard]] inline result<response> failure(error_kind kind, bool maybe_sent) {
    return std::unexpected(fault_of(kind, maybe_sent));
}

/// Records what is sent and answers with `on_send`; while `held`, answers wait for `release` or for
/// the caller's cancellation.
class hand_transport final : public net::transport {
public:
    explicit hand_transport(const asio::any_io_executor& executor) : gate_(executor) {
        gate_.expires_at(asio::steady_timer::time_point::max());
    }

    [[nodiscard]] asio::awaitable<result<response>> send(
        const std::shared_ptr<const net::destination>&, const net::wire_request& request,
        const net::send_options& options) override {
        sent_request& seen = sent.emplace_back();
        seen.method = request.method;
        seen.target = request.target;
        const auto more = request.more_fields == nullptr ? std::span<const header_view>{}
                                                         : request.more_fields->fields();
        for (const auto& list : {request.fields, more}) {
            for (const header_view field : list)
                seen.fields.emplace_back(field.name, field.value);
        }
        seen.body = request.body;
        seen.until = options.until;
        while (request.stream != nullptr) {
            auto piece = co_await request.stream->read();
            if (!piece) co_return std::unexpected(piece.error());
            if (piece->empty()) break;
            sent.back().body += *piece;
        }
        if (held) {
            boost::system::error_code fault;
            co_await gate_.async_wait(asio::redirect_error(asio::use_awaitable, fault));
            const auto state = co_await asio::this_coro::cancellation_state;
            if (state.cancelled() != asio::cancellation_type::none) {
                co_return failure(error_kind::cancelled, true);
            }
        }
        co_return on_send(sent.back());
    }

    [[nodiscard]] asio::awaitable<void> send_into(
        net::reply& to, const std::shared_ptr<const net::destination>& where,
        const net::wire_request& request, const net::send_options& options) override {
        co_await transport::send_into(to, where, request, options);
        to.read_at = read_at;
    }

    void release() {
        held = false;
        gate_.cancel();
    }

    std::vector<sent_request> sent;
    bool held = false;
    std::optional<instant> read_at;  // what it says of each answer
    std::function<result<response>(const sent_request&)> on_send =
        [](const sent_request&) -> result<response> { return answer(200); };

private:
    asio::steady_timer gate_;
};

/// One call on its way. Not movable: the coroutine points here.
struct pending_call {
    explicit pending_call(request asked) : what(std::move(asked)) {}
    pending_call(const pending_call&) = delete;
    pending_call& operator=(const pending_call&) = delete;

    request what;
    std::optional<result<response>> outcome;
    asio::cancellation_signal cancel;
};

/// An endpoint on a shard driven by hand: time moves only by `advance`, nothing ever sleeps.
class call_rig : private one_shard_site {
public:
    /// `timed`: the network is `clockwork` instead of `transport`.
    explicit call_rig(bool timed = false)
        : one_shard_site(here),
          here{loop.get_executor(), time, wakeups,
               timed ? static_cast<net::transport&>(clockwork) : transport, random} {
        options.url = "http://api.test/v2";
    }
    ~call_rig() override {
        if (state.gate) state.gate->close();
        if (state.slots) state.slots->close();
        loop.poll();
    }
    call_rig(const call_rig&) = delete;
    call_rig& operator=(const call_rig&) = delete;

    void build() {
        auto made = endpoint::make(options, endpoint_events("t", "e", [this](const event& what) {
                                       events.push_back(what);
                                   }));
        if (!made) throw std::invalid_argument(made.error().message);
        state.metrics = std::make_shared<endpoint_metrics>();
        state.budget = std::make_shared<retry_budget>();
        if (options.rate_limit) state.gate = rate_gate::make(*options.rate_limit, here);
        if (options.concurrency) {
            state.slots = std::make_shared<concurrency_gate>(*options.concurrency);
        }
        if (options.hedge) state.hedge = std::make_shared<hedge_timing>(*options.hedge);
        if (options.circuit_breaker) {
            state.breaker = std::make_shared<breaker_cell>(*options.circuit_breaker,
                                                           (*made)->events(), state.metrics);
        }
        if (const auto& target = (*made)->health(); target && state.breaker) {
            state.breaker->watch(std::make_shared<health_check>(target, here, (*made)->events()));
        }
        (*made)->attach(state);
        on = *made;
    }

    /// Starts a call and runs whatever can run.
    [[nodiscard]] std::shared_ptr<pending_call> start(request what = {}) {
        if (!on) build();
        auto call = std::make_shared<pending_call>(std::move(what));
        asio::co_spawn(
            loop, run_call(*this, make_recycled<call_job>(on, std::move(call->what))),
            asio::bind_cancellation_slot(
                call->cancel.slot(), [call](const std::exception_ptr& fault, result<response> got) {
                    if (fault) got = fail(error_kind::internal, "an exception escaped");
                    call->outcome = std::move(got);
                }));
        settle();
        return call;
    }

    /// A call that needs no time.
    [[nodiscard]] result<response> call(request what = {}) {
        const auto pending = start(std::move(what));
        if (!pending->outcome) return fail(error_kind::internal, "the call has not ended");
        return std::move(*pending->outcome);
    }

    void settle() { wakeups.run_due(); }

    /// Moves time, stopping at every timer on the way.
    void advance(duration d) { wakeups.advance(d); }

    [[nodiscard]] std::vector<std::string> event_names() const {
        std::vector<std::string> names;
        for (const event& what : events)
            names.emplace_back(what.name);
        return names;
    }

    asio::io_context loop{1};
    symphony::testing::manual_clock time;
    symphony::testing::manual_timers wakeups{time, [this] { run_ready(); }};
    symphony::testing::fixed_random random{UINT64_MAX};  // full jitter at its largest
    hand_transport transport{loop.get_executor()};
    symphony::testing::fake_transport clockwork{time, wakeups};
    shard here;
    endpoint_options options;
    endpoint_state state;
    std::shared_ptr<const endpoint> on;
    std::vector<event> events;

private:
    void run_ready() {
        loop.restart();
        loop.poll();
    }
};

}  // namespace symphony::call_testing
