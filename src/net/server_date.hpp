#pragma once

#include "symphony/core/clock.hpp"

#include <string>
#include <string_view>

namespace symphony::net::detail {

/// A moment as the Date field wants it (RFC 9110, 5.6.7), for years 1970 to 9999.
[[nodiscard]] std::string format_http_date(wall_time at);

/// The present Date, written anew once a second at most.
class date_cache {
public:
    explicit date_cache(const clock& time) : time_(time) {}
    /// `now` is the clock's own; the view lives until the next call.
    [[nodiscard]] std::string_view at(instant now);

private:
    const clock& time_;
    instant from_{};
    instant until_{};
    std::string text_;
};

}  // namespace symphony::net::detail
