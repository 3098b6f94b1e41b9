#include "call/recycled.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

namespace symphony {
namespace {

// Each test has a type of its own, and so memory that no other test has left behind.
template <int test>
struct piece {
    explicit piece(int number_given) : number(number_given) {
        if (number < 0) throw std::invalid_argument("negative");
    }
    int number;
    std::array<std::byte, 500> more{};
};

constexpr bool keeps = detail::most_spares > 0;

TEST(recycled, come_in_the_memory_of_those_before) {
    auto one = make_recycled<piece<1>>(1);
    const void* const where = one.get();
    one.reset();
    const auto next = make_recycled<piece<1>>(2);
    EXPECT_EQ(next->number, 2);
    if (keeps) EXPECT_EQ(next.get(), where);
}

TEST(recycled, keep_no_more_than_a_bound) {
    std::vector<recycled<piece<2>>> many;
    for (int i = 0; i < 1000; ++i)
        many.push_back(make_recycled<piece<2>>(i));
    for (int i = 0; i < 1000; ++i)
        EXPECT_EQ(many[static_cast<std::size_t>(i)]->number, i);
    many.clear();
    EXPECT_EQ(detail::spares<piece<2>>.count, detail::most_spares);
}

TEST(recycled, give_the_memory_back_when_the_constructor_throws) {
    EXPECT_THROW(static_cast<void>(make_recycled<piece<3>>(-1)), std::invalid_argument);
    EXPECT_EQ(detail::spares<piece<3>>.count, keeps ? 1U : 0U);
}

TEST(recycled, may_go_on_another_thread_and_after_it_has_ended) {
    recycled<piece<4>> here = make_recycled<piece<4>>(4);
    recycled<piece<4>> from_there;
    std::thread other([&] {
        from_there = make_recycled<piece<4>>(5);
        here.reset();
        make_recycled<piece<4>>(6).reset();
    });
    other.join();
    EXPECT_EQ(from_there->number, 5);
    from_there.reset();
    EXPECT_EQ(detail::spares<piece<4>>.count, keeps ? 1U : 0U);
}

// Kept by an object of the thread that is destroyed after its spares have been given back.
TEST(recycled, may_outlive_the_spares_of_their_thread) {
    std::thread other([] {
        static thread_local recycled<piece<5>> last;  // destroyed last, since constructed first
        last = make_recycled<piece<5>>(1);
        make_recycled<piece<5>>(2).reset();
    });
    other.join();
}

}  // namespace
}  // namespace symphony
