#include "symphony/testing/fail_count.hpp"
#include "symphony/testing/fixed_random.hpp"
#include "symphony/testing/memory_body.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <gtest/gtest.h>

#include <string>

namespace symphony::testing {
namespace {

using net::io_operation;

// The next piece, or the kind of the error in angle brackets.
std::string read(memory_body& body) {
    boost::asio::io_context loop;
    auto piece = boost::asio::co_spawn(loop, body.read(), boost::asio::use_future);
    loop.run();
    const result<std::string_view> got = piece.get();
    return got ? std::string(*got) : "<" + std::string(to_string(got.error().kind)) + ">";
}

TEST(fixed_random, gives_one_value_for_ever) {
    fixed_random chance(7);
    EXPECT_EQ(chance.next(), 7U);
    EXPECT_EQ(chance.next(), 7U);
    EXPECT_EQ(chance.asked(), 2U);
}

TEST(fixed_random, gives_its_values_in_order_and_stays_at_the_last) {
    fixed_random chance{1, 2, 3};
    EXPECT_EQ(chance.next(), 1U);
    EXPECT_EQ(chance.next(), 2U);
    EXPECT_EQ(chance.next(), 3U);
    EXPECT_EQ(chance.next(), 3U);
}

TEST(memory_body, gives_its_pieces_and_goes_on_ending) {
    memory_body body({"one", "", "two"});
    EXPECT_FALSE(body.size());
    EXPECT_EQ(read(body), "one");
    EXPECT_EQ(read(body), "two");
    EXPECT_EQ(read(body), "");
    EXPECT_EQ(read(body), "");
    EXPECT_EQ(body.reads(), 4U);
}

TEST(memory_body, goes_on_failing) {
    memory_body body({"one"}, error{error_kind::connection_lost, "scripted"});
    EXPECT_EQ(read(body), "one");
    EXPECT_EQ(read(body), "<connection_lost>");
    EXPECT_EQ(read(body), "<connection_lost>");
}

TEST(memory_body, says_its_size_only_when_told_to) {
    memory_body body({"one", "two"});
    EXPECT_EQ(body.say_size().size(), 6U);
    EXPECT_EQ(body.say_size(99).size(), 99U);
}

TEST(fail_count, lets_one_operation_fail) {
    fail_count hook(2);
    EXPECT_FALSE(hook.fails(io_operation::connect));
    EXPECT_FALSE(hook.fails(io_operation::write));
    EXPECT_FALSE(hook.failed());
    EXPECT_TRUE(hook.fails(io_operation::read));
    EXPECT_FALSE(hook.fails(io_operation::read));
    EXPECT_EQ(hook.failed(), io_operation::read);
    EXPECT_EQ(hook.seen(), 4U);
}

}  // namespace
}  // namespace symphony::testing
