#pragma once

#include "cli/demo_api.hpp"
#include "cli/demo_table.hpp"
#include "symphony/tool/client.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace symphony::cli {

/// One phase: what the API does and what is asked of it.
struct story_phase {
    std::string_view name;
    std::string_view text;  ///< for people
    demo_mode mode = demo_mode::healthy;
    int at_once = 0;  ///< calls at its very beginning
    int per_second = 0;
    duration lasts{};
};
[[nodiscard]] const std::vector<story_phase>& story_phases();

/// The tool of the story, calling `url`.
[[nodiscard]] tool_options story_tool(const std::string& url);

/// Something the story promises, and whether it came true.
struct story_promise {
    std::string text;
    bool kept = false;
};
/// `opened` and `closed`: how often the circuit did. `rows` as many as there are phases.
[[nodiscard]] std::vector<story_promise> story_promises(const std::vector<story_row>& rows,
                                                        std::uint64_t opened, std::uint64_t closed);

}  // namespace symphony::cli
