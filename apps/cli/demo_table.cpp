#include "cli/demo_table.hpp"

#include "cli/terminal.hpp"

#include <fmt/format.h>

#include <cstdio>

namespace symphony::cli {

namespace {

// Within 80 columns: a line that wraps could not be redrawn in place.
constexpr std::string_view layout = "{:<10}{:>6}{:>5}{:>8}{:>8}{:>8}{:>7}  {}{:>7}{:>8}";

// Padded before it is painted: colour codes have no width.
std::string circuit_cell(const std::string& state, bool use_colour) {
    const colour c = state == "closed" ? colour::green
                     : state == "open" ? colour::red
                                       : colour::yellow;
    return painted(fmt::format("{:<9}", state), c, use_colour);
}

}  // namespace

std::string table_header(bool colour_on) {
    return painted(
        fmt::format(fmt::runtime(layout), "phase", "calls", "ok", "retried", "limited", "cut off",
                    "failed", fmt::format("{:<9}", "circuit"), "tokens", "p50"),
        colour::bold, colour_on);
}

std::string table_line(const story_row& row, bool colour_on) {
    const std::string p50 =
        row.p50 ? fmt::format("{:.0f} ms", static_cast<double>(row.p50->count()) / 1e6) : "-";
    return fmt::format(fmt::runtime(layout), row.phase, row.calls, row.ok, row.retried,
                       row.rate_limited, row.cut_off, row.failed,
                       circuit_cell(row.circuit, colour_on), row.tokens, p50);
}

void live_table::print_header() {
    if (header_shown_) return;
    header_shown_ = true;
    fmt::print("{}\n", table_header(colour_));
}

void live_table::show(const std::vector<story_row>& rows, std::string_view caption) {
    if (!in_place_) return;
    print_header();
    std::string out;
    if (drawn_ > 0) out += fmt::format("\x1b[{}A", drawn_);
    for (const story_row& row : rows)
        out += table_line(row, colour_) + "\x1b[K\n";
    out += fmt::format("  {}\x1b[K\n", caption);
    drawn_ = rows.size() + 1;
    fmt::print("{}", out);
    std::fflush(stdout);
}

void live_table::finish(const std::vector<story_row>& rows) {
    if (in_place_) {
        show(rows, {});
        return;
    }
    print_header();
    fmt::print("{}\n", table_line(rows.back(), colour_));
    std::fflush(stdout);
}

}  // namespace symphony::cli
