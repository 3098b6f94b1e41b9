#include "net/request_head.hpp"

#include "net/field_line.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <span>

namespace symphony::net::detail {

namespace {

bool is_target(std::string_view text) noexcept {
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte > 0x20 && byte < 0x7f;
    });
}

void append_number(std::string& to, std::uint64_t value, int base = 10) {
    std::array<char, 20> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value, base);
    to.append(digits.data(), end.ptr);
}

result<void> append_fields(std::span<const header_view> fields, std::string& to) {
    for (const header_view field : fields) {
        if (!is_valid_header(field.name, field.value)) {
            return fail(error_kind::invalid_request, "a header field cannot go on the wire");
        }
        append_field_line(to, field.name, field.value);
    }
    return {};
}

}  // namespace

bool wants_length(std::string_view method) noexcept {
    return method == "POST" || method == "PUT" || method == "PATCH";
}

result<void> check_request_line(const wire_request& request) {
    if (!is_valid_header(request.method, {})) {
        return fail(error_kind::invalid_request, "the method is no token (RFC 9110)");
    }
    if (!is_target(request.target)) {
        return fail(error_kind::invalid_request,
                    "the request target holds a space, a control or a non-ASCII character");
    }
    return {};
}

result<void> write_request_head(const destination& where, const wire_request& request,
                                bool expects_continue, std::string& to) {
    if (auto sound = check_request_line(request); !sound) return sound;
    to.append(request.method).append(" ").append(where.target_prefix);
    to.append(request.target).append(" HTTP/1.1\r\nHost: ");
    to.append(where.authority).append("\r\n");
    if (!where.target_prefix.empty() && !where.proxy->authorization.empty()) {
        to.append("Proxy-Authorization: ").append(where.proxy->authorization.reveal());
        to.append("\r\n");
    }
    if (auto done = append_fields(request.fields, to); !done) return done;
    if (request.more_fields != nullptr) to.append(request.more_fields->lines());
    if (request.stream != nullptr) {
        if (const std::optional<std::uint64_t> size = request.stream->size()) {
            to.append("Content-Length: ");
            append_number(to, *size);
            to.append("\r\n");
        } else {
            to.append("Transfer-Encoding: chunked\r\n");
        }
    } else if (!request.body.empty() || wants_length(request.method)) {
        to.append("Content-Length: ");
        append_number(to, request.body.size());
        to.append("\r\n");
    }
    if (expects_continue) to.append("Expect: 100-continue\r\n");
    to.append("\r\n");
    return {};
}

void write_chunk_head(std::size_t size, std::string& to) {
    append_number(to, size, 16);
    to.append("\r\n");
}

}  // namespace symphony::net::detail
