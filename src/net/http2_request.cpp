#include "net/http2_request.hpp"

#include "net/request_head.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

namespace symphony::net::detail {

namespace {

// RFC 9113, 8.2.2; the authority has a field of its own.
bool belongs_to_http1(std::string_view name) noexcept {
    constexpr std::array<std::string_view, 6> names{
        "connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade", "host"};
    return std::ranges::any_of(names, [name](std::string_view one) { return iequals(one, name); });
}

// What is secret goes into no table that later requests are compressed with (RFC 7541, 7.1.3).
bool is_secret(std::string_view name) noexcept {
    return name == "authorization" || name == "cookie" || name == "proxy-authorization";
}

bool has_capitals(std::string_view name) noexcept {
    return std::ranges::any_of(name, [](char c) { return c >= 'A' && c <= 'Z'; });
}

std::uint8_t* bytes_of(std::string_view text) noexcept {
    // nghttp2 reads only.
    return reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data()));
}

}  // namespace

void http2_request::add(std::string_view name, std::string_view value) {
    const auto flags = is_secret(name) ? NGHTTP2_NV_FLAG_NO_INDEX : NGHTTP2_NV_FLAG_NONE;
    fields_.push_back({bytes_of(name), bytes_of(value), name.size(), value.size(),
                       static_cast<std::uint8_t>(flags)});
}

void http2_request::add_field(const header_view& field) {
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

result<void> http2_request::fill(const wire_request& request) {
    if (auto sound = check_request_line(request); !sound) return sound;
    add(":method", request.method);
    add(":scheme", where_.base.scheme);
    add(":authority", where_.authority);
    add(":path", request.target);
    for (const header_view field : request.fields) {
        if (!is_valid_header(field.name, field.value)) {
            return fail(error_kind::invalid_request, "a header field cannot go on the wire");
        }
        add_field(field);
    }
    if (request.more_fields != nullptr) {
        for (const header_view field : request.more_fields->fields())
            add_field(field);
    }
    std::optional<std::uint64_t> length;
    if (request.stream != nullptr) {
        length = request.stream->size();
    } else if (!request.body.empty() || wants_length(request.method)) {
        length = request.body.size();
    }
    if (length) {
        const auto end = std::to_chars(length_.data(), length_.data() + length_.size(), *length);
        add("content-length", {length_.data(), static_cast<std::size_t>(end.ptr - length_.data())});
    }
    return {};
}

}  // namespace symphony::net::detail
