#include "gateway/listen_address.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string_view>

namespace symphony::gateway {

namespace {

// Of a name, or of an IPv4 or IPv6 address with or without a zone.
bool is_host_char(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view(".-_:%").contains(c);
}

}  // namespace

std::string listen_address::text() const {
    return host.find(':') == std::string::npos ? fmt::format("{}:{}", host, port)
                                               : fmt::format("[{}]:{}", host, port);
}

bool listen_address::is_loopback() const noexcept {
    if (host == "localhost" || host == "::1") return true;
    // A name such as "127.example.com" is not an address of this machine.
    return host.starts_with("127.") &&
           std::ranges::all_of(host, [](char c) { return c == '.' || (c >= '0' && c <= '9'); });
}

std::optional<listen_address> parse_listen_address(std::string_view text) {
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos || colon == 0) return std::nullopt;
    std::string_view host = text.substr(0, colon);
    const std::string_view digits = text.substr(colon + 1);
    if (host.starts_with('[') && host.ends_with(']')) {
        host = host.substr(1, host.size() - 2);
    } else if (host.find(':') != std::string_view::npos) {
        return std::nullopt;
    }
    listen_address address;
    const auto [end, fault] =
        std::from_chars(digits.data(), digits.data() + digits.size(), address.port);
    if (fault != std::errc() || end != digits.data() + digits.size() || digits.empty())
        return std::nullopt;
    if (host.empty() || !std::ranges::all_of(host, is_host_char)) return std::nullopt;
    address.host = host;
    return address;
}

}  // namespace symphony::gateway
