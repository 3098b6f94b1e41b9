#include "call/outgoing.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

namespace symphony {

namespace {

constexpr std::string_view user_agent = "symphony/0.1.0";

bool is_connection_field(std::string_view name) noexcept {
    // Told apart by length first: hardly any field gets as far as a comparison.
    switch (name.size()) {
        case 2:
            return iequals(name, "te");
        case 4:
            return iequals(name, "host");
        case 6:
            return iequals(name, "expect");
        case 7:
            return iequals(name, "upgrade") || iequals(name, "trailer");
        case 10:
            return iequals(name, "connection") || iequals(name, "keep-alive");
        case 14:
            return iequals(name, "content-length");
        case 16:
            return iequals(name, "proxy-connection");
        case 17:
            return iequals(name, "transfer-encoding");
        case 19:
            return iequals(name, "proxy-authorization");
        default:
            return false;
    }
}

// Who names codings wants them, and a part of a coded body cannot be decoded.
bool rules_out_decoding(std::string_view name) noexcept {
    return (name.size() == 15 && iequals(name, "accept-encoding")) ||
           (name.size() == 5 && iequals(name, "range"));
}

bool is_ours(std::string_view name) noexcept {
    return name.size() > 9 && (name[0] | 0x20) == 's' && iequals(name.substr(0, 9), "symphony-");
}

// Connection: a, b names further fields that end here.
bool is_named_in(std::string_view list, std::string_view name) noexcept {
    while (!list.empty()) {
        const auto comma = list.find(',');
        auto item = list.substr(0, comma);
        list = comma == std::string_view::npos ? std::string_view{} : list.substr(comma + 1);
        while (!item.empty() && (item.front() == ' ' || item.front() == '\t'))
            item.remove_prefix(1);
        while (!item.empty() && (item.back() == ' ' || item.back() == '\t'))
            item.remove_suffix(1);
        if (iequals(item, name)) return true;
    }
    return false;
}

// The two digits of each byte.
constexpr auto hex_pairs = [] {
    constexpr std::string_view digits = "0123456789abcdef";
    std::array<std::array<char, 2>, 256> pairs{};
    for (std::size_t byte = 0; byte < pairs.size(); ++byte)
        pairs[byte] = {digits[byte >> 4], digits[byte & 15]};
    return pairs;
}();

char* put_hex(char* to, std::uint64_t value) noexcept {
    for (int shift = 56; shift >= 0; shift -= 8, to += 2)
        std::memcpy(to, hex_pairs[value >> shift & 255].data(), 2);
    return to;
}

}  // namespace

standing_fields::standing_fields(const headers& configured, std::string_view authorization,
                                 bool decodes)
    : has_credentials_(!authorization.empty()) {
    std::vector<header_view> fields;
    fields.reserve(configured.size() + 3);
    decodes_ = decodes;
    for (const header_view field : configured) {
        const bool replaced = has_credentials_ && iequals(field.name, "authorization");
        if (!replaced && !is_connection_field(field.name)) fields.push_back(field);
        if (rules_out_decoding(field.name)) decodes_ = false;
    }
    if (!configured.contains("user-agent")) fields.push_back({"user-agent", user_agent});
    has_traceparent_ = configured.contains("traceparent");
    if (has_credentials_) fields.push_back({"authorization", authorization});
    for (const header_view field : fields)
        lengths_ |= std::uint64_t{1} << (field.name.size() & 63);
    block_ = net::field_block(fields);
    if (!decodes_) return;
    fields.push_back({"accept-encoding", decoded_codings});
    decoding_block_ = net::field_block(fields);
}

outgoing::outgoing(const standing_fields& standing, const headers& caller, random_source& random,
                   bool decode)
    : standing_(&standing.all()) {
    decode = decode && standing.decoding() != nullptr;
    bool overlap = false;
    bool traced = standing.has_traceparent();
    std::string connection;
    if (!caller.empty() && caller.contains("connection")) connection = caller.get_all("connection");
    for (const header_view field : caller) {
        if (is_connection_field(field.name) || is_ours(field.name)) continue;
        if (!connection.empty() && is_named_in(connection, field.name)) continue;
        if (standing.has_credentials() && iequals(field.name, "authorization")) {
            dropped_authorization_ = true;
            continue;
        }
        overlap = overlap || standing.may_hold(field.name);
        traced = traced || iequals(field.name, "traceparent");
        decode = decode && !rules_out_decoding(field.name);
        own_.push_back(field);
    }
    if (decode) standing_ = standing.decoding();
    asks_for_codings_ = decode;
    if (overlap) take_standing();
    if (!traced) own_.push_back({"traceparent", make_traceparent(random)});
}

void outgoing::put_into(net::wire_request& wire) const noexcept {
    wire.fields = {own_.data(), own_.size()};
    wire.more_fields = standing_;
}

// The rare case: a standing field may have been replaced by the caller, so what stays is listed.
void outgoing::take_standing() {
    const auto given = own_.size();
    for (const header_view field : standing_->fields()) {
        const auto end = own_.begin() + static_cast<std::ptrdiff_t>(given);
        const bool replaced = std::any_of(own_.begin(), end, [&](const header_view& other) {
            return iequals(other.name, field.name);
        });
        if (!replaced) own_.push_back(field);
    }
    standing_ = nullptr;
}

// Version 00, a new trace and span, not sampled: whoever collects traces decides elsewhere.
std::string_view outgoing::make_traceparent(random_source& random) noexcept {
    char* to = traceparent_.data();
    to = std::ranges::copy(std::string_view("00-"), to).out;
    to = put_hex(to, random.next());
    to = put_hex(to, random.next() | 1);  // an identifier of zeros is invalid
    *to++ = '-';
    to = put_hex(to, random.next() | 1);
    std::ranges::copy(std::string_view("-00"), to);
    return {traceparent_.data(), traceparent_.size()};
}

}  // namespace symphony
