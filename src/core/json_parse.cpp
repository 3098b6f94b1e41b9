#include "core/json_fault.hpp"
#include "symphony/core/json.hpp"

#include <boost/json/basic_parser_impl.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iterator>
#include <limits>

namespace symphony {

namespace {

namespace bj = boost::json;

constexpr std::size_t max_depth = 64;

// Of members with equal names the last value wins, in the place of the first.
void drop_repeated(json::object& members) {
    std::vector<std::size_t> order(members.size());
    for (std::size_t i = 0; i < order.size(); ++i)
        order[i] = i;
    std::ranges::sort(order, [&](std::size_t a, std::size_t b) {
        const int names = members[a].first.compare(members[b].first);
        return names != 0 ? names < 0 : a < b;
    });
    std::vector<bool> gone(members.size());
    bool any = false;
    for (std::size_t i = 1, first = 0; i < order.size(); ++i) {
        if (members[order[first]].first != members[order[i]].first) {
            first = i;
            continue;
        }
        members[order[first]].second = std::move(members[order[i]].second);
        gone[order[i]] = any = true;
    }
    if (!any) return;
    std::size_t index = 0;
    std::erase_if(members, [&](const json::member&) { return gone[index++]; });
}

bool has_repeated(const json::object& members) {
    constexpr std::size_t few = 16;
    if (members.size() > few) return true;  // let the sort find out
    for (std::size_t i = 1; i < members.size(); ++i) {
        for (std::size_t j = 0; j < i; ++j) {
            if (members[i].first == members[j].first) return true;
        }
    }
    return false;
}

// Builds our values from the parser's events; finished values wait on a stack for their container.
struct builder {
    static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);

    std::vector<json> values;
    std::vector<std::string> keys;
    std::string part;

    bool add(json value) {
        values.push_back(std::move(value));
        return true;
    }
    bool append(bj::string_view s) {
        part.append(s.data(), s.size());
        return true;
    }
    std::string take(bj::string_view s) {
        append(s);
        return std::exchange(part, {});
    }

    bool on_document_begin(bj::error_code&) { return true; }
    bool on_document_end(bj::error_code&) { return true; }
    bool on_array_begin(bj::error_code&) { return true; }
    bool on_array_end(std::size_t n, bj::error_code&) {
        const auto first = values.end() - static_cast<std::ptrdiff_t>(n);
        json::array items(std::make_move_iterator(first), std::make_move_iterator(values.end()));
        values.erase(first, values.end());
        return add(json(std::move(items)));
    }
    bool on_object_begin(bj::error_code&) { return true; }
    bool on_object_end(std::size_t n, bj::error_code&) {
        const std::size_t value = values.size() - n;
        const std::size_t key = keys.size() - n;
        json::object members;
        members.reserve(n);
        for (std::size_t i = 0; i < n; ++i) {
            members.emplace_back(std::move(keys[key + i]), std::move(values[value + i]));
        }
        keys.resize(key);
        values.resize(value);
        if (has_repeated(members)) drop_repeated(members);
        return add(json(std::move(members)));
    }
    bool on_string_part(bj::string_view s, std::size_t, bj::error_code&) { return append(s); }
    bool on_string(bj::string_view s, std::size_t, bj::error_code&) { return add(json(take(s))); }
    bool on_key_part(bj::string_view s, std::size_t, bj::error_code&) { return append(s); }
    bool on_key(bj::string_view s, std::size_t, bj::error_code&) {
        keys.push_back(take(s));
        return true;
    }
    bool on_number_part(bj::string_view s, bj::error_code&) { return append(s); }
    bool on_int64(std::int64_t n, bj::string_view, bj::error_code&) {
        part.clear();
        return add(json(n));
    }
    bool on_uint64(std::uint64_t n, bj::string_view, bj::error_code&) {
        part.clear();
        return add(json(n));
    }
    // The parser's own double may be off by the last bit.
    bool on_double(double rough, bj::string_view s, bj::error_code& ec) {
        const std::string text = take(s);
        double exact = 0;
        const auto parsed = std::from_chars(text.data(), text.data() + text.size(), exact);
        if (parsed.ec == std::errc::result_out_of_range) {
            if (std::abs(rough) >= 1) {
                ec = bj::error::exponent_overflow;
                return false;
            }
            exact = std::copysign(0.0, rough);
        }
        return add(json(exact));
    }
    bool on_bool(bool b, bj::error_code&) { return add(json(b)); }
    bool on_null(bj::error_code&) { return add(json()); }
    bool on_comment_part(bj::string_view, bj::error_code&) { return true; }
    bool on_comment(bj::string_view, bj::error_code&) { return true; }
};

}  // namespace

result<json> json::parse(std::string_view text) {
    json_position where;
    return parse(text, where);
}

result<json> json::parse(std::string_view text, json_position& where) {
    if (text.starts_with(detail::byte_order_mark))
        text.remove_prefix(detail::byte_order_mark.size());

    bj::parse_options options;
    options.max_depth = max_depth;
    bj::basic_parser<builder> parser(options);
    bj::error_code ec;
    const std::size_t used = parser.write_some(false, text.data(), text.size(), ec);
    if (!ec && used < text.size()) ec = bj::error::extra_data;
    if (ec) {
        const json_fault fault = detail::fault_at(text, used, ec, max_depth);
        where = fault.where;
        return fail(error_kind::invalid_response,
                    "not valid JSON at line " + std::to_string(where.line) + ", column " +
                        std::to_string(where.column) + ": " + fault.message);
    }
    return std::move(parser.handler().values.back());
}

}  // namespace symphony
