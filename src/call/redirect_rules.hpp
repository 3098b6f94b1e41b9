#pragma once

#include "symphony/call/redirect_options.hpp"
#include "symphony/core/url.hpp"
#include "symphony/net/response.hpp"

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace symphony {

/// Whether it sends the client elsewhere: 301, 302, 303, 307 or 308 with a Location.
[[nodiscard]] bool is_redirect(const response& answer) noexcept;

/// What is left of a field towards another origin: what says nothing of who is asking. Everything
/// else may be a credential, also under a name of the API's own.
[[nodiscard]] bool may_leave_origin(std::string_view name) noexcept;
/// Speaks of a body, and goes with it (RFC 9110, 15.4).
[[nodiscard]] bool belongs_to_body(std::string_view name) noexcept;

/// Which redirects of one attempt are followed, and how: RFC 9110, 15.4, and the Fetch standard,
/// 4.4. For one thread.
class redirect_rules {
public:
    /// `first`: what was asked. `body_held`: the body, if any, can be sent again.
    redirect_rules(const redirect_options& options, url first, std::string_view method,
                   bool body_held);

    /// Takes an answer for which `is_redirect` holds. Else why it is not followed, in words.
    [[nodiscard]] std::expected<void, std::string_view> follow(const response& answer);

    // What to send next, once `follow` has said so.
    [[nodiscard]] const url& target() const noexcept { return at_; }
    [[nodiscard]] std::string_view method() const noexcept { return method_; }
    [[nodiscard]] bool has_dropped_body() const noexcept { return dropped_body_; }
    /// It is, or once was, another origin than the first: nothing goes there that is not for all.
    [[nodiscard]] bool has_left() const noexcept { return left_; }

private:
    [[nodiscard]] bool note_visit(std::string_view method, const url& to);

    const redirect_options options_;
    url at_;
    std::string_view method_;
    const bool body_held_;
    bool dropped_body_ = false;
    bool left_ = false;
    std::uint32_t hops_ = 0;
    std::vector<std::string> visited_;
};

}  // namespace symphony
