#pragma once

#include "symphony/core/secret.hpp"

#include <string>

namespace symphony::net::detail {

/// Tells secrets apart in the key of a pool without giving them away (SHA-256); empty for none.
[[nodiscard]] std::string key_digest(const secret& text);

}  // namespace symphony::net::detail
