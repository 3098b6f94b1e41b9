#include "store/redis_key.hpp"

#include <fmt/format.h>

namespace symphony::detail {

std::string redis_key(std::string_view name) {
    std::string text = "symphony:{";
    text.reserve(text.size() + name.size() + 8);
    for (const char c : name) {
        if (c == '{' || c == '}' || c == '%') {
            text += fmt::format("%{:02x}", static_cast<unsigned char>(c));
        } else {
            text += c;
        }
    }
    return text += '}';
}

}  // namespace symphony::detail
