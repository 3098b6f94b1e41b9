#include "symphony/tool/client.hpp"

#include "symphony/testing/local_server.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <gmock/gmock.h>

#include <atomic>
#include <future>
#include <latch>
#include <stdexcept>
#include <thread>

namespace symphony {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using symphony::testing::local_server;
using symphony::testing::make_response;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

endpoint_options at(const std::string& url) {
    endpoint_options options;
    options.url = url;
    return options;
}

tool_options tool_of(std::string name, endpoint_options endpoint) {
    tool_options made;
    made.name = std::move(name);
    made.external_apis = {{"api", std::move(endpoint)}};
    return made;
}

local_server echo() {
    return local_server([](net::server_request& asked) {
        return make_response(200, asked.method + " " + asked.target);
    });
}

TEST(client, calls_and_blocks) {
    local_server server = echo();
    client calls({.threads = 2});
    const tool orders = calls.tools().create(tool_of("orders", at(server.url() + "/v1")));
    const auto got = orders["api"].call_blocking(request("/orders/42?full=1"));
    ASSERT_TRUE(got) << got.error().message;
    EXPECT_EQ(got->status, 200);
    EXPECT_EQ(got->body, "GET /v1/orders/42?full=1");
    EXPECT_EQ(got->attempts, 1);
}

TEST(client, an_unknown_tool_or_api_is_not_found) {
    client calls({.threads = 1});
    const auto no_tool = calls.call_blocking("none", "api", request());
    ASSERT_FALSE(no_tool);
    EXPECT_EQ(no_tool.error().kind, error_kind::not_found);
    calls.tools().create(tool_of("t", at("http://127.0.0.1:1")));
    EXPECT_EQ(calls.call_blocking("t", "none", request()).error().kind, error_kind::not_found);
}

TEST(client, names_every_fault_at_once) {
    client calls({.threads = 1});
    tool_options wrong;
    wrong.name = "t";
    wrong.external_apis = {{"a", at("ftp://x")},    {"b", at("http://x")}, {"b", at("http://x")},
                           {"c d", at("http://x")}, {"e", at("http://x")}, {"f", at("http://x")}};
    wrong.external_apis[4].options.rate_limit =
        rate_limit_options{.max_requests_per_second = 1, .key_prefix = "shared"};
    wrong.external_apis[5].options.rate_limit =
        rate_limit_options{.max_requests_per_second = 2, .key_prefix = "shared"};
    try {
        calls.tools().create(wrong);
        FAIL() << "nothing was refused";
    } catch (const std::invalid_argument& fault) {
        const std::string text = fault.what();
        EXPECT_THAT(text, HasSubstr("t.a: "));
        EXPECT_THAT(text, HasSubstr("'b' is used twice"));
        EXPECT_THAT(text, HasSubstr("'c d'"));
        EXPECT_THAT(text, HasSubstr("t.f: another limit than t.e's"));
    }
    EXPECT_TRUE(calls.tools().names().empty()) << "and nothing was added";
    calls.tools().create(tool_of("t", at("http://x")));
    EXPECT_THROW(calls.tools().create(tool_of("t", at("http://x"))), std::invalid_argument);
    EXPECT_THAT(calls.tools().names(), ElementsAre("t"));
}

TEST(client, equal_key_prefixes_are_one_budget) {
    local_server server = echo();
    client calls({.threads = 1});
    endpoint_options limited = at(server.url());
    limited.rate_limit = rate_limit_options{
        .max_requests_per_minute = 2, .key_prefix = "shared", .max_queue_size = 0};
    calls.tools().create(tool_of("a", limited));
    calls.tools().create(tool_of("b", limited));
    EXPECT_TRUE(calls.call_blocking("a", "api", request()));
    EXPECT_TRUE(calls.call_blocking("b", "api", request()));
    EXPECT_EQ(calls.call_blocking("a", "api", request()).error().kind, error_kind::rate_limited);
    EXPECT_EQ(calls.rate_limit_view("b", "api")->levels.front().remaining, 0u);
}

TEST(client, state_survives_a_replacement_while_its_key_stands) {
    local_server server = echo();
    client calls({.threads = 1});
    endpoint_options limited = at(server.url());
    limited.rate_limit = rate_limit_options{.max_requests_per_minute = 2, .max_queue_size = 0};
    limited.circuit_breaker = circuit_breaker_options{};
    ASSERT_TRUE(calls.replace_tools({tool_of("t", limited)}));
    EXPECT_TRUE(calls.call_blocking("t", "api", request()));
    ASSERT_TRUE(calls.control_breaker("t", "api", circuit_control::open));
    limited.rate_limit->max_requests_per_minute = 3;
    ASSERT_TRUE(calls.replace_tools({tool_of("t", limited)}));
    EXPECT_EQ(calls.call_blocking("t", "api", request()).error().kind, error_kind::circuit_open);
    EXPECT_EQ(calls.rate_limit_view("t", "api")->levels.front().remaining, 2u)
        << "the new limit, less what was used under the old one";
    ASSERT_TRUE(calls.control_breaker("t", "api", circuit_control::automatic));
    EXPECT_TRUE(calls.call_blocking("t", "api", request()));
    EXPECT_EQ(calls.metrics().entries().front().second->total().calls_ok, 2u);
}

TEST(client, a_faulty_replacement_changes_nothing) {
    local_server server = echo();
    client calls({.threads = 1});
    ASSERT_TRUE(calls.replace_tools({tool_of("t", at(server.url()))}));
    const auto refused = calls.replace_tools({tool_of("u", at("ftp://x"))});
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr("u.api"));
    EXPECT_TRUE(calls.call_blocking("t", "api", request()));
}

