#include "telemetry/alert_outbox.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace symphony::detail {
namespace {

using namespace std::chrono_literals;

constexpr instant start{1000s};

alert_parcel parcel(const std::string& endpoint, const std::string& content,
                    alert_channel channel = alert_channel::webhook) {
    alert_parcel made;
    made.channel = channel;
    made.tool = "t";
    made.endpoint = endpoint;
    made.content = content;
    return made;
}

std::vector<std::string> contents(const std::vector<alert_parcel>& parcels) {
    std::vector<std::string> all;
    for (const alert_parcel& one : parcels)
        all.push_back(one.content);
    return all;
}

TEST(alert_outbox, gives_one_of_each_circuit_and_channel_at_a_time) {
    alert_outbox box;
    box.add(parcel("a", "1"));
    box.add(parcel("a", "2"));
    box.add(parcel("a", "3", alert_channel::slack));
    box.add(parcel("b", "4"));
    std::vector<alert_parcel> due = box.take_due(start, false);
    EXPECT_EQ(contents(due), (std::vector<std::string>{"1", "3", "4"}));
    EXPECT_EQ(box.size(), 4u);
    EXPECT_EQ(box.next(), instant::max()) << "nothing before one of them ends";
    EXPECT_TRUE(box.done(due[0], false, start, 1s));
    due = box.take_due(start, false);
    EXPECT_EQ(contents(due), std::vector<std::string>{"2"});
}

TEST(alert_outbox, tries_again_three_times_later_and_later) {
    alert_outbox box;
    box.add(parcel("a", "1"));
    instant now = start;
    for (const duration wait : {1s, 2s, 4s}) {
        std::vector<alert_parcel> due = box.take_due(now, false);
        ASSERT_EQ(due.size(), 1u);
        EXPECT_FALSE(box.done(due[0], true, now, 1s));
        EXPECT_EQ(box.next(), now + wait);
        EXPECT_TRUE(box.take_due(now + wait - 1ns, false).empty());
        now += wait;
    }
    std::vector<alert_parcel> last = box.take_due(now, false);
    ASSERT_EQ(last.size(), 1u);
    EXPECT_EQ(last[0].tries, 4);
    EXPECT_TRUE(box.done(last[0], true, now, 1s)) << "given up";
    EXPECT_EQ(box.size(), 0u);
}

TEST(alert_outbox, what_is_tried_again_is_not_overtaken) {
    alert_outbox box;
    box.add(parcel("a", "opened"));
    std::vector<alert_parcel> due = box.take_due(start, false);
    box.add(parcel("a", "recovered"));
    EXPECT_FALSE(box.done(due[0], true, start, 1s));
    EXPECT_TRUE(box.take_due(start, false).empty()) << "the first one waits, and so do all";
    due = box.take_due(start + 1s, false);
    EXPECT_EQ(contents(due), std::vector<std::string>{"opened"});
    EXPECT_TRUE(box.done(due[0], false, start + 1s, 1s));
    EXPECT_EQ(contents(box.take_due(start + 1s, false)), std::vector<std::string>{"recovered"});
}

TEST(alert_outbox, at_the_end_nothing_waits_for_its_time) {
    alert_outbox box;
    box.add(parcel("a", "1"));
    std::vector<alert_parcel> due = box.take_due(start, false);
    EXPECT_FALSE(box.done(due[0], true, start, 1h));
    EXPECT_EQ(contents(box.take_due(start, true)), std::vector<std::string>{"1"});
}

TEST(alert_outbox, has_a_bounded_number_under_way) {
    alert_outbox box;
    for (int i = 0; i < 40; ++i)
        box.add(parcel(std::to_string(i), "x"));
    EXPECT_EQ(box.take_due(start, false).size(), alert_outbox::most_at_once);
    EXPECT_TRUE(box.take_due(start, false).empty());
    EXPECT_EQ(box.next(), instant::max());
    EXPECT_EQ(box.size(), 40u);
}

}  // namespace
}  // namespace symphony::detail
