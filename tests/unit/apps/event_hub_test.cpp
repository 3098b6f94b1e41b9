#include "gateway/event_hub.hpp"

#include "gateway/admin_plane.hpp"
#include "symphony/testing/manual_clock.hpp"
#include "symphony/testing/manual_timers.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

namespace symphony::gateway {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;

struct event_hub_test : ::testing::Test {
    asio::io_context loop{1};
    symphony::testing::manual_clock time;
    symphony::testing::manual_timers wakeups{time, [this] {
                                                 loop.restart();
                                                 loop.poll();
                                             }};
    event_hub hub;
    asio::cancellation_signal leave;

    std::unique_ptr<body_source> listen(severity least = severity::info) {
        return hub.listen(least, loop.get_executor(), wakeups, time);
    }
    static event happening(std::string_view name, severity level = severity::info) {
        event what;
        what.name = name;
        what.level = level;
        return what;
    }
    static asio::awaitable<void> read_into(body_source& from, std::optional<std::string>& to) {
        co_await asio::this_coro::throw_if_cancelled(false);
        const result<std::string_view> piece = co_await from.read();
        to = piece ? std::string(*piece) : "error: " + std::string(to_string(piece.error().kind));
    }
    /// Begins a read; nothing as long as it waits.
    std::shared_ptr<std::optional<std::string>> read(body_source& from) {
        auto got = std::make_shared<std::optional<std::string>>();
        asio::co_spawn(
            loop, read_into(from, *got),
            asio::bind_cancellation_slot(leave.slot(), [got](const std::exception_ptr&) {}));
        wakeups.run_due();
        return got;
    }
};

TEST_F(event_hub_test, greets_and_then_waits_for_events) {
    const auto stream = listen();
    EXPECT_EQ(*read(*stream), ": events follow\n\n");
    const auto got = read(*stream);
    EXPECT_FALSE(*got);
    hub.publish(happening("one"));
    wakeups.run_due();
    ASSERT_TRUE(*got);
    EXPECT_TRUE((*got)->starts_with("id: 1\nevent: one\ndata: {\"time\":\"")) << **got;
    EXPECT_TRUE((*got)->ends_with("}\n\n"));
    EXPECT_EQ(wakeups.pending(), 0u);
}

TEST_F(event_hub_test, gives_what_has_gathered_at_once) {
    const auto stream = listen(severity::warn);
    (void)read(*stream);
    hub.publish(happening("one", severity::warn));
    hub.publish(happening("quiet", severity::info));
    hub.publish(happening("two", severity::error));
    const std::string got = read(*stream)->value();
    EXPECT_NE(got.find("event: one\n"), std::string::npos);
    EXPECT_NE(got.find("event: two\n"), std::string::npos);
    EXPECT_EQ(got.find("quiet"), std::string::npos);
}

TEST_F(event_hub_test, says_that_it_is_still_there) {
    const auto stream = listen();
    (void)read(*stream);
    const auto got = read(*stream);
    wakeups.advance(event_hub::heartbeat - 1ms);
    EXPECT_FALSE(*got);
    wakeups.advance(1ms);
    EXPECT_EQ(*got, ": still here\n\n");
}

TEST_F(event_hub_test, tells_a_slow_listener_what_it_has_lost) {
    const auto stream = listen();
    (void)read(*stream);
    for (std::size_t i = 0; i < event_hub::longest_queue + 7; ++i)
        hub.publish(happening("one"));
    std::string all;
    for (auto piece = read(*stream); *piece; piece = read(*stream))
        all += **piece;
    EXPECT_TRUE(all.starts_with("event: lost\ndata: {\"count\":7}\n\nid: 8\n"))
        << all.substr(0, 99);
    EXPECT_NE(all.find("id: 1007\n"), std::string::npos);
    leave.emit(asio::cancellation_type::terminal);
    wakeups.run_due();
}

TEST_F(event_hub_test, a_listener_that_leaves_is_forgotten) {
    auto stream = listen();
    (void)read(*stream);
    const auto got = read(*stream);
    EXPECT_EQ(hub.listeners(), 1u);
    leave.emit(asio::cancellation_type::terminal);
    wakeups.run_due();
    EXPECT_EQ(*got, "error: cancelled");
    stream.reset();
    EXPECT_EQ(hub.listeners(), 0u);
    EXPECT_EQ(wakeups.pending(), 0u);
    hub.publish(happening("one"));
}

TEST_F(event_hub_test, has_room_for_so_many) {
    std::vector<std::unique_ptr<body_source>> all;
    for (std::size_t i = 0; i < event_hub::most_listeners; ++i)
        all.push_back(listen());
    EXPECT_EQ(listen(), nullptr);
    all.pop_back();
    EXPECT_NE(listen(), nullptr);
}

TEST(event_level, is_a_query) {
    EXPECT_EQ(parse_event_level(""), severity::info);
    EXPECT_EQ(parse_event_level("level=debug"), severity::debug);
    EXPECT_EQ(parse_event_level("level=loud"), std::nullopt);
    EXPECT_EQ(parse_event_level("levels"), std::nullopt);
}

}  // namespace
}  // namespace symphony::gateway
