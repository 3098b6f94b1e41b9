#include "symphony/policy/bulkhead.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <memory>
#include <random>
#include <vector>

// Random steps against a model that keeps plain lists.

namespace symphony {
namespace {

struct counted : bulkhead_waiter {
    counted(int number, std::uint8_t rank, std::vector<int>& to)
        : bulkhead_waiter([](bulkhead_waiter& self) noexcept {
              auto& own = static_cast<counted&>(self);
              own.log.push_back(own.id);
          }),
          id(number),
          log(to) {
        priority = rank;
    }
    const int id;
    std::vector<int>& log;
};

class model {
public:
    model(std::uint32_t limit, std::size_t most) : limit_(limit), most_(most) {}

    enum class answer { admitted, queued, full };
    answer acquire(int id, std::uint8_t rank) {
        if (waiting_.empty() && in_flight_.size() < limit_) {
            in_flight_.push_back(id);
            return answer::admitted;
        }
        if (waiting_.size() >= most_) return answer::full;
        const auto place =
            std::ranges::find_if(waiting_, [&](const auto& other) { return other.rank > rank; });
        waiting_.insert(place, {id, rank});
        return answer::queued;
    }
    std::vector<int> release(int id) {
        std::erase(in_flight_, id);
        return grant();
    }
    bool cancel(int id) {
        return std::erase_if(waiting_, [&](const auto& one) { return one.id == id; }) > 0;
    }
    std::vector<int> resize(std::uint32_t limit, std::size_t most) {
        limit_ = limit;
        most_ = most;
        return grant();
    }
    [[nodiscard]] const std::vector<int>& in_flight() const { return in_flight_; }
    [[nodiscard]] std::size_t queued() const { return waiting_.size(); }

private:
    struct entry {
        int id;
        std::uint8_t rank;
    };
    std::vector<int> grant() {
        std::vector<int> granted;
        while (!waiting_.empty() && in_flight_.size() < limit_) {
            granted.push_back(waiting_.front().id);
            in_flight_.push_back(waiting_.front().id);
            waiting_.pop_front();
        }
        return granted;
    }
    std::uint32_t limit_;
    std::size_t most_;
    std::vector<int> in_flight_;
    std::deque<entry> waiting_;
};

class play {
public:
    explicit play(unsigned seed) : random_(seed), slots_(limit_, most_), model_(limit_, most_) {}

    // A waiter is taken out of the queue before it goes.
    ~play() {
        for (const auto& one : calls_)
            slots_.cancel(*one);
    }
    play(const play&) = delete;
    play& operator=(const play&) = delete;

    void step() {
        log_.clear();
        switch (random_() % 8) {
            case 0:
            case 1:
            case 2:
            case 3:
                acquire();
                break;
            case 4:
            case 5:
                release();
                break;
            case 6:
                cancel();
                break;
            default:
                if (random_() % 5 == 0) resize();
                break;
        }
        EXPECT_EQ(slots_.in_flight(), model_.in_flight().size());
        EXPECT_EQ(slots_.queued(), model_.queued());
    }

private:
    void acquire() {
        const int id = static_cast<int>(calls_.size());
        const auto rank = static_cast<std::uint8_t>(random_() % 10);
        calls_.push_back(std::make_unique<counted>(id, rank, log_));
        const auto said = slots_.acquire(*calls_.back());
        const auto expected = model_.acquire(id, rank);
        EXPECT_EQ(static_cast<int>(said), static_cast<int>(expected));
        EXPECT_TRUE(log_.empty());
    }
    void release() {
        if (model_.in_flight().empty()) return;
        const int id = model_.in_flight()[random_() % model_.in_flight().size()];
        EXPECT_TRUE(calls_[static_cast<std::size_t>(id)]->permit.held());
        const auto expected = model_.release(id);
        calls_[static_cast<std::size_t>(id)]->permit.release();
        EXPECT_EQ(log_, expected);
    }
    void cancel() {
        if (calls_.empty()) return;
        const auto id = random_() % calls_.size();
        EXPECT_EQ(slots_.cancel(*calls_[id]), model_.cancel(static_cast<int>(id)));
    }
    void resize() {
        const auto limit = static_cast<std::uint32_t>(1 + random_() % 6);
        const std::size_t most = random_() % 8;
        const auto expected = model_.resize(limit, most);
        slots_.resize(limit, most);
        EXPECT_EQ(log_, expected);
    }

    std::mt19937 random_;
    std::uint32_t limit_ = static_cast<std::uint32_t>(1 + random_() % 4);
    std::size_t most_ = random_() % 6;
    std::vector<int> log_;
    bulkhead slots_;
    model model_;
    std::vector<std::unique_ptr<counted>> calls_;  // gone before the bulkhead
};

TEST(bulkhead_property, does_what_plain_lists_would) {
    for (unsigned seed = 0; seed < 200; ++seed) {
        SCOPED_TRACE(seed);
        play game(seed);
        for (int i = 0; i < 300 && !::testing::Test::HasFailure(); ++i)
            game.step();
    }
}

}  // namespace
}  // namespace symphony
