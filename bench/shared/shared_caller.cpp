// One of several processes that call one API under one limit: `rate` calls a second are begun for
// `seconds`, whatever becomes of them. Prints what did. `record` is a file for what Redis granted:
// each line two moments, in us since 1970, between which so many permits are charged.
#include "recording_store.hpp"
#include "symphony/core/random.hpp"
#include "symphony/net/asio_timers.hpp"
#include "symphony/store/redis_rate_store.hpp"
#include "symphony/tool/client.hpp"
#include "words.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <fstream>
#include <map>
#include <memory>
#include <string>

namespace asio = boost::asio;
using namespace symphony;

namespace {

tool_options the_tool(const shared_bench::words& given) {
    named_endpoint api;
    api.name = "api";
    api.options.url = "http://127.0.0.1:" + given.text("upstream");
    api.options.timeout = std::chrono::seconds(10);
    api.options.rate_limit = given.limit();
    if (given.number("redis") > 0) api.options.rate_sharing = given.sharing();
    api.options.rate_limit->key_prefix = given.text("key", "bench");
    tool_options tool;
    tool.name = "shop";
    tool.external_apis.push_back(std::move(api));
    return tool;
}

struct outcomes {
    std::uint64_t begun = 0, ended = 0, admitted = 0;
    duration longest_refusal{};  // a refusal that was not at once
    std::map<std::string, std::uint64_t> errors;
};

asio::awaitable<void> one_call(client& caller, const symphony::clock& time, outcomes& counts) {
    const instant began = time.now();
    request what("GET", "/");
    const result<response> got = co_await caller.call("shop", "api", std::move(what));
    ++counts.ended;
    if (got && got->status == 200) {
        ++counts.admitted;
        co_return;
    }
    counts.longest_refusal = std::max(counts.longest_refusal, time.now() - began);
    ++counts.errors[got ? std::to_string(got->status) : std::string(to_string(got.error().kind))];
}

asio::awaitable<void> load(client& caller, asio::io_context& loop, timers& wakeups,
                           const shared_bench::words& given, outcomes& counts) {
    const symphony::clock& time = caller.time();
    const instant began = time.now();
    const auto length = std::chrono::seconds(given.number("seconds", 5));
    const auto rate = static_cast<double>(given.number("rate", 1000));
    while (time.now() - began < length) {
        const double passed = std::chrono::duration<double>(time.now() - began).count();
        for (; counts.begun < static_cast<std::uint64_t>(passed * rate); ++counts.begun)
            asio::co_spawn(loop, one_call(caller, time, counts), asio::detached);
        co_await net::wait_until(wakeups, time.now() + std::chrono::milliseconds(1));
    }
    loop.stop();
}

// The store of the one limit, and what it stands on.
class recorder {
public:
    explicit recorder(asio::io_context& loop) : wakeups_(loop.get_executor(), time_) {}
    std::shared_ptr<rate_store> make(const redis_options& target,
                                     const asio::any_io_executor& executor) {
        auto redis = make_redis_rate_store(target, executor, time_, wakeups_, chance_);
        if (!redis) shared_bench::stop(redis.error().message);
        store_ = std::make_shared<shared_bench::recording_store>(std::move(*redis));
        return store_;
    }
    void write(const std::string& file) const {
        std::ofstream to(file);
        for (const auto& one : store_->used())
            to << one.from << ' ' << one.until << ' ' << one.permits << '\n';
        if (!to.flush()) shared_bench::stop("cannot write " + file);
    }

private:
    system_clock time_;
    net::asio_timers wakeups_;
    fast_random chance_;
    std::shared_ptr<shared_bench::recording_store> store_;
};

}  // namespace

int main(int count, char** arguments) {
    const shared_bench::words given(count, arguments);
    asio::io_context loop(1);
    recorder grants(loop);
    const std::string record = given.text("record");
    client_options options;
    options.executor = loop.get_executor();
    if (!record.empty()) {
        options.stores = [&](const redis_options& target, const asio::any_io_executor& executor) {
            return grants.make(target, executor);
        };
    }
    client caller(std::move(options));
    caller.tools().create(the_tool(given));
    outcomes counts;
    timers& wakeups = caller.timers_of(loop.get_executor());
    asio::co_spawn(loop, load(caller, loop, wakeups, given, counts), asio::detached);
    loop.run();
    if (!record.empty()) grants.write(record);
    std::printf("{\"begun\": %llu, \"admitted\": %llu, \"longestRefusalMs\": %.3f, \"errors\": {",
                static_cast<unsigned long long>(counts.begun),
                static_cast<unsigned long long>(counts.admitted),
                std::chrono::duration<double, std::milli>(counts.longest_refusal).count());
    const char* separator = "";
    for (const auto& [kind, times] : counts.errors) {
        std::printf("%s\"%s\": %llu", separator, kind.c_str(),
                    static_cast<unsigned long long>(times));
        separator = ", ";
    }
    std::printf("}}\n");
    std::fflush(stdout);
    std::_Exit(0);  // calls in flight are of no interest
}
