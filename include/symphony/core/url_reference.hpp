#pragma once

#include "symphony/core/result.hpp"
#include "symphony/core/url.hpp"

#include <string_view>

namespace symphony {

/// What `reference`, absolute or relative (a Location field, say), means at `base`: RFC 3986, 5.2,
/// without its fragment. Spaces and bytes outside ASCII are encoded, as browsers do. A relative one
/// takes no user-info from `base`. Errors: as `url::parse`, which never repeat it.
[[nodiscard]] result<url> resolve_reference(const url& base, std::string_view reference);

}  // namespace symphony
