#pragma once

#include "symphony/core/error.hpp"

#include <expected>
#include <utility>

namespace symphony {

/// A value or an `error`. Nothing throws across Symphony's API at run time.
template <class Value>
using result = std::expected<Value, error>;

/// Shorthand for the error side: `return fail(error_kind::timeout, "…")`.
[[nodiscard]] inline std::unexpected<error> fail(error_kind kind, std::string message,
                                                 std::string remote = {}) {
    error e;
    e.kind = kind;
    e.message = std::move(message);
    e.remote = std::move(remote);
    return std::unexpected<error>(std::move(e));
}

}  // namespace symphony
