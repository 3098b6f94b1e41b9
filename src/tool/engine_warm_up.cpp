#include "tool/engine.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <exception>
#include <utility>

namespace symphony::detail {

namespace asio = boost::asio;

namespace {

asio::awaitable<result<void>> failed(error why) {
    co_return std::unexpected(std::move(why));
}

void tell_failure(const endpoint& of, const error& why, instant now) {
    if (!of.events().heard() || why.kind == error_kind::cancelled) return;
    event said;
    said.name = "transport.warm_up";
    said.level = severity::warn;
    said.message = "no connections in advance: " + why.message;
    said.fields = {{"kind", std::string(to_string(why.kind))}};
    said.at = now;
    of.events().tell(std::move(said));
}

}  // namespace

asio::awaitable<result<void>> engine::warm_up(std::string_view tool, std::string_view endpoint) {
    auto found = look_up(tool, endpoint);
    if (!found) return failed(not_callable(tool, endpoint));
    return warm_up(std::move(found));
}

// What would be cancelled is on threads of its own, so it is left to its time-out: in a coroutine
// of its own, whose caller may be cancelled as before.
asio::awaitable<result<void>> engine::warm_up(std::shared_ptr<const endpoint> of) {
    const asio::any_io_executor here = co_await asio::this_coro::executor;
    co_return co_await asio::co_spawn(
        here, warm_up_all(std::move(of)),
        asio::bind_cancellation_slot(asio::cancellation_slot(), asio::use_awaitable));
}

// All shards at once.
asio::awaitable<result<void>> engine::warm_up_all(std::shared_ptr<const endpoint> of) {
    const std::shared_ptr<const void> alive = in_flight_;
    const std::size_t count = std::max<std::size_t>(1, of->options().http.warm_connections);
    const auto on = [&](std::size_t index, const asio::any_io_executor& executor) {
        return asio::co_spawn(executor, shards_.warm_up(index, of->where(), count), asio::deferred);
    };
    const auto executors = shards_.executors();
    std::vector<decltype(on(0, executors.front()))> shards;
    for (std::size_t index = 0; index < executors.size(); ++index)
        shards.push_back(on(index, executors[index]));
    auto all = asio::experimental::make_parallel_group(std::move(shards));
    const auto [order, faults, outcomes] =
        co_await all.async_wait(asio::experimental::wait_for_all(), asio::use_awaitable);
    for (const std::size_t each : order) {
        if (faults[each]) co_return std::unexpected(to_error(faults[each]));
        if (!outcomes[each]) co_return std::unexpected(outcomes[each].error());
    }
    co_return result<void>();
}

// Nobody waits: a start succeeds whatever the APIs do.
void engine::warm_up(const catalogue& put_into_service) {
    const auto executors = shards_.executors();
    for (const auto& tool : put_into_service.tools()) {
        for (const auto& [name, one] : tool->endpoints) {
            const std::size_t count = one->options().http.warm_connections;
            if (count == 0) continue;
            for (std::size_t index = 0; index < executors.size(); ++index) {
                asio::co_spawn(
                    executors[index], shards_.warm_up(index, one->where(), count),
                    [of = std::shared_ptr<const endpoint>(one), time = time_, alive = in_flight_](
                        const std::exception_ptr& fault, const result<void>& outcome) {
                        if (fault) {
                            tell_failure(*of, to_error(fault), time->now());
                        } else if (!outcome) {
                            tell_failure(*of, outcome.error(), time->now());
                        }
                    });
            }
        }
    }
}

}  // namespace symphony::detail
