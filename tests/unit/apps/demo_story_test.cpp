#include "cli/demo_story.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace symphony::cli {
namespace {

using namespace std::chrono_literals;

std::vector<story_row> good_rows() {
    std::vector<story_row> rows(6);
    for (story_row& row : rows) {
        row.calls = row.ok = 10;
        row.circuit = "closed";
        row.p50 = 5ms;
    }
    rows[1].calls = 60;
    rows[1].ok = 40;
    rows[1].rate_limited = 20;
    rows[2].p50 = 405ms;
    rows[3].retried = 4;
    rows[4] = {"failing", 20, 0, 6, 0, 15, 5, "open", 20, {}};
    return rows;
}

bool all_kept(const std::vector<story_row>& rows, std::uint64_t opened, std::uint64_t closed) {
    return std::ranges::all_of(story_promises(rows, opened, closed), &story_promise::kept);
}

TEST(demo_story, is_shorter_than_half_a_minute) {
    duration total{};
    for (const story_phase& phase : story_phases())
        total += phase.lasts;
    EXPECT_LT(total, 20s);
    EXPECT_EQ(story_phases().size(), 6U);
}

TEST(demo_story, notices_every_broken_promise) {
    EXPECT_TRUE(all_kept(good_rows(), 1, 1));
    EXPECT_FALSE(all_kept(good_rows(), 0, 1));
    EXPECT_FALSE(all_kept(good_rows(), 1, 0));
    auto rows = good_rows();
    rows[0].ok = 9;
    EXPECT_FALSE(all_kept(rows, 1, 1));
    rows = good_rows();
    rows[1].rate_limited = 0;
    EXPECT_FALSE(all_kept(rows, 1, 1));
    rows = good_rows();
    rows[3].retried = 0;
    EXPECT_FALSE(all_kept(rows, 1, 1));
    rows = good_rows();
    rows[4].cut_off = 0;
    EXPECT_FALSE(all_kept(rows, 1, 1));
    rows = good_rows();
    rows[5].circuit = "half-open";
    EXPECT_FALSE(all_kept(rows, 1, 1));
}

TEST(demo_table, aligns_with_its_header) {
    const std::string header = table_header(false);
    EXPECT_EQ(table_line(good_rows()[2], false).size(), header.size());
    EXPECT_LE(header.size(), 80U);
    EXPECT_EQ(header.find('\x1b'), std::string::npos);
    EXPECT_NE(table_header(true).find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace symphony::cli
