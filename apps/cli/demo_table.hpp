#pragma once

#include "symphony/core/time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace symphony::cli {

/// One phase of the story, as figures.
struct story_row {
    std::string phase;
    std::uint64_t calls = 0;
    std::uint64_t ok = 0;
    std::uint64_t retried = 0;       ///< attempts beyond the first
    std::uint64_t rate_limited = 0;  ///< refused by the limit or its full queue
    std::uint64_t cut_off = 0;       ///< refused by the open circuit
    std::uint64_t failed = 0;        ///< answered with 400 or more, or not at all
    std::string circuit;
    std::uint64_t tokens = 0;
    std::optional<duration> p50;
};

[[nodiscard]] std::string table_header(bool colour);
[[nodiscard]] std::string table_line(const story_row& row, bool colour);

/// A table on stdout that is redrawn in place on a terminal; elsewhere each finished row is one
/// plain line.
class live_table {
public:
    live_table(bool in_place, bool colour) : in_place_(in_place), colour_(colour) {}
    /// `caption` stands below the rows while they may change.
    void show(const std::vector<story_row>& rows, std::string_view caption);
    /// The last of `rows` will not change any more.
    void finish(const std::vector<story_row>& rows);

private:
    void print_header();
    bool in_place_;
    bool colour_;
    bool header_shown_ = false;
    std::size_t drawn_ = 0;
};

}  // namespace symphony::cli
