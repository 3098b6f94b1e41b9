#include "symphony/testing/local_server.hpp"
#include "symphony/tool/client.hpp"
#include "unit/call/fake_store.hpp"

#include <gmock/gmock.h>

#include <mutex>
#include <set>

namespace symphony {
namespace {

using namespace std::chrono_literals;
using call_testing::fake_store;
using symphony::testing::local_server;
using symphony::testing::make_response;
using ::testing::HasSubstr;
using ::testing::Not;

/// A factory whose stores all keep one budget, and what it was asked for.
class stores {
public:
    rate_store_factory factory() {
        return [this](const redis_options& target, const boost::asio::any_io_executor& on) {
            const std::lock_guard lock(mutex_);
            targets.push_back(target.server.host);
            return made.emplace_back(std::make_shared<fake_store>(on, time_, 1000, 60s));
        };
    }
    std::vector<std::string> targets;
    std::vector<std::shared_ptr<fake_store>> made;

private:
    std::mutex mutex_;
    system_clock time_;
};

endpoint_options shared_endpoint(const std::string& url, const std::string& host = "h") {
    endpoint_options options;
    options.url = url;
    options.rate_limit.emplace().max_requests_per_minute = 1000;
    options.rate_sharing.emplace().redis.server.host = host;
    return options;
}

tool_options tool_of(std::string name, endpoint_options endpoint) {
    tool_options made;
    made.name = std::move(name);
    made.external_apis = {{"api", std::move(endpoint)}};
    return made;
}

local_server ok() {
    return local_server([](net::server_request&) { return make_response(200); });
}

TEST(shared_limit, calls_count_in_the_store_and_the_status_says_so) {
    local_server server = ok();
    stores kept;
    client calls({.threads = 2, .stores = kept.factory()});
    calls.tools().create(tool_of("t", shared_endpoint(server.url())));
    EXPECT_TRUE(calls.call_blocking("t", "api", request()));
    EXPECT_TRUE(calls.call_blocking("t", "api", request()));
    ASSERT_EQ(kept.made.size(), 1u);
    EXPECT_EQ(kept.made[0]->real_claims(), 2u);
    EXPECT_EQ(kept.made[0]->key, "t.api");
    const auto shown = calls.status().front().endpoints.front().rate_limit;
    ASSERT_TRUE(shown);
    EXPECT_EQ(shown->store, "redis");
    EXPECT_EQ(shown->view.levels.front().max, 1000u);
    const std::string text = write_metrics(calls.metrics(), exposition::prometheus);
    EXPECT_THAT(text, HasSubstr("symphony_rate_limit_store_up{tool=\"t\",endpoint=\"api\"} 1\n"));
}

TEST(shared_limit, a_local_limit_has_no_store) {
    stores kept;
    client calls({.threads = 1, .stores = kept.factory()});
    endpoint_options options = shared_endpoint("http://127.0.0.1:1");
    options.rate_sharing.reset();
    calls.tools().create(tool_of("t", options));
    EXPECT_TRUE(kept.made.empty());
    EXPECT_EQ(calls.status().front().endpoints.front().rate_limit->store, "local");
    EXPECT_THAT(write_metrics(calls.metrics(), exposition::prometheus),
                Not(HasSubstr("symphony_rate_limit_store_up")));
}

TEST(shared_limit, gates_are_spread_and_equal_targets_share_a_client_per_shard) {
    stores kept;
    client calls({.threads = 2, .stores = kept.factory()});
    std::vector<tool_options> tools;
    for (int i = 0; i < 40; ++i)
        tools.push_back(tool_of("t" + std::to_string(i), shared_endpoint("http://127.0.0.1:1")));
    ASSERT_TRUE(calls.replace_tools(std::move(tools)));
    EXPECT_EQ(kept.made.size(), 2u);
}

TEST(shared_limit, a_reload_keeps_the_store_until_its_target_changes) {
    local_server server = ok();
    stores kept;
    client calls({.threads = 1, .stores = kept.factory()});
    endpoint_options options = shared_endpoint(server.url());
    ASSERT_TRUE(calls.replace_tools({tool_of("t", options)}));
    EXPECT_TRUE(calls.call_blocking("t", "api", request()));
    options.rate_limit->max_requests_per_minute = 2000;
    options.rate_sharing->on_store_failure = store_failure::closed;
    ASSERT_TRUE(calls.replace_tools({tool_of("t", options)}));
    EXPECT_EQ(kept.made.size(), 1u);
    EXPECT_EQ(calls.rate_limit_view("t", "api")->levels.front().max, 2000u);
    kept.made[0]->down = true;
    EXPECT_EQ(calls.call_blocking("t", "api", request()).error().kind,
              error_kind::store_unavailable);
    ASSERT_TRUE(calls.replace_tools({tool_of("t", shared_endpoint(server.url(), "other"))}));
    EXPECT_THAT(kept.targets, ::testing::ElementsAre("h", "other"));
    EXPECT_TRUE(calls.call_blocking("t", "api", request()));
    EXPECT_EQ(calls.status().front().endpoints.front().rate_limit->store, "redis");
    options.rate_sharing.reset();
    ASSERT_TRUE(calls.replace_tools({tool_of("t", options)}));
    EXPECT_EQ(calls.status().front().endpoints.front().rate_limit->store, "local");
}

TEST(shared_limit, two_ways_of_sharing_under_one_prefix_are_a_fault) {
    client calls({.threads = 1});
    endpoint_options one = shared_endpoint("http://x");
    one.rate_limit->key_prefix = "p";
    endpoint_options other = one;
    other.rate_sharing->redis.server.host = "elsewhere";
    const auto got = calls.replace_tools({tool_of("a", one), tool_of("b", other)});
    ASSERT_FALSE(got);
    EXPECT_THAT(got.error().message, HasSubstr("b.api: shared otherwise than a.api's"));
    other.rate_limit.reset();
    EXPECT_THAT(calls.replace_tools({tool_of("b", other)}).error().message,
                HasSubstr("there is no rate limit to share"));
    one.rate_sharing->lease_time = 0ms;
    EXPECT_THAT(calls.replace_tools({tool_of("a", one)}).error().message, HasSubstr("lease time"));
}

TEST(shared_limit, shutting_down_ends_the_waits) {
    local_server server = ok();
    stores kept;
    client calls({.threads = 1, .stores = kept.factory()});
    calls.tools().create(tool_of("t", shared_endpoint(server.url())));
    request all;
    all.cost = 1000;
    ASSERT_TRUE(calls.call_blocking("t", "api", all));
    EXPECT_TRUE(calls.shut_down(1s));
    EXPECT_EQ(calls.call_blocking("t", "api", request()).error().kind, error_kind::cancelled);
}

}  // namespace
}  // namespace symphony
