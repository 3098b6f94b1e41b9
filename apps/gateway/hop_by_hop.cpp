#include "gateway/hop_by_hop.hpp"

#include <string_view>
#include <vector>

namespace symphony::gateway {

namespace {

bool starts_with_nocase(std::string_view name, std::string_view prefix) noexcept {
    return name.size() >= prefix.size() && iequals(name.substr(0, prefix.size()), prefix);
}

// Lengths first: most fields are settled by one comparison.
bool is_hop_by_hop(std::string_view name) noexcept {
    switch (name.size()) {
        case 2:
            return iequals(name, "te");
        case 7:
            return iequals(name, "trailer") || iequals(name, "upgrade");
        case 10:
            return iequals(name, "connection") || iequals(name, "keep-alive");
        case 16:
            return iequals(name, "proxy-connection");
        case 17:
            return iequals(name, "transfer-encoding");
        case 18:
            return iequals(name, "proxy-authenticate");
        default:
            return false;
    }
}

bool belongs_to_connection(std::string_view name) noexcept {
    switch (name.size()) {
        case 4:
            return iequals(name, "host");
        case 6:
            return iequals(name, "expect");
        case 14:
            return iequals(name, "content-length");
        default:
            return false;
    }
}

bool is_ours(std::string_view name) noexcept {
    if (name.empty()) return true;
    const char first = static_cast<char>(name.front() | 0x20);
    return (first == 'p' && starts_with_nocase(name, "proxy-")) ||
           (first == 's' && starts_with_nocase(name, "symphony-"));
}

template <class Visitor>
void each_token(std::string_view list, Visitor visit) {
    while (!list.empty()) {
        const auto comma = list.find(',');
        std::string_view token = list.substr(0, comma);
        while (!token.empty() && (token.front() == ' ' || token.front() == '\t'))
            token.remove_prefix(1);
        while (!token.empty() && (token.back() == ' ' || token.back() == '\t'))
            token.remove_suffix(1);
        if (!token.empty()) visit(token);
        if (comma == std::string_view::npos) return;
        list.remove_prefix(comma + 1);
    }
}

// The fields that Connection names, as views into `fields`. "close" and "keep-alive" are options
// of the connection itself, by far the most common content, and no fields of their own.
std::vector<std::string_view> named_by_connection(const headers& fields) {
    std::vector<std::string_view> names;
    for (const header_view field : fields) {
        if (field.name.size() != 10 || !iequals(field.name, "connection")) continue;
        each_token(field.value, [&names](std::string_view token) {
            if (!iequals(token, "close") && !iequals(token, "keep-alive")) names.push_back(token);
        });
    }
    return names;
}

bool contains_name(const std::vector<std::string_view>& names, std::string_view name) noexcept {
    for (const std::string_view candidate : names)
        if (iequals(candidate, name)) return true;
    return false;
}

}  // namespace

headers forwarded_request_fields(const headers& received) {
    const std::vector<std::string_view> named = named_by_connection(received);
    headers out = received;
    out.erase_if([&named](const header_view& field) {
        return is_hop_by_hop(field.name) || belongs_to_connection(field.name) ||
               is_ours(field.name) || contains_name(named, field.name);
    });
    return out;
}

void remove_hop_by_hop(headers& answer) {
    const std::vector<std::string_view> named = named_by_connection(answer);
    answer.erase_if([&named](const header_view& field) {
        return is_hop_by_hop(field.name) || contains_name(named, field.name);
    });
}

}  // namespace symphony::gateway
