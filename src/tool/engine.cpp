#include "tool/engine.hpp"

#include "tool/body_hop.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <fmt/format.h>

#include <exception>
#include <stdexcept>
#include <utility>

namespace symphony::detail {

namespace asio = boost::asio;

namespace {

// What is under way when a client ends may still arrive.
constexpr duration time_for_last_alerts = std::chrono::seconds(3);

std::optional<std::string> first_that_mails(const std::vector<tool_options>& tools) {
    for (const tool_options& tool : tools) {
        for (const auto& [name, options] : tool.external_apis) {
            if (options.alerts && !options.alerts->email.empty()) return tool.name + "." + name;
        }
    }
    return std::nullopt;
}

// The awaitable of a call that ends before it begins.
asio::awaitable<result<response>> ended(error why) {
    co_return std::unexpected(std::move(why));
}

}  // namespace

engine::engine(client_options options, duration trims_each)
    : time_(options.time ? std::move(options.time) : std::make_shared<system_clock>()),
      events_(std::move(options.events)),
      shards_(options.threads, std::move(options.executor), *time_),
      alerts_(*time_, events_),
      has_mail_server_(options.alerting.smtp.has_value()),
      states_(shards_, std::move(options.stores), std::move(options.circuit_stores), alerts_),
      tools_(std::make_shared<catalogue>()) {
    alerts_.configure(std::move(options.alerting));
    if (!shards_.has_threads()) return;
    housekeeping_.emplace(shards_.home_of({}), trims_each, [this](instant now) { trim(now); });
}

// Whoever counts as in flight on a user's executor keeps all that the call runs on. Threads of our
// own are joined instead: their contexts, which hold the calls, are of the engine.
std::shared_ptr<engine> engine::make(client_options options, duration trims_each) {
    const bool is_guest = options.executor.has_value();
    std::shared_ptr<engine> made(new engine(std::move(options), trims_each));
    if (is_guest) made->in_flight_ = {made, made->counted_.get()};
    return made;
}

void engine::end() noexcept {
    counted_->refuse();
    in_flight_ = counted_;
    states_.close();
    shards_.stop();
    states_.drop_stores();
    shards_.forsake();
    alerts_.close(time_for_last_alerts);
}

// A change under way looks at the same limiters; the next time will do.
void engine::trim(instant now) noexcept {
    const std::unique_lock lock(change_, std::try_to_lock);
    if (lock.owns_lock()) states_.trim(now);
}

asio::awaitable<result<response>> engine::call(std::string_view tool, std::string_view endpoint,
                                               request&& what) {
    if (!housekeeping_ && ++calls_ == 0) trim(time_->now());
    auto found = look_up(tool, endpoint);
    if (!found) return ended(not_callable(tool, endpoint));
    return run_call(*this, make_recycled<call_job>(std::move(found), std::move(what)));
}

asio::awaitable<result<response>> engine::run_elsewhere(asio::any_io_executor from,
                                                        recycled<call_job> work) {
    const bool throws = co_await asio::this_coro::throw_if_cancelled();
    co_await asio::this_coro::throw_if_cancelled(false);
    const asio::any_io_executor there = shards_.next().executor;
    auto [fault, answer] =
        co_await asio::co_spawn(there, run_on(there, from, std::move(work), in_flight_),
                                asio::as_tuple(asio::use_awaitable));
    if (fault) answer = std::unexpected(to_error(fault));
    co_await asio::this_coro::throw_if_cancelled(throws);
    co_return std::move(answer);
}

asio::awaitable<result<response>> engine::run_on(asio::any_io_executor there,
                                                 asio::any_io_executor from,
                                                 recycled<call_job> work,
                                                 std::shared_ptr<const void> /*alive*/) {
    co_await asio::this_coro::throw_if_cancelled(false);
    if (auto& stream = work->what.stream; stream && from != there) {
        stream = std::make_shared<body_hop>(std::move(stream), from);
    }
    result<response> answer = co_await run_call(*this, std::move(work));
    if (answer && answer->stream) {
        answer->stream = std::make_unique<body_hop>(std::move(answer->stream), there);
    }
    co_return answer;
}

result<response> engine::call_blocking(std::string_view tool, std::string_view endpoint,
                                       request&& what) {
    auto found = look_up(tool, endpoint);
    if (!found) return std::unexpected(not_callable(tool, endpoint));
    const asio::any_io_executor there = shards_.next().executor;
    auto pending = asio::co_spawn(
        there,
        run_on(there, there, make_recycled<call_job>(std::move(found), std::move(what)),
               in_flight_),
        asio::use_future);
    try {
        return pending.get();
    } catch (...) {
        return std::unexpected(to_error(std::current_exception()));
    }
}

std::shared_ptr<const catalogue> engine::tools() const {
    const std::lock_guard lock(lock_);
    return tools_;
}

result<std::shared_ptr<const endpoint>> engine::find(std::string_view tool,
                                                     std::string_view endpoint) const {
    auto found = look_up(tool, endpoint);
    if (!found) return std::unexpected(not_found(tool, endpoint));
    return found;
}

std::shared_ptr<const endpoint> engine::look_up(std::string_view tool,
                                                std::string_view endpoint) const {
    const std::lock_guard lock(lock_);
    return tools_->find(tool, endpoint);
}

error engine::not_found(std::string_view tool, std::string_view endpoint) const {
    const auto tools = this->tools();
    const catalogued_tool* const known = tools->find(tool);
    error made;
    made.kind = error_kind::not_found;
    made.message = known == nullptr ? fmt::format("there is no tool '{:.64}'", tool)
                                    : fmt::format("the tool {} has no API '{:.64}'",
                                                  known->options.name, endpoint);
    return made;
}

error engine::not_callable(std::string_view tool, std::string_view endpoint) const {
    return in_flight_->closed() ? shutting_down().error() : not_found(tool, endpoint);
}

result<void> engine::add(tool_options tool) {
    const std::lock_guard lock(change_);
    std::vector<tool_options> all = tools()->options();
    all.push_back(std::move(tool));
    return publish_locked(std::move(all));
}

result<void> engine::replace(std::vector<tool_options> tools,
                             std::optional<alerting_options> alerting) {
    const std::lock_guard lock(change_);
    return publish_locked(std::move(tools), std::move(alerting));
}

result<void> engine::publish_locked(std::vector<tool_options> tools,
                                    std::optional<alerting_options> alerting) {
    const bool mails = alerting ? alerting->smtp.has_value() : has_mail_server_;
    if (const auto asks = mails ? std::nullopt : first_that_mails(tools)) {
        return fail(error_kind::invalid_request,
                    *asks + ": alerts: e-mail needs a server: alerting_options::smtp");
    }
    auto made = catalogue::make(std::move(tools), events_);
    if (!made) return std::unexpected(std::move(made.error()));
    try {
        if (alerting) alerts_.configure(std::move(*alerting));
    } catch (const std::invalid_argument& wrong) {
        return fail(error_kind::invalid_request, std::string("alerting: ") + wrong.what());
    }
    has_mail_server_ = mails;
    states_.attach(**made);
    const std::shared_ptr<const catalogue> now_in_service = *made;
    std::shared_ptr<const catalogue> replaced = std::move(*made);
    {
        const std::lock_guard lock(lock_);
        tools_.swap(replaced);
    }
    warm_up(*now_in_service);
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
