#pragma once

#include "call/calls_in_flight.hpp"
#include "call/fallback.hpp"
#include "call/managed_call.hpp"
#include "call/recycled.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <memory>
#include <optional>
#include <utility>

namespace symphony {

/// One call with all it needs, in a place of its own: in the coroutine's frame it would make that
/// too large to be kept for the next call.
struct call_job {
    call_job(std::shared_ptr<const endpoint> found, request&& asked)
        : on(std::move(found)), what(std::move(asked)) {}

    managed_call& begin(const shard& where);
    /// When the call was refused and another endpoint takes it: `call` is then the next one.
    [[nodiscard]] bool falls_back(const shard& where);
    /// An exception of the user's ended it.
    [[nodiscard]] std::unexpected<error> ended_by(const std::exception_ptr& fault);

    const std::shared_ptr<const endpoint> on;
    request what;
    std::unique_ptr<fallback_walk> walk;
    std::optional<managed_call> call;
};

/// Where calls are made: the shards, and the count of the calls under way.
class call_site {
public:
    virtual ~call_site() = default;
    /// The shard that runs on `executor`, if it is one of ours.
    [[nodiscard]] virtual const shard* find(
        const boost::asio::any_io_executor& executor) const noexcept = 0;
    /// The call of a coroutine on `from`, which is no shard's.
    [[nodiscard]] virtual boost::asio::awaitable<result<response>> run_elsewhere(
        boost::asio::any_io_executor from, recycled<call_job> work) = 0;
    [[nodiscard]] virtual const std::shared_ptr<calls_in_flight>& in_flight() const noexcept = 0;
};

/// The whole call, all its layers in one coroutine. Errors: every kind; nothing is thrown.
[[nodiscard]] boost::asio::awaitable<result<response>> run_call(call_site& site,
                                                                recycled<call_job> work);

/// An exception of the user's (a condition, a body) or of the executor's end, as an error.
[[nodiscard]] error to_error(const std::exception_ptr& fault);
/// What a closed client answers.
[[nodiscard]] std::unexpected<error> shutting_down();

}  // namespace symphony
