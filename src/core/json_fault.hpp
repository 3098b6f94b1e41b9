#pragma once

#include "symphony/core/json_text.hpp"

#include <boost/json/error.hpp>

namespace symphony::detail {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

/// What the parser found at `offset` of `text`, which has no byte order mark.
[[nodiscard]] json_fault fault_at(std::string_view text, std::size_t offset,
                                  const boost::json::error_code& ec, std::size_t max_depth);

}  // namespace symphony::detail
