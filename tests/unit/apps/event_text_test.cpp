#include "gateway/event_log.hpp"

#include <gtest/gtest.h>

namespace symphony::gateway {
namespace {

event sample() {
    event what;
    what.name = "circuit.transition";
    what.level = severity::warn;
    what.tool = "demo";
    what.endpoint = "api";
    what.message = "opened";
    what.fields = {{"from", "closed"}, {"to", "open"}};
    return what;
}

TEST(event_text, is_one_line_for_people) {
    EXPECT_EQ(event_text(sample()), "demo.api: opened (from=closed to=open)");
    event bare;
    bare.name = "gateway.started";
    EXPECT_EQ(event_text(bare), "gateway.started");
}

TEST(event_text, lets_nobody_forge_a_line) {
    event what = sample();
    what.message = "a\nb\x1b[2J";
    EXPECT_EQ(event_text(what), "demo.api: a?b?[2J (from=closed to=open)");
}

TEST(event_json, is_one_object) {
    EXPECT_EQ(event_json(sample(), "2030-01-02T03:04:05.678Z"),
              R"({"time":"2030-01-02T03:04:05.678Z","level":"warn","event":"circuit.transition",)"
              R"("tool":"demo","endpoint":"api","message":"opened","from":"closed","to":"open"})");
}

TEST(severity_names, go_both_ways) {
    for (const severity level :
         {severity::trace, severity::debug, severity::info, severity::warn, severity::error})
        EXPECT_EQ(parse_severity(to_string(level)), level);
    EXPECT_FALSE(parse_severity("loud"));
}

}  // namespace
}  // namespace symphony::gateway
