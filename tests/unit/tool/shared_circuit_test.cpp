#include "symphony/store/memory_circuit_store.hpp"
#include "symphony/testing/local_server.hpp"
#include "symphony/tool/client.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

// Clients that share a circuit: each is a process of its own, as far as the others see.

namespace symphony {
namespace {

using namespace std::chrono_literals;
using symphony::testing::local_server;
using symphony::testing::make_response;
using ::testing::HasSubstr;
using ::testing::Not;

/// The store of all clients, which can be down.
class shared_store final : public circuit_store {
public:
    boost::asio::awaitable<result<circuit_council>> meet(std::string key,
                                                         circuit_report says) override {
        ++words;
        if (down) co_return fail(error_kind::store_unavailable, "down for the test");
        co_return co_await inner_.meet(std::move(key), says);
    }
    circuit_store_factory factory(std::shared_ptr<shared_store> self) {
        return [self](const redis_options&, const boost::asio::any_io_executor&) { return self; };
    }
    std::atomic<bool> down{false};
    std::atomic<int> words{0};

private:
    system_clock time_;
    memory_circuit_store inner_{time_};
};

struct shared_circuit_test : ::testing::Test {
    std::atomic<int> status{200};
    std::atomic<int> probes{0};
    local_server server{[this](net::server_request&) {
        ++probes;
        return make_response(status.load());
    }};
    std::shared_ptr<shared_store> store = std::make_shared<shared_store>();
    std::mutex mutex;
    std::vector<std::string> names;  // of events

