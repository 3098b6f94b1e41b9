#include "symphony/tool/tool.hpp"

#include "symphony/tool/client.hpp"
#include "tool/default_run.hpp"
#include "tool/engine.hpp"
#include "tool/run_counters.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <fmt/format.h>

#include <exception>
#include <utility>

namespace symphony {

namespace asio = boost::asio;

namespace {

using counters = std::shared_ptr<detail::run_counters>;

void count(const counters& to, const result<response>& answer) {
    if (!to) return;
    to->calls.fetch_add(1, std::memory_order_relaxed);
    to->attempts.fetch_add(answer ? answer->attempts : answer.error().attempts,
                           std::memory_order_relaxed);
}

asio::awaitable<result<response>> counted(asio::awaitable<result<response>> call, counters to) {
    result<response> answer = co_await std::move(call);
    count(to, answer);
    co_return answer;
}

// What a handler throws ends its run, not the program.
error error_of(const std::exception_ptr& fault) {
    error made;
    made.message = "the tool's handler threw an exception";
    try {
        std::rethrow_exception(fault);
    } catch (const std::exception& thrown) {
        made.remote = thrown.what();
    } catch (...) {
        made.remote = "not a std::exception";
    }
    return made;
}

}  // namespace

asio::awaitable<result<response>> api::call(request what) const {
    auto call = owner_->call(tool_, endpoint_, std::move(what));
    return counters_ ? counted(std::move(call), counters_) : std::move(call);
}

result<response> api::call_blocking(request what) const {
    result<response> answer = owner_->call_blocking(tool_, endpoint_, std::move(what));
    count(counters_, answer);
    return answer;
}

api tool_context::operator[](std::string_view endpoint) const {
    return {*owner_, tool_, std::string(endpoint), counters_};
}

api tool::operator[](std::string_view endpoint) const {
    return {*owner_, name_, std::string(endpoint)};
}

run_result tool::run(json params) const {
    const auto& executor = owner_->engine_->shards().next().executor;
    auto pending = asio::co_spawn(executor, async_run(std::move(params)), asio::use_future);
    try {
        return pending.get();
    } catch (const std::exception& thrown) {
        run_result broken;
        broken.failure = error{.kind = error_kind::cancelled,
                               .message = "the executor stopped before the run was over",
                               .remote = thrown.what()};
        return broken;
    }
}

asio::awaitable<run_result> tool::async_run(json params) const {
    client& owner = *owner_;
    const std::string name = name_;
    const auto spent = std::make_shared<detail::run_counters>();
    const auto tools = owner.engine_->tools();  // a reload in between leaves this run alone
    const instant started = owner.time().now();
    const detail::catalogued_tool* const known = tools->find(name);
    result<json> outcome = fail(error_kind::not_found, fmt::format("there is no tool '{}'", name));
    bool ok = true;
    if (known != nullptr && known->options.handler) {
        tool_context context(owner, name, spent);
        try {
            outcome = co_await known->options.handler(context, std::move(params));
        } catch (...) {
            outcome = std::unexpected(error_of(std::current_exception()));
        }
    } else if (known != nullptr) {
        auto described = detail::read_params(*known, params);
        if (described) {
            const api one(owner, name, described->endpoint, spent);
            const result<response> answer = co_await one.call(std::move(described->what));
            ok = answer && answer->status < 400;
            outcome = answer ? result<json>(detail::describe_answer(*answer))
                             : result<json>(std::unexpected(answer.error()));
        } else {
            outcome = std::unexpected(std::move(described.error()));
        }
    }
    run_result made;
    made.success = outcome.has_value() && ok;
    if (outcome) {
        made.result = std::move(*outcome);
    } else {
        made.failure = std::move(outcome.error());
    }
    made.metrics = {owner.time().now() - started, spent->calls.load(), spent->attempts.load()};
    co_return made;
}

}  // namespace symphony
