#include "tool/engine.hpp"

#include "call/fallback.hpp"
#include "tool/body_hop.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <fmt/format.h>

#include <exception>
#include <future>
#include <tuple>
#include <utility>

namespace symphony::detail {

namespace asio = boost::asio;

namespace {

// Only a condition or a body of the user's can throw here; nothing crosses the API.
error error_of(const std::exception_ptr& fault) {
    error made;
    try {
        std::rethrow_exception(fault);
    } catch (const std::future_error&) {
        made.kind = error_kind::cancelled;
        made.message = "the executor stopped before the call was over";
    } catch (const std::exception& thrown) {
        made.message = "an exception ended the call";
        made.remote = thrown.what();
    } catch (...) {
        made.message = "an exception ended the call";
    }
    return made;
}

// Ends the count of a call, unless its answer's stream does.
class call_count {
public:
    explicit call_count(const std::shared_ptr<calls_in_flight>& calls) noexcept
        : calls_(calls), open_(calls->begin()) {}
    ~call_count() {
        if (open_) calls_->end();
    }
    call_count(const call_count&) = delete;
    call_count& operator=(const call_count&) = delete;

    [[nodiscard]] bool open() const noexcept { return open_; }
    void pass_on_to(response& answer) {
        answer.stream = std::make_unique<counted_body>(std::move(answer.stream), calls_);
        open_ = false;
    }

private:
    const std::shared_ptr<calls_in_flight>& calls_;
    bool open_;
};

result<std::shared_ptr<const endpoint>> shutting_down() {
    return fail(error_kind::cancelled, "the client is shutting down");
}

}  // namespace

engine::engine(client_options options)
    : time_(options.time ? std::move(options.time) : std::make_shared<system_clock>()),
      events_(std::move(options.events)),
      shards_(options.threads, std::move(options.executor), *time_),
      states_(shards_, std::move(options.stores)),
      tools_(std::make_shared<catalogue>()) {}

engine::~engine() {
    states_.close();
    shards_.stop();
}

// On a shard of ours a call is this one coroutine; from elsewhere it moves to one first.
asio::awaitable<result<response>> engine::call(std::string tool, std::string endpoint,
                                               request what) {
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    const bool throws = co_await asio::this_coro::throw_if_cancelled();
    co_await asio::this_coro::throw_if_cancelled(false);
    result<response> answer = fail(error_kind::internal, "");
    std::exception_ptr fault;
    if (const shard* const here = shards_.find(executor)) {
        call_count count(in_flight_);
        if (const auto found = count.open() ? find(tool, endpoint) : shutting_down()) {
            try {
                const auto& asked = **found;
                const instant began = asked.fallback() ? here->time.now() : instant();
                answer = co_await asked.call(*here, what);
                if (falls_back(asked, answer)) {
                    answer = co_await call_fallback(asked, *here, what, began,
                                                    std::move(answer.error()));
                }
                if (answer && answer->stream) count.pass_on_to(*answer);
            } catch (...) {
                fault = std::current_exception();
            }
        } else {
            answer = std::unexpected(found.error());
        }
    } else {
        const asio::any_io_executor there = shards_.next().executor;
        std::tie(fault, answer) = co_await asio::co_spawn(
            there, call_on(there, executor, std::move(tool), std::move(endpoint), std::move(what)),
            asio::as_tuple(asio::use_awaitable));
    }
    if (fault) answer = std::unexpected(error_of(fault));
    co_await asio::this_coro::throw_if_cancelled(throws);
    co_return answer;
}

asio::awaitable<result<response>> engine::call_on(asio::any_io_executor there,
                                                  asio::any_io_executor from, std::string tool,
                                                  std::string endpoint, request what) {
    co_await asio::this_coro::throw_if_cancelled(false);
    if (what.stream && from != there) {
        what.stream = std::make_shared<body_hop>(std::move(what.stream), from);
    }
    result<response> answer = co_await call(std::move(tool), std::move(endpoint), std::move(what));
    if (answer && answer->stream) {
        answer->stream = std::make_unique<body_hop>(std::move(answer->stream), there);
    }
    co_return answer;
}

result<response> engine::call_blocking(std::string tool, std::string endpoint, request what) {
    const asio::any_io_executor there = shards_.next().executor;
    auto pending = asio::co_spawn(
        there, call_on(there, there, std::move(tool), std::move(endpoint), std::move(what)),
        asio::use_future);
    try {
        return pending.get();
    } catch (...) {
        return std::unexpected(error_of(std::current_exception()));
    }
}

std::shared_ptr<const catalogue> engine::tools() const {
    const std::lock_guard lock(mutex_);
    return tools_;
}

result<std::shared_ptr<const endpoint>> engine::find(std::string_view tool,
                                                     std::string_view endpoint) const {
    const auto tools = this->tools();
    const catalogued_tool* const known = tools->find(tool);
    if (known == nullptr) {
        return fail(error_kind::not_found, fmt::format("there is no tool '{:.64}'", tool));
    }
    auto found = known->find(endpoint);
    if (!found) {
        return fail(error_kind::not_found,
                    fmt::format("the tool {} has no API '{:.64}'", known->options.name, endpoint));
    }
    return found;
}

result<void> engine::add(tool_options tool) {
    const std::lock_guard lock(change_);
    std::vector<tool_options> all = tools()->options();
    all.push_back(std::move(tool));
    return publish_locked(std::move(all));
}

result<void> engine::replace(std::vector<tool_options> tools) {
    const std::lock_guard lock(change_);
    return publish_locked(std::move(tools));
}

result<void> engine::publish_locked(std::vector<tool_options> tools) {
    auto made = catalogue::make(std::move(tools), events_);
    if (!made) return std::unexpected(std::move(made.error()));
    states_.attach(**made);
    std::shared_ptr<const catalogue> published = std::move(*made);
    const std::lock_guard lock(mutex_);
    tools_.swap(published);
    return {};
}

bool engine::shut_down(duration limit) {
    {
        const std::lock_guard lock(change_);
        states_.quiet();
    }
    if (in_flight_->close(limit)) return true;
    states_.close();
    shards_.abort();
    return false;
}

}  // namespace symphony::detail
