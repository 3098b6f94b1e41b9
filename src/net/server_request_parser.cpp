#include "net/server_request_parser.hpp"

#include "net/server_request_syntax.hpp"

#include <algorithm>

namespace symphony::net::detail {

namespace {

constexpr std::string_view trim(std::string_view text) noexcept {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
        text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t'))
        text.remove_suffix(1);
    return text;
}

// Calls `visit` with each element of a comma-separated list, empty ones left out.
template <class Visit>
void for_each_element(std::string_view list, Visit visit) {
    while (!list.empty()) {
        const std::size_t comma = list.find(',');
        const std::string_view element = trim(list.substr(0, comma));
        if (!element.empty()) visit(element);
        if (comma == std::string_view::npos) break;
        list.remove_prefix(comma + 1);
    }
}

}  // namespace

void request_parser::restart(server_request& into) {
    request_ = &into;
    into.method.clear();
    into.target.clear();
    into.fields.clear();
    into.has_body = false;
    into.body_until = instant::max();
    line_ = scanned_ = 0;
    status_ = 400;
    has_request_line_ = has_host_ = has_absolute_host_ = has_transfer_encoding_ = false;
    asks_keep_alive_ = asks_close_ = false;
    framing_ = request_framing{};
}

request_parser::outcome request_parser::fail(int status) noexcept {
    status_ = status;
    return outcome::failed;
}

request_parser::outcome request_parser::parse(std::string_view input) {
    for (;;) {
        const std::size_t end = input.find('\n', std::max(line_, scanned_));
        if (end == std::string_view::npos) {
            scanned_ = input.size();
            return input.size() >= max_bytes_ ? fail(431) : outcome::more;
        }
        if (end >= max_bytes_) return fail(431);
        if (end == line_ || input[end - 1] != '\r') return fail(400);
        const std::string_view line = input.substr(line_, end - 1 - line_);
        line_ = end + 1;
        if (!has_request_line_) {
            // An empty line may precede a request: clients of old sent one after a body.
            if (line.empty()) continue;
            if (!request_line(line)) return outcome::failed;
            has_request_line_ = true;
        } else if (line.empty()) {
            return finish() ? outcome::done : outcome::failed;
        } else if (!field(line)) {
            return outcome::failed;
        }
    }
}

bool request_parser::request_line(std::string_view line) {
    const std::size_t first = line.find(' ');
    const std::size_t last = line.rfind(' ');
    if (first == std::string_view::npos || first == last) return false;
    const std::string_view method = line.substr(0, first);
    const std::string_view target = line.substr(first + 1, last - first - 1);
    const std::string_view version = line.substr(last + 1);

    const auto digit = [&](std::size_t at) { return version[at] >= '0' && version[at] <= '9'; };
    if (!is_token(method)) return false;
    if (version.size() != 8 || !version.starts_with("HTTP/") || !digit(5) || version[6] != '.' ||
        !digit(7))
        return false;
    if (!is_target(target)) return false;
    request_->method.assign(method);
    if (version[5] != '1' || version[7] > '1') {
        status_ = 505;
        return false;
    }
    framing_.http_1_0 = version[7] == '0';
    if (method == "CONNECT") {
        status_ = 501;
        return false;
    }
    return set_target(target);
}

bool request_parser::set_target(std::string_view target) {
    if (target.front() == '/') {
        request_->target.assign(target);
        return true;
    }
    if (target == "*") {
        request_->target.assign(target);
        return request_->method == "OPTIONS";
    }
    return absolute_target(target);
}

// RFC 9112, 3.2.2: the target's authority takes the place of the Host field.
bool request_parser::absolute_target(std::string_view target) {
    const std::size_t colon = target.find("://");
    if (colon == std::string_view::npos) return false;
    const std::string_view scheme = target.substr(0, colon);
    if (!iequals(scheme, "http") && !iequals(scheme, "https")) return false;
    target.remove_prefix(colon + 3);
    const std::size_t path = std::min(target.find_first_of("/?"), target.size());
    const std::string_view authority = target.substr(0, path);
    target.remove_prefix(path);
    if (authority.empty() || !is_host(authority)) return false;
    request_->fields.add("Host", authority);
    has_absolute_host_ = true;
    if (target.empty() && request_->method == "OPTIONS") {
        request_->target = "*";
    } else {
        request_->target = target.starts_with('/') ? "" : "/";
        request_->target += target;
    }
    return true;
}

bool request_parser::field(std::string_view line) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return false;
    const std::string_view name = line.substr(0, colon);
    const std::string_view value = trim(line.substr(colon + 1));
    if (has_absolute_host_ && iequals(name, "host")) return host(value);
    // Refuses a name with spaces (so a folded line too), and control characters (so a bare CR).
    return request_->fields.add(name, value) && known_field(name, value);
}

bool request_parser::known_field(std::string_view name, std::string_view value) {
    switch (name.size()) {
        case 4:
            return !iequals(name, "host") || host(value);
        case 6:
            if (iequals(name, "expect")) {
                framing_.expects_continue = iequals(value, "100-continue");
                if (!framing_.expects_continue) status_ = 417;
                return framing_.expects_continue;
            }
            return true;
        case 10:
            if (iequals(name, "connection")) {
                for_each_element(value, [this](std::string_view option) {
                    asks_close_ |= iequals(option, "close");
                    asks_keep_alive_ |= iequals(option, "keep-alive");
                });
            }
            return true;
        case 14:
            return !iequals(name, "content-length") || content_length(value);
        case 17:
            return !iequals(name, "transfer-encoding") || transfer_encoding(value);
        default:
            return true;
    }
}

bool request_parser::content_length(std::string_view value) {
    if (framing_.length) return false;
    framing_.length = length_in(value);
    return framing_.length.has_value();
}

bool request_parser::transfer_encoding(std::string_view value) {
    if (has_transfer_encoding_) return false;
    has_transfer_encoding_ = true;
    framing_.chunked = iequals(value, "chunked");
    if (framing_.chunked) return true;
    // Other codings before "chunked" are well-formed, we merely do not know them.
    bool tokens = true;
    int chunked = 0;
    bool chunked_last = false;
    for_each_element(value, [&](std::string_view coding) {
        tokens = tokens && is_token(coding);
        chunked_last = iequals(coding, "chunked");
        chunked += chunked_last ? 1 : 0;
    });
    status_ = tokens && chunked == 1 && chunked_last ? 501 : 400;
    return false;
}

bool request_parser::host(std::string_view value) {
    if (has_host_ || !is_host(value)) return false;
    has_host_ = true;
    return true;
}

bool request_parser::finish() {
    if (!has_host_ && !framing_.http_1_0) return false;
    if (has_transfer_encoding_ && (framing_.length || framing_.http_1_0)) return false;
    framing_.keep_alive = !asks_close_ && (!framing_.http_1_0 || asks_keep_alive_);
    if (framing_.http_1_0 || !framing_.has_body()) framing_.expects_continue = false;
    request_->has_body = framing_.has_body();
    return true;
}

}  // namespace symphony::net::detail
