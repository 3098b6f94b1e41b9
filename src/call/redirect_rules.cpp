#include "call/redirect_rules.hpp"

#include "symphony/core/url_reference.hpp"
#include "symphony/net/headers.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace symphony {

namespace {

bool begins_with(std::string_view name, std::string_view prefix) noexcept {
    return name.size() >= prefix.size() && iequals(name.substr(0, prefix.size()), prefix);
}

template <std::size_t Count>
bool is_one_of(std::string_view name, const std::array<std::string_view, Count>& names) noexcept {
    return std::ranges::any_of(names, [name](auto one) { return iequals(name, one); });
}

// Nothing where servers and proxies might differ about which one counts.
std::optional<std::string_view> location_of(const response& answer) noexcept {
    std::optional<std::string_view> only;
    for (const header_view field : answer.fields) {
        if (!iequals(field.name, "location")) continue;
        if (only && *only != field.value) return std::nullopt;
        only = field.value;
    }
    return only;
}

// For POST 301 and 302 say one thing and have always meant another (RFC 9110, 15.4.2).
bool becomes_get(int status, std::string_view method) noexcept {
    if (status == 303) return method != "HEAD" && method != "GET";
    return (status == 301 || status == 302) && method == "POST";
}

}  // namespace

bool is_redirect(const response& answer) noexcept {
    switch (answer.status) {
        case 301:
        case 302:
        case 303:
        case 307:
        case 308:
            return answer.fields.contains("location");
        default:
            return false;
    }
}

bool may_leave_origin(std::string_view name) noexcept {
    constexpr std::array<std::string_view, 7> plain{"user-agent",     "traceparent",   "tracestate",
                                                    "range",          "cache-control", "pragma",
                                                    "idempotency-key"};
    constexpr std::array<std::string_view, 4> accepts{"accept", "accept-charset", "accept-encoding",
                                                      "accept-language"};
    return is_one_of(name, plain) || is_one_of(name, accepts) || begins_with(name, "content-") ||
           begins_with(name, "if-");
}

bool belongs_to_body(std::string_view name) noexcept {
    constexpr std::array<std::string_view, 2> others{"digest", "last-modified"};
    return begins_with(name, "content-") || is_one_of(name, others);
}

redirect_rules::redirect_rules(const redirect_options& options, url first, std::string_view method,
                               bool body_held)
    : options_(options), at_(std::move(first)), method_(method), body_held_(body_held) {
    (void)note_visit(method_, at_);
}

// Without cookies the same question gets the same answer.
bool redirect_rules::note_visit(std::string_view method, const url& to) {
    std::string visit(method);
    visit.append(" ").append(to.origin()).append(to.path).append("?").append(to.query);
    if (std::ranges::find(visited_, visit) != visited_.end()) return false;
    visited_.push_back(std::move(visit));
    return true;
}

std::expected<void, std::string_view> redirect_rules::follow(const response& answer) {
    using no = std::unexpected<std::string_view>;
    if (hops_ >= options_.max) return no("maxRedirects is reached");
    const auto location = location_of(answer);
    if (!location) return no("it has several Location fields");
    result<url> to = resolve_reference(at_, *location);
    if (!to || to->is_websocket()) return no("its Location is no http or https URL");
    if (at_.is_tls() && !to->is_tls()) return no("it leads from https to http");
    const bool leaves = to->origin() != at_.origin();
    if (leaves && options_.follow != redirect_policy::any) {
        return no("it leads to another origin, for which http.redirects would have to be any");
    }
    const bool drops_body = becomes_get(answer.status, method_);
    if (!drops_body && !dropped_body_ && !body_held_) {
        return no("the body was streamed and cannot be sent again");
    }
    const std::string_view method = drops_body ? std::string_view("GET") : method_;
    if (!note_visit(method, *to)) return no("it leads in a circle");
    ++hops_;
    method_ = method;
    dropped_body_ = dropped_body_ || drops_body;
    left_ = left_ || leaves;
    at_ = std::move(*to);
    at_.user_info = secret();
    return {};
}

}  // namespace symphony
