#include "call/call_job.hpp"

#include "symphony/net/asio_timers.hpp"

#include <boost/asio/this_coro.hpp>

#include <exception>
#include <future>
#include <utility>

namespace symphony {

namespace asio = boost::asio;

namespace {

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
    const std::shared_ptr<calls_in_flight> calls_;
    bool open_;
};

}  // namespace

error to_error(const std::exception_ptr& fault) {
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

std::unexpected<error> shutting_down() {
    return fail(error_kind::cancelled, "the client is shutting down");
}

managed_call& call_job::begin(const shard& where) {
    return call.emplace(*on, where, what);
}

bool call_job::falls_back(const shard& where) {
    if (!walk) {
        if (!symphony::falls_back(*on, call->outcome())) return false;
        walk = std::make_unique<fallback_walk>(*on, what, call->started());
    }
    const endpoint* const next = walk->next(call->outcome(), where.time.now());
    if (next == nullptr) return false;
    call.emplace(*next, where, what);
    return true;
}

std::unexpected<error> call_job::ended_by(const std::exception_ptr& fault) {
    error why = to_error(fault);
    if (call) {
        call->fail(why);
        if (!call->outcome()) why = std::move(call->outcome().error());
    }
    return std::unexpected(std::move(why));
}

asio::awaitable<result<response>> run_call(call_site& site, recycled<call_job> work) {
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    const shard* const here = site.find(executor);
    if (here == nullptr) co_return co_await site.run_elsewhere(executor, std::move(work));
    call_count count(site.in_flight());
    if (!count.open()) co_return shutting_down();
    const bool throws = co_await asio::this_coro::throw_if_cancelled();
    co_await asio::this_coro::throw_if_cancelled(false);
    // Gone before the count ends: who waits for that may take the shard away.
    const recycled<call_job> job = std::move(work);
    std::exception_ptr fault;
    try {
        managed_call* const call = &job->begin(*here);
        do {
            while (call->prepare()) {
                while (call->waits_for_permit()) {
                    co_await call->wait_in_queue();
                    const auto state = co_await asio::this_coro::cancellation_state;
                    if (state.cancelled() != asio::cancellation_type::none) call->withdraw();
                }
                if (call->may_send()) {
                    co_await call->transmit();
                    call->settle();
                }
                const std::optional<instant> again = call->next_attempt_at();
                if (!again) break;
                if (call->has_stream()) co_await call->collect_answer();
                if (!co_await net::wait_until(here->wakeups, *again)) call->cancel();
            }
            call->finish();
        } while (job->falls_back(*here));
    } catch (...) {
        fault = std::current_exception();
    }
    co_await asio::this_coro::throw_if_cancelled(throws);
    if (fault) co_return job->ended_by(fault);
    if (job->call->has_stream()) count.pass_on_to(*job->call->outcome());
    co_return std::move(job->call->outcome());
}

}  // namespace symphony
