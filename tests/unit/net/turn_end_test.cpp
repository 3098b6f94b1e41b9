#include "net/turn_end.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <string>
#include <utility>

namespace symphony::net::detail {
namespace {

class noted final : public turn_end::waiter {
public:
    explicit noted(std::function<void()> act) : act_(std::move(act)) {}
    void on_end_of_turn() noexcept override { act_(); }

private:
    std::function<void()> act_;
};

struct turn_end_test : testing::Test {
    noted writes(char letter) {
        return noted([this, letter] { seen += letter; });
    }

    boost::asio::io_context loop{1};
    turn_end turns{loop.get_executor()};
    std::string seen;
};

TEST_F(turn_end_test, comes_behind_what_is_ready_and_once) {
    noted one = writes('1');
    noted two = writes('2');
    boost::asio::post(loop, [&] {
        turns.wait(one);
        seen += 'a';
    });
    boost::asio::post(loop, [&] {
        turns.wait(two);
        seen += 'b';
    });
    loop.poll();
    EXPECT_EQ(seen, "ab12");
    loop.restart();
    loop.poll();
    EXPECT_EQ(seen, "ab12");
}

TEST_F(turn_end_test, serves_who_joins_meanwhile_one_turn_later) {
    noted later = writes('l');
    noted first([&] {
        seen += 'f';
        turns.wait(later);
        boost::asio::post(loop, [&] { seen += 'p'; });
    });
    turns.wait(first);
    loop.poll();
    EXPECT_EQ(seen, "flp");
}

TEST_F(turn_end_test, forgets_who_is_gone_before_and_amid_it) {
    std::optional<noted> gone(writes('x'));
    std::optional<noted> second(writes('2'));
    noted first([&] {
        seen += '1';
        turns.forget(*second);
        second.reset();
    });
    noted third = writes('3');
    turns.wait(*gone);
    turns.wait(first);
    turns.wait(*second);
    turns.wait(third);
    turns.forget(*gone);
    gone.reset();
    loop.poll();
    EXPECT_EQ(seen, "13");
}

TEST_F(turn_end_test, may_be_gone_when_the_turn_ends) {
    noted one = writes('1');
    {
        turn_end short_lived(loop.get_executor());
        short_lived.wait(one);
        short_lived.forget(one);
    }
    loop.poll();
    EXPECT_EQ(seen, "");
}

}  // namespace
}  // namespace symphony::net::detail
