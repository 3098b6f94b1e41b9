#include "net/http2_fields.hpp"

#include <algorithm>
#include <charconv>

namespace symphony::net::detail {

namespace {

// RFC 9113, 8.2.2; the authority has a field of its own, and so has the length.
bool belongs_to_http1(std::string_view name) noexcept {
    constexpr std::array<std::string_view, 6> names{
        "connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade", "host"};
    return std::ranges::any_of(names, [name](std::string_view one) { return iequals(one, name); });
}

// What is secret goes into no table that later heads are compressed with (RFC 7541, 7.1.3).
bool is_secret(std::string_view name) noexcept {
    return name == "authorization" || name == "cookie" || name == "proxy-authorization" ||
           name == "set-cookie";
}

bool has_capitals(std::string_view name) noexcept {
    return std::ranges::any_of(name, [](char c) { return c >= 'A' && c <= 'Z'; });
}

std::uint8_t* bytes_of(std::string_view text) noexcept {
    // nghttp2 reads only.
    return reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data()));
}

}  // namespace

void http2_fields::add(std::string_view name, std::string_view value) {
    const auto flags = is_secret(name) ? NGHTTP2_NV_FLAG_NO_INDEX : NGHTTP2_NV_FLAG_NONE;
    fields_.push_back({bytes_of(name), bytes_of(value), name.size(), value.size(),
                       static_cast<std::uint8_t>(flags)});
}

void http2_fields::add_field(const header_view& field) {
    if (belongs_to_http1(field.name)) return;
    if (!has_capitals(field.name)) {
        add(field.name, field.value);
        return;
    }
    auto& lowered = *lowered_.emplace_back(std::make_unique<std::string>(field.name));
    std::ranges::transform(lowered, lowered.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
    });
    add(lowered, field.value);
}

void http2_fields::add_content_length(std::uint64_t bytes) {
    const auto end = std::to_chars(length_.data(), length_.data() + length_.size(), bytes);
    add("content-length", {length_.data(), static_cast<std::size_t>(end.ptr - length_.data())});
}

}  // namespace symphony::net::detail
