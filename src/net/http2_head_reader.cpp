#include "net/http2_head_reader.hpp"

#include "net/server_request_syntax.hpp"

#include <algorithm>
#include <array>

namespace symphony::net::detail {

namespace {

constexpr std::size_t field_overhead = 32;  // RFC 9113, 6.5.2
// So many times what a head may have is read over to answer 431, the connection going on.
constexpr std::size_t patience = 4;

// RFC 9113, 8.2.2: they say nothing in HTTP/2, and to HTTP/1.1 behind us they would say something.
bool is_of_the_connection(std::string_view name) noexcept {
    constexpr std::array<std::string_view, 5> names{"connection", "keep-alive", "proxy-connection",
                                                    "transfer-encoding", "upgrade"};
    return std::ranges::find(names, name) != names.end();
}

}  // namespace

bool http2_head_reader::skip(std::string_view name, std::string_view value) noexcept {
    bytes_ += name.size() + value.size() + field_overhead;
    if (bytes_ > max_bytes_) status_ = 431;
    return bytes_ / patience <= max_bytes_;
}

bool http2_head_reader::add(server_request& into, std::string_view name, std::string_view value) {
    const bool bearable = skip(name, value);
    if (bytes_ > max_bytes_) return bearable;
    if (name.starts_with(':')) {
        add_pseudo(into, name, value);
    } else {
        add_field(into, name, value);
    }
    return true;
}

void http2_head_reader::add_pseudo(server_request& into, std::string_view name,
                                   std::string_view value) {
    if (name == ":method") {
        into.method.assign(value);
    } else if (name == ":path") {
        into.target.assign(value);
    } else if (name == ":authority") {
        set_host(into, value);
    } else if (name == ":scheme") {
        if (!iequals(value, "http") && !iequals(value, "https")) refuse(400);
    } else {
        refuse(400);
    }
}

void http2_head_reader::add_field(server_request& into, std::string_view name,
                                  std::string_view value) {
    if (name == "host") {
        set_host(into, value);
        return;
    }
    if (name == "cookie") {
        if (!cookie_.empty()) cookie_.append("; ");
        cookie_.append(value);
        return;
    }
    if (name == "content-length") {
        if (length_) refuse(400);
        length_ = length_in(value);
        if (!length_) refuse(400);
    } else if (name == "expect") {
        expects_continue_ = iequals(value, "100-continue");
        if (!expects_continue_) refuse(417);
    }
    if (is_of_the_connection(name) || (name == "te" && !iequals(value, "trailers")) ||
        !into.fields.add(name, value))
        refuse(400);
}

// Both an authority and a Host are fine as long as they agree: whoever routes by either comes to
// the same.
void http2_head_reader::set_host(server_request& into, std::string_view value) {
    if (!is_host(value)) {
        refuse(400);
    } else if (const auto before = into.fields.get("host")) {
        if (!iequals(*before, value)) refuse(400);
    } else {
        into.fields.add("Host", value);
    }
}

int http2_head_reader::check_target(const server_request& request) noexcept {
    if (!is_token(request.method)) return 400;
    if (request.method == "CONNECT") return 501;
    if (request.target == "*") return request.method == "OPTIONS" ? 0 : 400;
    return request.target.starts_with('/') && is_target(request.target) ? 0 : 400;
}

int http2_head_reader::finish(server_request& into, bool ended) {
    if (status_ == 0) status_ = check_target(into);
    if (!into.fields.contains("host")) refuse(400);
    if (!cookie_.empty() && !into.fields.add("cookie", cookie_)) refuse(400);
    into.has_body = !ended && length_ != 0;
    if (ended && length_.value_or(0) > 0) refuse(400);
    if (!into.has_body) expects_continue_ = false;
    return status_;
}

}  // namespace symphony::net::detail
