#pragma once

#include <cstring>
#include <string>
#include <string_view>

namespace symphony::net::detail {

/// Appends `name: value` and the end of the line, as HTTP/1.1 writes a field (RFC 9112, 5). The
/// caller has seen that it is valid.
inline void append_field_line(std::string& to, std::string_view name, std::string_view value) {
    const std::size_t before = to.size();
    const std::size_t size = before + name.size() + value.size() + 4;
    to.resize_and_overwrite(size, [&](char* text, std::size_t) {  // libstdc++ 12: the capacity
        char* const at = text + before;
        std::memcpy(at, name.data(), name.size());
        at[name.size()] = ':';
        at[name.size() + 1] = ' ';
        if (!value.empty()) std::memcpy(at + name.size() + 2, value.data(), value.size());
        text[size - 2] = '\r';
        text[size - 1] = '\n';
        return size;
    });
}

}  // namespace symphony::net::detail
