#include "net/content_coding.hpp"

#include <algorithm>
#include <string>

namespace symphony::net::detail {

namespace {

struct named_coding {
    std::string_view name;
    content_coding coding;
};

// "x-gzip" is to be taken for "gzip" (RFC 9110, 8.4.1.3).
constexpr std::array<named_coding, 5> known_codings{{{"gzip", content_coding::gzip},
                                                     {"br", content_coding::br},
                                                     {"zstd", content_coding::zstd},
                                                     {"deflate", content_coding::deflate},
                                                     {"x-gzip", content_coding::gzip}}};

std::string_view trimmed(std::string_view text) noexcept {
    const auto first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

}  // namespace

std::string_view to_string(content_coding coding) noexcept {
    const auto* const found = std::ranges::find(known_codings, coding, &named_coding::coding);
    return found == known_codings.end() ? std::string_view() : found->name;
}

std::optional<content_codings> read_content_encoding(const headers& fields) {
    const std::string all = fields.get_all("content-encoding");
    content_codings codings;
    std::string_view list = all;
    while (!list.empty()) {
        const auto comma = list.find(',');
        const std::string_view name = trimmed(list.substr(0, comma));
        list = comma == std::string_view::npos ? std::string_view() : list.substr(comma + 1);
        if (name.empty() || iequals(name, "identity")) continue;
        const auto* const found = std::ranges::find_if(
            known_codings, [&](const named_coding& known) { return iequals(known.name, name); });
        if (found == known_codings.end() || !codings.add(found->coding)) return std::nullopt;
    }
    return codings;
}

}  // namespace symphony::net::detail
