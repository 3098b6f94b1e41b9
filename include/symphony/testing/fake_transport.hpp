#pragma once

#include "symphony/core/clock.hpp"
#include "symphony/core/timers.hpp"
#include "symphony/net/transport.hpp"

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <string>

namespace symphony::testing {

/// A request as a `fake_transport` got it, with nothing left out.
struct sent_request {
    std::shared_ptr<const net::destination> where;
    std::string method;
    std::string target;
    headers fields;    ///< both lists of the request, in order
    std::string body;  ///< a streamed one was read to its end
    bool streamed = false;
    net::send_options options;
    instant at{};  ///< when it was sent
};

/// What a `fake_transport` does with a request: an answer or an error, perhaps after a while.
struct fake_answer {
    fake_answer(response answer) : what(std::move(answer)) {}
    fake_answer(error fault) : what(std::unexpected(std::move(fault))) {}
    /// A status with a body.
    fake_answer(int status, std::string body = {});

    /// No answer until the deadline passes or the call is cancelled.
    [[nodiscard]] static fake_answer never();
    /// An error of that kind; `maybe_sent` says whether the server may have seen the request.
    [[nodiscard]] static fake_answer failure(error_kind kind, bool maybe_sent);
    /// The same, `wait` after the request. Chains: `fake_answer(200).after(3s)`.
    [[nodiscard]] fake_answer after(duration wait) &&;

    result<response> what;
    duration delay{};
};

/// A transport without a network: answers by script and records what was sent. Keeps the promises
/// of `net::transport` that a caller can see: deadline, cancellation, headers refused, bodies
/// bounded, answers streamed only when asked for. For one thread; waits on the given timers.
class fake_transport final : public net::transport {
public:
    using handler = std::function<fake_answer(const sent_request&)>;

    /// Answers 200 without a body unless told otherwise.
    fake_transport(const clock& time, timers& wakeups);
    fake_transport(const clock& time, timers& wakeups, handler on_request);

    /// Scripts the answer to the next request without one; scripted answers come before the
    /// handler. Returns itself.
    fake_transport& answer(fake_answer next);
    void on_request(handler answers);

    [[nodiscard]] boost::asio::awaitable<result<response>> send(
        const std::shared_ptr<const net::destination>& where, const net::wire_request& request,
        const net::send_options& options) override;

    /// All requests so far; the references stay good.
    [[nodiscard]] const std::deque<sent_request>& requests() const noexcept { return requests_; }
    /// Requests that have neither an answer nor an error yet.
    [[nodiscard]] std::size_t in_flight() const noexcept { return in_flight_; }
    /// Requests that ended with their caller's cancellation.
    [[nodiscard]] std::size_t cancelled() const noexcept { return cancelled_; }

private:
    [[nodiscard]] boost::asio::awaitable<result<response>> play(sent_request& sent,
                                                                body_source* stream);
    [[nodiscard]] fake_answer next_answer(const sent_request& sent);

    const clock& time_;
    timers& wakeups_;
    handler on_request_;
    std::deque<fake_answer> script_;
    std::deque<sent_request> requests_;
    std::size_t in_flight_ = 0;
    std::size_t cancelled_ = 0;
};

}  // namespace symphony::testing
