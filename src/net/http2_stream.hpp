#pragma once

#include "net/client_connection.hpp"
#include "net/parking.hpp"
#include "net/server_timer.hpp"
#include "net/time_limit.hpp"
#include "symphony/core/deadline.hpp"
#include "symphony/core/error.hpp"
#include "symphony/net/response.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace symphony::net::detail {

/// One request and its answer on a connection of HTTP/2: what has arrived and what is to be sent.
/// The session fills it in, and the coroutine that waits in `place` looks. One thread.
struct http2_stream {
    using stop = client_connection::stop;

    http2_stream(const client_core& core, deadline latest, const http_options& http, bool streamed)
        : place(core.executor),
          timeout(core.wakeups, this,
                  [](void* self) noexcept {
                      static_cast<http2_stream*>(self)->stop_with(stop::timed_out);
                  }),
          streams_answer(streamed),
          until(latest.at()),
          first_byte(http.first_byte_timeout),
          between_bytes(http.between_bytes_timeout) {
        timeout.set(until);
    }

    /// The waits from now on end at `due` at the latest.
    void limit(instant due, time_limit which) {
        if (stopped != stop::none) return;
        limit_reached = due < until ? which : time_limit::deadline;
        timeout.set(std::min(due, until));
    }
    void lift_limit() { limit(instant::max(), time_limit::deadline); }

    void stop_with(stop why) noexcept {
        if (stopped == stop::none) stopped = why;
        place.wake_later();
    }
    void fail(error why) {
        if (!broken && !ended) broken = std::move(why);
        place.wake_later();
    }
    /// Nothing more comes of it.
    [[nodiscard]] bool over() const noexcept { return ended || broken || stopped != stop::none; }

    parking place;
    lazy_timer timeout;
    const bool streams_answer;
    const instant until;
    const std::optional<duration> first_byte;         ///< `http_options::first_byte_timeout`
    const std::optional<duration> between_bytes;      ///< `http_options::between_bytes_timeout`
    time_limit limit_reached = time_limit::deadline;  ///< what `stop::timed_out` met

    std::int32_t id = 0;  ///< 0: not on the wire yet
    instant begun_at{};
    std::size_t index = 0;  ///< among those of its session: the session's own
    bool closed = false;    ///< the session has done with it
    stop stopped = stop::none;
    std::optional<error> broken;

    // The request's body.
    std::string_view outgoing;  ///< to be sent next
    bool last_outgoing = true;  ///< nothing comes after it
    bool head_sent = false;
    bool request_sent = false;  ///< all of it
    bool refused = false;       ///< the server has provably not looked at it

    // The answer.
    response answer;
    std::string body;  ///< arrived and not taken
    std::size_t head_bytes = 0;
    std::optional<std::uint32_t> reset_by_peer;
    int interim = 0;
    bool has_head = false;  ///< the final one
    bool ended = false;     ///< it is whole
};

}  // namespace symphony::net::detail
