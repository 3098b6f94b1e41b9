#pragma once

#include "symphony/auth/auth_options.hpp"
#include "symphony/core/result.hpp"

#include <string_view>

namespace symphony {

/// The value of the Authorization field, made once. Immutable, so safe to read from any thread.
class credentials {
public:
    /// Errors: `auth_failed` for an empty token, a ':' in the user name, or control characters.
    [[nodiscard]] static result<credentials> make(const auth_options& options);

    /// "Bearer …" or "Basic …"; lives as long as this object.
    [[nodiscard]] std::string_view authorization() const noexcept { return value_.reveal(); }

private:
    secret value_;
};

}  // namespace symphony
