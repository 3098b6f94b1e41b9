#include "symphony/core/url.hpp"

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>

namespace symphony {

namespace {

namespace urls = boost::urls;

constexpr std::size_t max_text = 64 * 1024;
constexpr std::size_t max_host = 253;  // RFC 1035, section 2.3.4

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return out;
}

std::uint16_t default_port(std::string_view scheme) noexcept {
    if (scheme == "http" || scheme == "ws") return 80;
    if (scheme == "https" || scheme == "wss") return 443;
    return 0;
}

bool is_host_char(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
}

result<std::string> host_of(const urls::url_view& parts) {
    if (parts.host_type() == urls::host_type::ipv6) {
        return std::string(parts.host_ipv6_address().to_string());
    }
    std::string host = lower(std::string_view(parts.encoded_host()));
    if (host.empty()) return fail(error_kind::invalid_request, "the URL names no host");
    if (host.size() > max_host || host.front() == '.' || host.find("..") != std::string::npos ||
        !std::ranges::all_of(host, is_host_char)) {
        return fail(error_kind::invalid_request, "the URL's host is not a host name");
    }
    return host;
}

result<std::uint16_t> port_of(const urls::url_view& parts, std::string_view scheme) {
    const std::string_view text(parts.port());
    if (text.empty()) return default_port(scheme);
    std::uint16_t port = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), port);
    if (parsed.ec != std::errc{} || port == 0) {
        return fail(error_kind::invalid_request, "the URL's port is not in 1 ... 65535");
    }
    return port;
}

result<secret> user_info_of(const urls::url_view& parts) {
    if (!parts.has_userinfo()) return secret();
    // RFC 7617, section 2: no colon in the user, no control characters anywhere.
    std::string user(parts.user());
    std::string password(parts.password());
    const auto is_control = [](char c) {
        return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
    };
    const bool bad = user.find(':') != std::string::npos || std::ranges::any_of(user, is_control) ||
                     std::ranges::any_of(password, is_control);
    std::string joined;
    joined.reserve(user.size() + password.size() + 1);
    joined += user;
    if (parts.has_password()) joined.append(":").append(password);
    secret out(std::move(joined));
    secret wiped(std::move(password));
    if (bad) {
        return fail(error_kind::invalid_request,
                    "the URL's user holds a colon or a control character");
    }
    return out;
}

std::string host_in_url(const url& u) {
    return u.host.find(':') == std::string::npos ? u.host : "[" + u.host + "]";
}

}  // namespace

result<url> url::parse(std::string_view text) {
    if (text.size() > max_text) {
        return fail(error_kind::invalid_request, "the URL is longer than 64 KiB");
    }
    if (text.find('#') != std::string_view::npos) {
        return fail(error_kind::invalid_request, "the URL has a fragment ('#')");
    }
    const auto parsed = urls::parse_uri(urls::string_view(text.data(), text.size()));
    if (!parsed) return fail(error_kind::invalid_request, "not an absolute URL (RFC 3986)");
    const urls::url_view& parts = *parsed;

    url out;
    out.scheme = lower(std::string_view(parts.scheme()));
    if (default_port(out.scheme) == 0) {
        return fail(error_kind::invalid_request,
                    "the URL's scheme is none of http, https, ws, wss");
    }
    auto host = host_of(parts);
    if (!host) return std::unexpected(std::move(host.error()));
    auto port = port_of(parts, out.scheme);
    if (!port) return std::unexpected(std::move(port.error()));
    auto user_info = user_info_of(parts);
    if (!user_info) return std::unexpected(std::move(user_info.error()));

    out.host = std::move(*host);
    out.port = *port;
    out.path = std::string(std::string_view(parts.encoded_path()));
    if (out.path.empty()) out.path = "/";
    // Boost 1.81 reads "x:80a" as port 80 and path "a".
    if (out.path.front() != '/') {
        return fail(error_kind::invalid_request, "not an absolute URL (RFC 3986)");
    }
    out.has_query = parts.has_query();
    out.query = std::string(std::string_view(parts.encoded_query()));
    out.user_info = std::move(*user_info);
    return out;
}

std::string url::authority() const {
    std::string out = host_in_url(*this);
    if (port != default_port(scheme)) out += ":" + std::to_string(port);
    return out;
}

std::string url::origin() const {
    return scheme + "://" + host_in_url(*this) + ":" + std::to_string(port);
}

std::string url::display() const {
    return scheme + "://" + authority() + path;
}

}  // namespace symphony
