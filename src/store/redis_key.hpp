#pragma once

#include <string>
#include <string_view>

namespace symphony::detail {

/// `symphony:{NAME}`: what all keys of one name begin with. Braces mark the part of a key that
/// Redis Cluster hashes, so those of the name are escaped.
[[nodiscard]] std::string redis_key(std::string_view name);

}  // namespace symphony::detail
