#include "call/fallback.hpp"

#include "call/managed_call.hpp"
#include "symphony/net/asio_timers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

namespace symphony {

namespace asio = boost::asio;

namespace {

std::string name_of(const endpoint& of) {
    return of.events().tool() + "." + of.events().endpoint();
}

bool is_refusal(error_kind kind) noexcept {
    return kind == error_kind::circuit_open || kind == error_kind::rate_limited ||
           kind == error_kind::overloaded || kind == error_kind::store_unavailable;
}

// One request for another API: the same but for what was meant for the first one alone.
void turn_away_from(const endpoint& asked, request& what) {
    if (what.method.empty()) what.method = asked.options().method;
    // A caller's credentials that the endpoint's own replace go no further either.
    if (asked.has_credentials()) what.fields.erase("authorization");
}

// Its frame is made only when a circuit is open: the usual call has none but `run_call`.
asio::awaitable<result<response>> make_call(const endpoint& on, const shard& where,
                                            const request& what) {
    managed_call call(on, where, what);
    result<response>& outcome = call.outcome();
    while (call.prepare()) {
        if (call.waits_for_permit()) co_await call.wait_in_queue();
        if (call.may_send()) {
            const net::send_options& options = call.begin_sending();
            outcome = co_await where.transport.send(on.where(), call.wire(), options);
            call.settle();
        }
        const std::optional<instant> again = call.next_attempt_at();
        if (!again) break;
        if (outcome && outcome->stream) co_await call.collect_answer();
        if (!co_await net::wait_until(where.wakeups, *again)) call.cancel();
    }
    call.finish();
    co_return std::move(outcome);
}

void tell(const endpoint& asked, const endpoint& next, instant now) {
    if (!asked.events().heard()) return;
    event said;
    said.name = "call.fallback";
    said.level = severity::debug;
    said.message = "the circuit refused: the call goes to " + name_of(next);
    said.fields = {{"fallback", name_of(next)}};
    said.at = now;
    asked.events().tell(std::move(said));
}

void note_refusal(error& refused, const endpoint& by, const error& why) {
    refused.message += fmt::format("; the fallback {}: {}", name_of(by), why.message);
    if (why.retry_after && (!refused.retry_after || *why.retry_after < *refused.retry_after)) {
        refused.retry_after = why.retry_after;  // whoever is back first can serve
    }
}

}  // namespace

asio::awaitable<result<response>> call_fallback(const endpoint& asked, const shard& where,
                                                request& what, instant began, error refused) {
    const duration own = what.timeout.value_or(asked.options().timeout);
    const deadline until = deadline::after(began, std::min(own, asked.options().timeout));
    for (const endpoint* from = &asked; from->fallback(); from = from->fallback().get()) {
        const endpoint* const next = from->fallback().get();
        const instant now = where.time.now();
        turn_away_from(*from, what);
        what.timeout = until.remaining(now);
        tell(asked, *next, now);
        result<response> answer = co_await make_call(*next, where, what);
        if (answer) {
            answer->served_by = name_of(*next);
            co_return answer;
        }
        if (!is_refusal(answer.error().kind)) {
            answer.error().message = fmt::format("{}; the fallback {}: {}", refused.message,
                                                 name_of(*next), answer.error().message);
            co_return answer;
        }
        note_refusal(refused, *next, answer.error());
        if (answer.error().kind != error_kind::circuit_open) break;
    }
    co_return std::unexpected(std::move(refused));
}

}  // namespace symphony
