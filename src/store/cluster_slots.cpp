#include "store/cluster_slots.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <utility>

namespace symphony::detail {

namespace {

constexpr std::array<std::uint16_t, 256> make_crc_table() {
    std::array<std::uint16_t, 256> table{};
    for (unsigned byte = 0; byte < 256; ++byte) {
        unsigned crc = byte << 8;
        for (int bit = 0; bit < 8; ++bit)
            crc = (crc & 0x8000) != 0 ? (crc << 1) ^ 0x1021 : crc << 1;
        table[byte] = static_cast<std::uint16_t>(crc);
    }
    return table;
}

constexpr auto crc_table = make_crc_table();

std::uint16_t crc16(std::string_view text) noexcept {
    std::uint16_t crc = 0;
    for (const char c : text) {
        const auto index = static_cast<unsigned char>((crc >> 8) ^ static_cast<unsigned char>(c));
        crc = static_cast<std::uint16_t>((crc << 8) ^ crc_table[index]);
    }
    return crc;
}

template <class Number>
std::optional<Number> read_number(std::string_view text) noexcept {
    Number value = 0;
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (fault != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::string_view take_word(std::string_view& text) noexcept {
    const std::size_t end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return word;
}

// "SLOT HOST:PORT"; an IPv6 address stands without brackets.
bool read_target(std::string_view text, std::string_view asked, redirection& into) {
    const auto slot = read_number<std::uint16_t>(take_word(text));
    const std::string_view place = take_word(text);
    const std::size_t colon = place.rfind(':');
    if (!slot || *slot >= cluster_slot_count || colon == std::string_view::npos) return false;
    const auto port = read_number<std::uint16_t>(place.substr(colon + 1));
    if (!port || *port == 0) return false;
    into.slot = *slot;
    into.to.host = colon == 0 ? asked : place.substr(0, colon);
    into.to.port = *port;
    return true;
}

// [host, port, id, …], the host empty or nil where it is the one that was asked.
std::optional<redis_address> read_node(const redis_reply& node, std::string_view asked) {
    if (node.items.size() < 2) return std::nullopt;
    const std::int64_t port = node.items[1].integer;
    if (port <= 0 || port > 65'535) return std::nullopt;
    const std::string& host = node.items[0].text;
    redis_address found;
    found.host = host.empty() || host == "?" ? std::string(asked) : host;
    found.port = static_cast<std::uint16_t>(port);
    return found;
}

}  // namespace

std::uint16_t cluster_slot(std::string_view key) noexcept {
    const std::size_t open = key.find('{');
    if (open != std::string_view::npos) {
        const std::size_t close = key.find('}', open + 1);
        if (close != std::string_view::npos && close > open + 1) {
            key = key.substr(open + 1, close - open - 1);
        }
    }
    return crc16(key) % cluster_slot_count;
}

redirection read_redirection(std::string_view text, std::string_view asked) {
    using enum redirection::type;
    redirection found;
    const std::string_view word = take_word(text);
    if (word == "MOVED") {
        if (read_target(text, asked, found)) found.what = moved;
    } else if (word == "ASK") {
        if (read_target(text, asked, found)) found.what = ask;
    } else if (word == "TRYAGAIN") {
        found.what = try_again;
    } else if (word == "CLUSTERDOWN") {
        found.what = down;
    }
    return found;
}

bool cluster_slots::read(const redis_reply& answer, std::string_view asked) {
    if (answer.kind != redis_reply::type::array) return false;
    cluster_slots fresh;
    for (const redis_reply& range : answer.items) {
        if (range.items.size() < 3) return false;
        const std::int64_t first = range.items[0].integer;
        const std::int64_t last = range.items[1].integer;
        if (first < 0 || last < first || last >= cluster_slot_count) return false;
        const auto node = read_node(range.items[2], asked);
        if (!node) return false;
        const std::uint16_t index = fresh.index_of(*node);
        if (index == nobody) return false;
        std::fill(fresh.owners_.begin() + first, fresh.owners_.begin() + last + 1, index);
    }
    if (fresh.nodes_.empty()) return false;
    *this = std::move(fresh);
    return true;
}

void cluster_slots::move(std::uint16_t slot, const redis_address& to) {
    if (slot < owners_.size()) owners_[slot] = index_of(to);
}

const redis_address* cluster_slots::owner(std::uint16_t slot) const noexcept {
    const std::uint16_t index = owners_[slot % cluster_slot_count];
    return index == nobody ? nullptr : &nodes_[index];
}

std::uint16_t cluster_slots::index_of(const redis_address& node) {
    const auto known = std::ranges::find(nodes_, node);
    if (known != nodes_.end()) return static_cast<std::uint16_t>(known - nodes_.begin());
    if (nodes_.size() >= most_nodes) return nobody;
    nodes_.push_back(node);
    return static_cast<std::uint16_t>(nodes_.size() - 1);
}

}  // namespace symphony::detail