TEST(client, breakers_can_be_controlled_where_there_is_one) {
    client calls({.threads = 1});
    calls.tools().create(tool_of("t", at("http://127.0.0.1:1")));
    EXPECT_EQ(calls.control_breaker("t", "api", circuit_control::open).error().kind,
              error_kind::invalid_request);
    EXPECT_EQ(calls.control_breaker("x", "api", circuit_control::open).error().kind,
              error_kind::not_found);
}

TEST(client, status_shows_limits_and_breakers_and_no_secret) {
    client calls({.threads = 1});
    endpoint_options all = at("http://user:pa55@127.0.0.1:1/v2?key=qu3ry");
    all.rate_limit = rate_limit_options{.max_requests_per_second = 5};
    all.circuit_breaker = circuit_breaker_options{};
    calls.tools().create(tool_of("t", all));
    const auto status = calls.status();
    ASSERT_EQ(status.size(), 1u);
    const endpoint_status& shown = status[0].endpoints.at(0);
    EXPECT_EQ(shown.url, "http://127.0.0.1:1/v2");
    EXPECT_EQ(shown.breaker->state, circuit_state::closed);
    EXPECT_EQ(shown.rate_limit->key_prefix, "t.api");
    EXPECT_EQ(shown.rate_limit->view.levels.at(0).remaining, 5u);
}

TEST(client, runs_on_the_users_own_executor) {
    local_server server = echo();
    asio::io_context loop;
    client calls({.executor = loop.get_executor()});
    const tool orders = calls.tools().create(tool_of("t", at(server.url())));
    std::thread::id seen;
    result<response> got = fail(error_kind::internal, "never ran");
    asio::co_spawn(
        loop,
        [](api orders, result<response>& to, std::thread::id& on) -> asio::awaitable<void> {
            const request what("/x");
            to = co_await orders.call(what);
            on = std::this_thread::get_id();
        }(orders["api"], got, seen),
        asio::detached);
    while (!got)
        ASSERT_GT(loop.run_one(), 0u);
    EXPECT_EQ(got->body, "GET /x");
    EXPECT_EQ(seen, std::this_thread::get_id());
}

asio::awaitable<result<response>> read_all(api from, request what, std::string& to) {
    result<response> got = co_await from.call(std::move(what));
    while (got && got->stream) {
        const auto piece = co_await got->stream->read();
        if (!piece) co_return std::unexpected(piece.error());
        if (piece->empty()) break;
        to += *piece;
    }
    if (got && !got->stream) to = got->body;
    co_return got;
}

