#pragma once

#include "call/endpoint.hpp"

#include <boost/asio/awaitable.hpp>

namespace symphony {

/// Whether another endpoint takes a call that ended so: its circuit refused it, and nothing of it
/// was sent.
[[nodiscard]] inline bool falls_back(const endpoint& asked, const result<response>& outcome) {
    return !outcome && outcome.error().kind == error_kind::circuit_open &&
           asked.fallback() != nullptr;
}

/// The same call to the fallback of `asked`, and on to that one's, within what is left of the time
/// since `began`. The answer says who served. When all refuse, the refusal is that of `asked`, with
/// the names of all in its message; any other failure is the fallback's.
[[nodiscard]] boost::asio::awaitable<result<response>> call_fallback(const endpoint& asked,
                                                                     const shard& where,
                                                                     request& what, instant began,
                                                                     error refused);

}  // namespace symphony
