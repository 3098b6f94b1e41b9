#pragma once

#include "symphony/core/secret.hpp"

#include <cstdint>
#include <string>

namespace symphony {

/// Kinds of the `auth` block that work in this version.
enum class auth_type : std::uint8_t { basic, bearer };

/// The `auth` block.
struct auth_options {
    auth_type type = auth_type::bearer;
    std::string username{};  ///< basic (RFC 7617): no ':' in it
    secret password{};       ///< basic
    secret token{};          ///< bearer (RFC 6750)
};

}  // namespace symphony