TEST(client, serves_coroutines_of_any_executor_streams_included) {
    const std::string large(300'000, 'x');
    local_server server([&](net::server_request&) { return make_response(200, large); });
    client calls({.threads = 2});
    const tool orders = calls.tools().create(tool_of("t", at(server.url())));
    asio::io_context elsewhere;
    request what("/x");
    what.stream_response = true;
    std::string text;
    auto done = asio::co_spawn(elsewhere, read_all(orders["api"], what, text), asio::use_future);
    elsewhere.run();
    ASSERT_TRUE(done.get());
    EXPECT_EQ(text, large);
}

TEST(client, a_call_from_elsewhere_can_be_cancelled) {
    std::latch asked(1);
    auto server =
        local_server::with_coroutine([&](net::server_request&) -> asio::awaitable<response> {
            asked.count_down();
            asio::steady_timer never(co_await asio::this_coro::executor,
                                     asio::steady_timer::time_point::max());
            boost::system::error_code ignored;
            co_await never.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
            co_return make_response(200);
        });
    client calls({.threads = 1});
    const tool orders = calls.tools().create(tool_of("t", at(server.url())));
    asio::io_context elsewhere;
    asio::cancellation_signal cancel;
    std::optional<result<response>> got;
    std::string text;
    asio::co_spawn(elsewhere, read_all(orders["api"], request("/"), text),
                   asio::bind_cancellation_slot(
                       cancel.slot(), [&](const std::exception_ptr&, result<response> outcome) {
                           got = std::move(outcome);
                       }));
    elsewhere.poll();
    asked.wait();
    cancel.emit(asio::cancellation_type::terminal);
    elsewhere.restart();
    elsewhere.run();
    ASSERT_TRUE(got);
    EXPECT_EQ(got->error().kind, error_kind::cancelled);
    EXPECT_EQ(calls.metrics().entries().front().second->total().in_flight, 0u);
}

TEST(client, many_threads_call_at_once) {
    local_server server = echo();
    client calls({.threads = 2});
    endpoint_options all = at(server.url());
    all.rate_limit = rate_limit_options{.max_requests_per_second = 1'000'000};
    all.circuit_breaker = circuit_breaker_options{};
    const tool orders = calls.tools().create(tool_of("t", all));
    std::atomic<int> good{0};
    std::vector<std::thread> callers;
    for (int i = 0; i < 4; ++i) {
        callers.emplace_back([&] {
            for (int n = 0; n < 100; ++n)
                good += orders["api"].call_blocking(request("/x")).has_value() ? 1 : 0;
        });
    }
    for (std::thread& caller : callers)
        caller.join();
    EXPECT_EQ(good, 400);
}

TEST(client, shutting_down_waits_for_what_is_in_flight) {
    std::promise<void> release;
    auto released = release.get_future().share();
    std::latch asked(1);
    local_server server([&](net::server_request&) {
        asked.count_down();
        released.wait();
        return make_response(200);
    });
    client calls({.threads = 1});
    const tool orders = calls.tools().create(tool_of("t", at(server.url())));
    auto call =
        std::async(std::launch::async, [&] { return orders["api"].call_blocking(request("/")); });
    asked.wait();
    auto closing = std::async(std::launch::async, [&] { return calls.shut_down(1min); });
    // A new call tells when the door is shut.
    while (calls.call_blocking("t", "none", request()).error().kind == error_kind::not_found) {
    }
    release.set_value();
    EXPECT_TRUE(closing.get());
    EXPECT_TRUE(call.get());
}

TEST(client, shutting_down_cancels_what_takes_too_long) {
    std::promise<void> release;
    auto released = release.get_future().share();
    std::latch asked(1);
    local_server server([&](net::server_request&) {
        asked.count_down();
        released.wait();
        return make_response(200);
    });
    client calls({.threads = 1});
    const tool orders = calls.tools().create(tool_of("t", at(server.url())));
    auto call =
        std::async(std::launch::async, [&] { return orders["api"].call_blocking(request("/")); });
    asked.wait();
    EXPECT_FALSE(calls.shut_down(duration::zero()));
    const auto got = call.get();
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().kind, error_kind::cancelled);
    release.set_value();
}

TEST(tool, a_handler_uses_the_tools_apis) {
    local_server server = echo();
    client calls({.threads = 2});
    tool_options made = tool_of("t", at(server.url()));
    made.handler = [](tool_context& context, json params) -> asio::awaitable<result<json>> {
        const request first("/" + std::to_string(params["id"].as_int()));
        const auto one = co_await context["api"].call(first);
        const request second("/second");
        const auto two = co_await context["api"].call(second);
        co_return json::of({{"one", one->body}, {"two", two->body}});
    };
    const tool handled = calls.tools().create(std::move(made));
    const run_result got = handled.run(json::of({{"id", 7}}));
    ASSERT_TRUE(got.success);
    EXPECT_EQ(*got.result["one"].as_string(), "GET /7");
    EXPECT_EQ(got.metrics.calls, 2);
    EXPECT_EQ(got.metrics.attempts, 2);
    EXPECT_GT(got.metrics.took, duration::zero());
}

TEST(tool, what_a_handler_throws_is_its_runs_error) {
    client calls({.threads = 1});
    tool_options made = tool_of("t", at("http://127.0.0.1:1"));
    made.handler = [](tool_context&, json) -> asio::awaitable<result<json>> {
        throw std::runtime_error("oops");
        co_return json();
    };
    const run_result got = calls.tools().create(std::move(made)).run();
    EXPECT_FALSE(got.success);
    ASSERT_TRUE(got.failure);
    EXPECT_EQ(got.failure->kind, error_kind::internal);
    EXPECT_EQ(got.failure->remote, "oops");
}

TEST(tool, without_a_handler_the_params_describe_the_call) {
    local_server server([](net::server_request& asked) {
        return make_response(asked.target == "/missing" ? 404 : 200,
                             R"({"asked":")" + asked.target + R"("})");
    });
    client calls({.threads = 1});
    const tool plain = calls.tools().create(tool_of("t", at(server.url())));
    const run_result got =
        plain.run(json::of({{"path", "/a"}, {"query", json::of({{"q", "x y"}})}}));
    ASSERT_TRUE(got.success);
    EXPECT_EQ(got.result["status"].as_int(), 200);
    EXPECT_EQ(*got.result["body"]["asked"].as_string(), "/a?q=x%20y");
    const run_result missing = plain.run(json::of({{"path", "/missing"}}));
    EXPECT_FALSE(missing.success);
    EXPECT_EQ(missing.result["status"].as_int(), 404);
    const run_result wrong = plain.run(json::of({{"pat", "/a"}}));
    EXPECT_EQ(wrong.failure->kind, error_kind::invalid_request);
}

}  // namespace
}  // namespace symphony
