#include "net/connect_race.hpp"

#include "net/client_connection.hpp"
#include "symphony/testing/manual_clock.hpp"
#include "symphony/testing/manual_timers.hpp"

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <list>
#include <memory>
#include <string>
#include <vector>

namespace symphony::net::detail {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;
using asio::ip::tcp;

tcp::endpoint at(const char* address, std::uint16_t port = 80) {
    return {asio::ip::make_address(address), port};
}

TEST(connect_order, takes_the_families_by_turns) {
    const auto a = at("10.0.0.1");
    const auto b = at("10.0.0.2");
    const auto c = at("10.0.0.3");
    const auto x = at("2001:db8::1");
    const auto y = at("2001:db8::2");
    using order = std::vector<tcp::endpoint>;
    EXPECT_EQ(by_turns({}), order{});
    EXPECT_EQ(by_turns({a, b}), (order{a, b}));
    EXPECT_EQ(by_turns({x, y, a, b, c}), (order{x, a, y, b, c}));
    EXPECT_EQ(by_turns({a, b, c, x}), (order{a, x, b, c}));
    EXPECT_EQ(by_turns({a, b, c, x}, 2), (order{a, x}));
}

// Addresses of the loopback network that accept, refuse, or never answer.
class connect_race_test : public ::testing::Test {
protected:
    void SetUp() override {
        acceptor.open(tcp::v4());
        acceptor.bind(at("127.0.0.1", 0));
        acceptor.listen();
        port = acceptor.local_endpoint().port();
    }
    [[nodiscard]] tcp::endpoint accepting() const { return at("127.0.0.1", port); }
    [[nodiscard]] tcp::endpoint refusing() const { return at("127.0.0.9", port); }
    // A listener whose backlog is full: the kernel lets further requests go unheard.
    tcp::endpoint silent(const char* address = "127.0.0.2") {
        auto& full = silent_.emplace_back(loop);
        full.open(tcp::v4());
        full.bind(at(address, port));
        full.listen(0);
        for (int i = 0; i < 4; ++i) {
            auto& filler = fillers.emplace_back(loop);
            filler.open(tcp::v4());
            filler.async_connect(full.local_endpoint(), [](const boost::system::error_code&) {});
        }
        loop.run_for(50ms);
        loop.restart();
        return full.local_endpoint();
    }

    std::shared_ptr<connect_race> start(std::vector<tcp::endpoint> addresses) {
        auto race = std::make_shared<connect_race>(core, std::move(addresses));
        ended = false;
        race->start([this] { ended = true; });
        return race;
    }
    bool run_until_ended(std::chrono::milliseconds patience = 10s) {
        const auto end = std::chrono::steady_clock::now() + patience;
        while (!ended && std::chrono::steady_clock::now() < end) {
            loop.restart();
            loop.run_one_for(20ms);
        }
        return ended;
    }

    asio::io_context loop{1};
    testing::manual_clock time;
    testing::manual_timers wakeups{time};
    std::shared_ptr<client_core> core =
        std::make_shared<client_core>(loop.get_executor(), time, wakeups, nullptr);
    tcp::acceptor acceptor{loop};
    std::list<tcp::acceptor> silent_;
    std::list<tcp::socket> fillers;
    std::uint16_t port = 0;
    bool ended = false;
};

TEST_F(connect_race_test, one_address_is_one_attempt) {
    const auto race = start({accepting()});
    EXPECT_EQ(wakeups.pending(), 0U);
    ASSERT_TRUE(run_until_ended());
    EXPECT_EQ(race->take().remote_endpoint(), accepting());
}

TEST_F(connect_race_test, a_refusal_lets_the_next_one_try_at_once) {
    const auto race = start({refusing(), accepting()});
    ASSERT_TRUE(run_until_ended()) << "no time has passed";
    EXPECT_EQ(race->take().remote_endpoint(), accepting());
}

TEST_F(connect_race_test, silence_lets_the_next_one_try_after_a_while) {
    const auto race = start({silent(), accepting()});
    EXPECT_FALSE(run_until_ended(50ms));
    wakeups.advance(connect_race::attempt_delay - 1ms);
    EXPECT_FALSE(run_until_ended(50ms));
    wakeups.advance(1ms);
    ASSERT_TRUE(run_until_ended());
    EXPECT_EQ(race->take().remote_endpoint(), accepting());
}

TEST_F(connect_race_test, each_silent_one_has_its_while) {
    const auto race = start({silent(), silent("127.0.0.3"), accepting()});
    wakeups.advance(connect_race::attempt_delay);
    EXPECT_FALSE(run_until_ended(50ms));
    wakeups.advance(connect_race::attempt_delay);
    ASSERT_TRUE(run_until_ended());
    EXPECT_EQ(race->take().remote_endpoint(), accepting());
}

TEST_F(connect_race_test, without_a_winner_it_says_why) {
    const auto race = start({refusing(), at("127.0.0.8", port)});
    ASSERT_TRUE(run_until_ended());
    EXPECT_FALSE(race->take().is_open());
    EXPECT_EQ(race->refusals(), "Connection refused; Connection refused");
    const auto none = start({});
    EXPECT_TRUE(ended);
    EXPECT_FALSE(none->take().is_open());
}

TEST_F(connect_race_test, a_stop_leaves_nothing_behind) {
    std::weak_ptr<connect_race> gone;
    {
        const auto race = start({silent(), accepting()});
        gone = race;
        race->stop();
    }
    wakeups.advance(1s);
    for (int turn = 0; turn < 5; ++turn) {
        loop.restart();
        loop.run_one_for(10ms);
    }
    EXPECT_FALSE(ended);
    EXPECT_TRUE(gone.expired());
    EXPECT_EQ(wakeups.pending(), 0U);
}

}  // namespace
}  // namespace symphony::net::detail
