#pragma once

#include "symphony/core/json.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace symphony {

/// Where a text ceases to be JSON (RFC 8259), and why.
struct json_fault {
    std::size_t offset = 0;  ///< bytes before it
    json_position where{};
    std::string message;
};

/// Nothing when the text is JSON. As with `json::parse`, a byte order mark is skipped and half of a
/// surrogate pair is refused; numbers may have any size, and no value is built.
[[nodiscard]] std::optional<json_fault> find_json_fault(std::string_view text,
                                                        std::size_t max_depth = 64);

/// The same JSON without the white space between its tokens and without a byte order mark: numbers,
/// escapes and repeated members stay as they are written. Nothing when `find_json_fault` finds one
/// in 512 levels.
[[nodiscard]] std::optional<std::string> compact_json(std::string_view text);

}  // namespace symphony
