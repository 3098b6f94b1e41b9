#include "net/no_proxy.hpp"

#include "symphony/net/headers.hpp"

#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>

namespace symphony::net::detail {

namespace asio = boost::asio;

namespace {

constexpr std::size_t most_bytes = std::size_t{64} << 10;

std::optional<unsigned> number(std::string_view text, unsigned most) noexcept {
    unsigned value = 0;
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (fault != std::errc() || end != text.data() + text.size() || value > most)
        return std::nullopt;
    return value;
}

// One form for each address: IPv4 stays IPv4 where it is written as IPv6.
std::optional<asio::ip::address> address_of(std::string_view text) {
    boost::system::error_code fault;
    asio::ip::address parsed = asio::ip::make_address(text, fault);
    if (fault) return std::nullopt;
    if (parsed.is_v6() && parsed.to_v6().is_v4_mapped()) {
        parsed = asio::ip::make_address_v4(asio::ip::v4_mapped, parsed.to_v6());
    }
    return parsed;
}

template <class Bytes>
bool same_bits(const Bytes& a, const Bytes& b, unsigned count) noexcept {
    const std::size_t whole = count / 8;
    const unsigned rest = count % 8;
    if (!std::equal(a.begin(), a.begin() + whole, b.begin())) return false;
    return rest == 0 || (a[whole] ^ b[whole]) >> (8 - rest) == 0;
}

bool is_within(const asio::ip::address& host, std::string_view network) {
    const auto slash = network.find('/');
    const auto base = address_of(network.substr(0, slash));
    if (!base || base->is_v4() != host.is_v4()) return false;
    const auto bits = number(network.substr(slash + 1), host.is_v4() ? 32 : 128);
    if (!bits) return false;
    return host.is_v4() ? same_bits(host.to_v4().to_bytes(), base->to_v4().to_bytes(), *bits)
                        : same_bits(host.to_v6().to_bytes(), base->to_v6().to_bytes(), *bits);
}

struct entry {
    std::string_view host;
    std::optional<std::string_view> port;
};

// "host", "host:port", "[v6]", "[v6]:port" or a bare IPv6 address.
entry split(std::string_view text) noexcept {
    if (text.starts_with('[')) {
        const auto end = text.find(']');
        if (end == std::string_view::npos) return {};
        const std::string_view rest = text.substr(end + 1);
        if (rest.empty()) return {text.substr(1, end - 1), std::nullopt};
        if (rest.front() != ':') return {};
        return {text.substr(1, end - 1), rest.substr(1)};
    }
    const auto colon = text.find(':');
    if (colon == std::string_view::npos || text.find(':', colon + 1) != std::string_view::npos) {
        return {text, std::nullopt};
    }
    return {text.substr(0, colon), text.substr(colon + 1)};
}

bool names(std::string_view text, std::string_view host,
           const std::optional<asio::ip::address>& address, std::uint16_t port) {
    if (text == "*") return true;
    if (text.find('/') != std::string_view::npos) return address && is_within(*address, text);
    const entry one = split(text);
    if (one.host.empty()) return false;
    if (one.port && number(*one.port, 65'535) != port) return false;
    if (address) return address_of(one.host) == address;
    std::string_view name = one.host;
    if (name.starts_with("*.")) name.remove_prefix(1);
    if (name.ends_with('.')) name.remove_suffix(1);
    if (name.empty()) return false;
    if (host.size() == name.size()) return iequals(host, name);
    if (host.size() < name.size()) return false;
    const bool below = name.front() == '.' || host[host.size() - name.size() - 1] == '.';
    return below && iequals(host.substr(host.size() - name.size()), name);
}

}  // namespace

bool is_excepted(std::string_view list, std::string_view host, std::uint16_t port) noexcept {
    constexpr std::string_view separators = ", \t\r\n";
    if (list.size() > most_bytes) list = list.substr(0, most_bytes);
    if (host.ends_with('.')) host.remove_suffix(1);
    const auto address = address_of(host);
    for (;;) {
        const auto begin = list.find_first_not_of(separators);
        if (begin == std::string_view::npos) return false;
        list.remove_prefix(begin);
        const auto size = std::min(list.find_first_of(separators), list.size());
        if (names(list.substr(0, size), host, address, port)) return true;
        list.remove_prefix(size);
    }
}

}  // namespace symphony::net::detail
