#pragma once

#include "call/endpoint.hpp"

namespace symphony {

/// Whether another endpoint takes a call that ended so: its circuit refused it, and nothing of it
/// was sent.
[[nodiscard]] inline bool falls_back(const endpoint& asked, const result<response>& outcome) {
    return !outcome && outcome.error().kind == error_kind::circuit_open &&
           asked.fallback() != nullptr;
}

/// A call on its way from fallback to fallback, within what is left of the time since `began`. The
/// answer says who served. When all refuse, the refusal is that of `asked`, with the names of all
/// in its message; any other failure is the fallback's.
class fallback_walk {
public:
    /// `what` is the request, made fit for each endpoint in turn; all outlive the walk.
    fallback_walk(const endpoint& asked, request& what, instant began) noexcept;

    /// The endpoint to try after `outcome`, the first time that of `asked`; null when `outcome` is
    /// the caller's.
    [[nodiscard]] const endpoint* next(result<response>& outcome, instant now);

private:
    [[nodiscard]] bool goes_on_after(result<response>& outcome);

    request& what_;
    const deadline until_;
    const endpoint* at_;
    bool begun_ = false;
    error refused_;  // what `asked` said
};

}  // namespace symphony
