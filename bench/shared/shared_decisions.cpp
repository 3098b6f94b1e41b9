// Decisions about one budget in Redis as a call makes them, without the call: so many callers ask
// again and again, or, with `rate`, so many a second are asked for.
#include "call/queued_call.hpp"
#include "call/rate_gate.hpp"
#include "symphony/net/asio_timers.hpp"
#include "symphony/store/redis_rate_store.hpp"
#include "words.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <memory>
#include <sys/resource.h>
#include <utility>

namespace asio = boost::asio;
using namespace symphony;

namespace {

double cpu_seconds() {
    rusage used{};
    getrusage(RUSAGE_SELF, &used);
    const auto seconds = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
    };
    return seconds(used.ru_utime) + seconds(used.ru_stime);
}

struct no_transport final : net::transport {
    asio::awaitable<result<response>> send(const std::shared_ptr<const net::destination>&,
                                           const net::wire_request&,
                                           const net::send_options&) override {
        co_return fail(error_kind::internal, "nothing is sent here");
    }
};

// The coroutines hold the gate and run on the loop: members go in the right order.
class measured_store {
public:
    explicit measured_store(const shared_bench::words& given)
        : decisions_(given.number("decisions", 100'000)),
          warm_up_(given.number("warm-up", decisions_ / 10)),
          rate_(given.number("rate")),
          callers_(given.number("callers", 32)) {
        auto store = make_redis_rate_store(given.sharing().redis, loop_.get_executor(), time_,
                                           wakeups_, chance_);
        if (!store) shared_bench::stop(store.error().message);
        gate_ =
            rate_gate::make(given.limit(), home_,
                            rate_sharing{given.sharing(), given.text("key", "bench"),
                                         std::move(*store), endpoint_events("bench", "api", {})});
    }

    void run() {
        if (rate_ > 0) {
            asio::co_spawn(loop_, at_a_rate(), asio::detached);
        } else {
            for (std::uint64_t i = 0; i < callers_; ++i)
                asio::co_spawn(loop_, one_caller(), asio::detached);
        }
        loop_.run();
    }

private:
    asio::awaitable<bool> decide() {
        const rate_answer at_once = gate_->try_acquire(time_.now(), 1);
        if (at_once.decision.admitted()) co_return true;
        const auto waiting = std::make_shared<queued_call>(gate_, home_);
        waiting->latest = time_.now() + std::chrono::seconds(10);
        const rate_answer answer = gate_->enqueue(waiting, time_.now());
        if (answer.decision.admitted()) co_return true;
        if (answer.decision.what != rate_decision::verdict::queued) co_return false;
        const queue_outcome outcome = co_await waiting->wait();
        co_return outcome == queue_outcome::granted;
    }

    // A caller that is admitted at once every time must not keep the others from their turn.
    asio::awaitable<void> one_caller() {
        for (std::uint64_t turn = 1; asked_ < warm_up_ + decisions_; ++turn) {
            ++asked_;
            note(co_await decide());
            if (turn % 256 == 0) co_await asio::post(loop_, asio::use_awaitable);
        }
    }

    asio::awaitable<void> counted() { note(co_await decide()); }

    asio::awaitable<void> at_a_rate() {
        const instant began = time_.now();
        const std::uint64_t all = warm_up_ + decisions_;
        while (asked_ < all) {
            const double passed = std::chrono::duration<double>(time_.now() - began).count();
            const auto due = static_cast<std::uint64_t>(passed * static_cast<double>(rate_));
            for (; asked_ < std::min(due, all); ++asked_)
                asio::co_spawn(loop_, counted(), asio::detached);
            co_await net::wait_until(wakeups_, time_.now() + std::chrono::microseconds(500));
        }
    }

    void note(bool admitted) {
        ++decided_;
        if (decided_ > warm_up_) admitted_ += admitted ? 1 : 0;
        all_admitted_ += admitted ? 1 : 0;
        if (decided_ == warm_up_) {
            began_ = time_.now();
            cpu_began_ = cpu_seconds();
        }
        if (decided_ == warm_up_ + decisions_) tell();
    }

    void tell() {
        const double seconds = std::chrono::duration<double>(time_.now() - began_).count();
        const auto n = static_cast<double>(decisions_);
        std::printf(
            "{\"perSecond\": %.1f, \"cpuMicros\": %.4f, \"admitted\": %llu, "
            "\"allAdmitted\": %llu}\n",
            n / seconds, (cpu_seconds() - cpu_began_) * 1e6 / n,
            static_cast<unsigned long long>(admitted_),
            static_cast<unsigned long long>(all_admitted_));
        std::fflush(stdout);
        std::_Exit(0);
    }

    const std::uint64_t decisions_, warm_up_, rate_, callers_;
    system_clock time_;
    fast_random chance_;
    asio::io_context loop_{1};
    net::asio_timers wakeups_{loop_.get_executor(), time_};
    no_transport nowhere_;
    shard home_{loop_.get_executor(), time_, wakeups_, nowhere_, chance_};
    std::shared_ptr<rate_gate> gate_;
    std::uint64_t asked_ = 0, decided_ = 0, admitted_ = 0, all_admitted_ = 0;
    instant began_{};
    double cpu_began_ = 0;
};

}  // namespace

int main(int count, char** arguments) {
    const shared_bench::words given(count, arguments);
    measured_store(given).run();
}
