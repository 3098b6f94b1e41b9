#include "net/name_resolver.hpp"

#include "net/client_connection.hpp"
#include "symphony/testing/manual_clock.hpp"
#include "symphony/testing/manual_timers.hpp"

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>

namespace symphony::net::detail {
namespace {

using namespace std::chrono_literals;

class name_resolver_test : public ::testing::Test {
protected:
    struct question {
        int answers = 0;
        resolved_name last;
    };
    void ask(question& from, const std::string& host) {
        core->names.resolve(core, host, 80, [&from](const resolved_name& found) {
            ++from.answers;
            from.last = found;
        });
    }
    void run() {
        loop->restart();
        loop->run_for(20s);
    }

    std::optional<boost::asio::io_context> loop{std::in_place, 1};
    testing::manual_clock time;
    testing::manual_timers wakeups{time};
    std::shared_ptr<client_core> core =
        std::make_shared<client_core>(loop->get_executor(), time, wakeups, nullptr);
};

TEST_F(name_resolver_test, asks_once_for_all_who_wait_and_then_remembers) {
    question all[5];
    for (question& one : all)
        ask(one, "localhost");
    run();
    for (const question& one : all) {
        EXPECT_EQ(one.answers, 1);
        EXPECT_FALSE(one.last.addresses.empty()) << one.last.failure;
    }
    question later;
    ask(later, "localhost");
    EXPECT_EQ(later.answers, 1) << "at once, without the system";

    time.advance(name_cache::keeps_addresses);
    question again;
    ask(again, "localhost");
    EXPECT_EQ(again.answers, 0) << "the system is asked again";
    run();
    EXPECT_EQ(again.answers, 1);

    core->names.forget("localhost", 80);
    question forgotten;
    ask(forgotten, "localhost");
    EXPECT_EQ(forgotten.answers, 0);
    run();
    EXPECT_EQ(forgotten.answers, 1);
}

TEST_F(name_resolver_test, failures_are_remembered_for_a_while) {
    question first;
    ask(first, "nowhere.invalid");
    run();
    EXPECT_EQ(first.answers, 1);
    EXPECT_NE(first.last.failure, "");
    question second;
    ask(second, "nowhere.invalid");
    EXPECT_EQ(second.answers, 1);
    EXPECT_EQ(second.last.failure, first.last.failure);
}

TEST_F(name_resolver_test, who_waits_goes_with_the_loop) {
    const auto held = std::make_shared<int>();
    core->names.resolve(core, "localhost", 80, [held](const resolved_name&) {});
    EXPECT_EQ(held.use_count(), 2);
    loop.reset();
    EXPECT_EQ(held.use_count(), 1);
}

}  // namespace
}  // namespace symphony::net::detail
