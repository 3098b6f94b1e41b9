#include "symphony/core/json_text.hpp"

#include "core/json_fault.hpp"

#include <boost/json/basic_parser_impl.hpp>

#include <cstddef>
#include <cstdint>
#include <utility>

namespace symphony {

namespace {

namespace bj = boost::json;

// Takes every event and keeps nothing: only whether the text is JSON counts.
struct checker {
    static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);

    bool on_document_begin(bj::error_code&) { return true; }
    bool on_document_end(bj::error_code&) { return true; }
    bool on_array_begin(bj::error_code&) { return true; }
    bool on_array_end(std::size_t, bj::error_code&) { return true; }
    bool on_object_begin(bj::error_code&) { return true; }
    bool on_object_end(std::size_t, bj::error_code&) { return true; }
    bool on_string_part(bj::string_view, std::size_t, bj::error_code&) { return true; }
    bool on_string(bj::string_view, std::size_t, bj::error_code&) { return true; }
    bool on_key_part(bj::string_view, std::size_t, bj::error_code&) { return true; }
    bool on_key(bj::string_view, std::size_t, bj::error_code&) { return true; }
    bool on_number_part(bj::string_view, bj::error_code&) { return true; }
    bool on_int64(std::int64_t, bj::string_view, bj::error_code&) { return true; }
    bool on_uint64(std::uint64_t, bj::string_view, bj::error_code&) { return true; }
    bool on_double(double, bj::string_view, bj::error_code&) { return true; }
    bool on_bool(bool, bj::error_code&) { return true; }
    bool on_null(bj::error_code&) { return true; }
    bool on_comment_part(bj::string_view, bj::error_code&) { return true; }
    bool on_comment(bj::string_view, bj::error_code&) { return true; }
};

// Deep enough for any API; the parser recurses.
constexpr std::size_t compacted_depth = 512;

json_position position_of(std::string_view text, std::size_t offset) {
    json_position where;
    for (const char c : text.substr(0, offset)) {
        if (c == '\n') {
            ++where.line;
            where.column = 1;
        } else if ((static_cast<unsigned char>(c) & 0xC0) != 0x80) {
            ++where.column;
        }
    }
    return where;
}

}  // namespace

json_fault detail::fault_at(std::string_view text, std::size_t offset, const bj::error_code& ec,
                            std::size_t max_depth) {
    std::string what = ec.message();
    if (ec == bj::error::incomplete) what = "the text ends too early";
    if (ec == bj::error::too_deep) what = "more than " + std::to_string(max_depth) + " levels deep";
    if (ec == bj::error::extra_data) what = "text after the value";
    return {offset, position_of(text, offset), std::move(what)};
}

std::optional<json_fault> find_json_fault(std::string_view text, std::size_t max_depth) {
    const std::size_t mark =
        text.starts_with(detail::byte_order_mark) ? detail::byte_order_mark.size() : 0;
    text.remove_prefix(mark);
    bj::parse_options options;
    options.max_depth = max_depth;
    bj::basic_parser<checker> parser(options);
    bj::error_code ec;
    const std::size_t used = parser.write_some(false, text.data(), text.size(), ec);
    if (!ec && used < text.size()) ec = bj::error::extra_data;
    if (!ec) return std::nullopt;
    json_fault fault = detail::fault_at(text, used, ec, max_depth);
    fault.offset += mark;
    return fault;
}

std::optional<std::string> compact_json(std::string_view text) {
    if (find_json_fault(text, compacted_depth)) return std::nullopt;
    if (text.starts_with(detail::byte_order_mark))
        text.remove_prefix(detail::byte_order_mark.size());
    std::string out;
    out.reserve(text.size());
    bool in_string = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (in_string && c == '\\') {
            out += c;
            out += text[++i];  // there is one: the text is JSON
            continue;
        }
        if (c == '"') in_string = !in_string;
        if (in_string || (c != ' ' && c != '\t' && c != '\n' && c != '\r')) out += c;
    }
    return out;
}

}  // namespace symphony