    endpoint_options options() {
        endpoint_options made;
        made.url = server.url();
        made.circuit_breaker.emplace().failure_threshold = 3;
        made.circuit_breaker->reset_timeout = 300ms;
        made.circuit_sharing.emplace();
        return made;
    }
    std::unique_ptr<client> new_client(const endpoint_options& of) { return new_client(of, store); }
    std::unique_ptr<client> new_client(const endpoint_options& of,
                                       const std::shared_ptr<shared_store>& with) {
        client_options how;
        how.threads = 1;
        how.circuit_stores = with->factory(with);
        how.events = [this](const event& told) {
            const std::lock_guard lock(mutex);
            names.emplace_back(told.name);
        };
        auto made = std::make_unique<client>(std::move(how));
        made->tools().create(tool_of(of));
        return made;
    }
    static tool_options tool_of(const endpoint_options& of) {
        tool_options tool;
        tool.name = "t";
        tool.external_apis = {{"api", of}};
        return tool;
    }
    static endpoint_status::breaker_status seen(client& by) {
        return by.status().front().endpoints.front().breaker.value();
    }
    static void call(client& by, int times) {
        for (int i = 0; i < times; ++i)
            (void)by.call_blocking("t", "api", request());
    }
    /// Whether nothing is said in a time in which another client speaks twice of itself.
    [[nodiscard]] bool is_quiet() {
        const auto elsewhere = std::make_shared<shared_store>();
        const auto another = new_client(options(), elsewhere);
        const int before = store->words;
        return comes([&] { return elsewhere->words > 2; }) && store->words == before;
    }
    std::ptrdiff_t told(std::string_view name) {
        const std::lock_guard lock(mutex);
        return std::ranges::count(names, name);
    }
    // Real time, since each client has threads of its own.
    template <class Done>
    [[nodiscard]] static bool comes(Done done) {
        const system_clock time;
        const instant end = time.now() + 20s;
        while (!done()) {
            if (time.now() > end) return false;
            std::this_thread::yield();
        }
        return true;
    }
};

TEST_F(shared_circuit_test, what_most_find_broken_is_open_for_all_until_one_proves_it_well) {
    const auto one = new_client(options());
    const auto two = new_client(options());
    const auto three = new_client(options());
    status = 500;
    call(*one, 3);
    call(*two, 3);
    ASSERT_TRUE(comes([&] { return seen(*three).state == circuit_state::open; }));
    EXPECT_EQ(three->call_blocking("t", "api", request()).error().kind, error_kind::circuit_open);
    EXPECT_TRUE(seen(*three).shared->open);
    status = 200;
    probes = 0;
    ASSERT_TRUE(comes([&] {
        call(*three, 1);
        return seen(*three).state == circuit_state::closed;
    }));
    EXPECT_EQ(probes.load(), 1) << "the only one that tried";
    EXPECT_TRUE(comes([&] {
        return seen(*one).state == circuit_state::closed &&
               seen(*two).state == circuit_state::closed;
    }));
}

TEST_F(shared_circuit_test, one_alone_opens_only_itself) {
    const auto sick = new_client(options());
    const auto sound = new_client(options());
    status = 500;
    call(*sick, 3);
    status = 200;
    ASSERT_TRUE(comes([&] { return seen(*sound).shared->broken == 1; })) << "it has heard of it";
    call(*sound, 20);
    EXPECT_EQ(seen(*sound).state, circuit_state::closed);
    EXPECT_FALSE(seen(*sound).shared->open);
}

TEST_F(shared_circuit_test, without_the_store_it_is_on_its_own_and_says_so) {
    const auto one = new_client(options());
    ASSERT_TRUE(comes([&] { return store->words > 0; }));
    EXPECT_EQ(seen(*one).shared->store, "redis");
    EXPECT_THAT(write_metrics(one->metrics(), exposition::prometheus),
                HasSubstr("symphony_circuit_store_up{tool=\"t\",endpoint=\"api\"} 1\n"));
    store->down = true;
    ASSERT_TRUE(comes([&] { return seen(*one).shared->store == "redis-down"; }));
    status = 500;
    call(*one, 3);
    EXPECT_EQ(seen(*one).state, circuit_state::open);
    status = 200;
    EXPECT_TRUE(comes([&] {
        call(*one, 1);
        return seen(*one).state == circuit_state::closed;
    }));
    store->down = false;
    EXPECT_TRUE(comes([&] { return seen(*one).shared->store == "redis"; }));
    EXPECT_TRUE(comes([&] { return told("circuit.store") == 2; }));
}

TEST_F(shared_circuit_test, a_reload_ends_it_and_begins_it) {
    const auto one = new_client(options());
    ASSERT_TRUE(comes([&] { return store->words > 0; }));
    endpoint_options alone = options();
    alone.circuit_sharing.reset();
    ASSERT_TRUE(one->replace_tools({tool_of(alone)}));
    EXPECT_FALSE(seen(*one).shared);
    EXPECT_THAT(write_metrics(one->metrics(), exposition::prometheus),
                Not(HasSubstr("symphony_circuit_store_up")));
    EXPECT_TRUE(is_quiet());
    ASSERT_TRUE(one->replace_tools({tool_of(options())}));
    const int before = store->words;
    EXPECT_TRUE(comes([&] { return store->words > before; }));
    ASSERT_TRUE(one->replace_tools({}));
    endpoint_options without = options();
    without.circuit_breaker.reset();
    EXPECT_THAT(one->replace_tools({tool_of(without)}).error().message,
                HasSubstr("there is no circuit breaker to share"));
}

TEST_F(shared_circuit_test, shutting_down_ends_the_talk) {
    const auto one = new_client(options());
    ASSERT_TRUE(comes([&] { return store->words > 0; }));
    EXPECT_TRUE(one->shut_down(1s));
    EXPECT_TRUE(is_quiet());
    EXPECT_EQ(one->call_blocking("t", "api", request()).error().kind, error_kind::cancelled);
}

TEST_F(shared_circuit_test, a_client_may_go_while_it_talks) {
    for (int i = 0; i < 20; ++i) {
        const auto one = new_client(options());
        call(*one, 1);
    }
}

}  // namespace
}  // namespace symphony
