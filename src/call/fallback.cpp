#include "call/fallback.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

namespace symphony {

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

fallback_walk::fallback_walk(const endpoint& asked, request& what, instant began) noexcept
    : what_(what),
      until_(deadline::after(began, std::min(what.timeout.value_or(asked.options().timeout),
                                             asked.options().timeout))),
      at_(&asked) {}

const endpoint* fallback_walk::next(result<response>& outcome, instant now) {
    if (!begun_) {
        begun_ = true;
        refused_ = std::move(outcome.error());
    } else if (!goes_on_after(outcome)) {
        return nullptr;
    }
    const endpoint& to = *at_->fallback();
    turn_away_from(*at_, what_);
    what_.timeout = until_.remaining(now);
    tell(*at_, to, now);
    at_ = &to;
    return at_;
}

bool fallback_walk::goes_on_after(result<response>& outcome) {
    if (outcome) {
        outcome->served_by = name_of(*at_);
        return false;
    }
    error& why = outcome.error();
    if (!is_refusal(why.kind)) {
        why.message =
            fmt::format("{}; the fallback {}: {}", refused_.message, name_of(*at_), why.message);
        return false;
    }
    note_refusal(refused_, *at_, why);
    if (falls_back(*at_, outcome)) return true;
    outcome = std::unexpected(std::move(refused_));
    return false;
}

}  // namespace symphony
