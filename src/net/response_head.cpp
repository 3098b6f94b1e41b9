#include "net/response_head.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>

namespace symphony::net::detail {

namespace {

std::unexpected<error> broken(const char* what) {
    return fail(error_kind::protocol_error, std::string("the answer breaks HTTP: ") + what);
}

std::string_view trim(std::string_view text) noexcept {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
        text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t'))
        text.remove_suffix(1);
    return text;
}

constexpr bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}

// HTTP/1.1 200 OK: also without the reason and its space, as many servers send it.
bool parse_status_line(std::string_view line, response_head& to, bool& is_1_1) noexcept {
    if (line.size() < 12 || !line.starts_with("HTTP/1.") || line[8] != ' ') return false;
    if (line[7] != '0' && line[7] != '1') return false;
    if (!is_digit(line[9]) || !is_digit(line[10]) || !is_digit(line[11])) return false;
    if (line.size() > 12 && line[12] != ' ') return false;
    const bool clean = std::ranges::all_of(line.substr(12), [](char c) {
        return (static_cast<unsigned char>(c) >= 0x20 && c != '\x7f') || c == '\t';
    });
    is_1_1 = line[7] == '1';
    to.status = (line[9] - '0') * 100 + (line[10] - '0') * 10 + (line[11] - '0');
    return clean && to.status >= 100;
}

// Calls `each` with the trimmed members of a comma-separated list; false as soon as it says so.
template <class Each>
bool for_members(std::string_view list, Each each) {
    for (;;) {
        const auto comma = list.find(',');
        if (!each(trim(list.substr(0, comma)))) return false;
        if (comma == std::string_view::npos) return true;
        list.remove_prefix(comma + 1);
    }
}

// What decides where the body ends and whether the connection lives on.
struct framing_fields {
    std::optional<std::uint64_t> length;
    bool length_broken = false;
    bool coded = false;
    bool chunked = false;
    bool names_coding = false;
    bool close = false;
    bool keep_alive = false;

    void look_at(std::string_view name, std::string_view value) {
        switch (name.size()) {
            case 10:
                if (iequals(name, "connection")) take_connection(value);
                break;
            case 14:
                if (iequals(name, "content-length")) take_length(value);
                break;
            case 16:
                names_coding = names_coding || iequals(name, "content-encoding");
                break;
            case 17:
                if (iequals(name, "transfer-encoding")) {
                    chunked = !coded && iequals(value, "chunked");
                    coded = true;
                }
                break;
            default:
                break;
        }
    }

private:
    void take_connection(std::string_view value) {
        for_members(value, [&](std::string_view member) {
            close = close || iequals(member, "close");
            keep_alive = keep_alive || iequals(member, "keep-alive");
            return true;
        });
    }
    // Repeated lengths are one when they are equal (RFC 9112, 6.3).
    void take_length(std::string_view value) {
        const bool good = for_members(value, [&](std::string_view member) {
            std::uint64_t number = 0;
            const char* const begin = member.data();
            const char* const end = begin + member.size();
            const auto read = std::from_chars(begin, end, number);
            if (member.empty() || !is_digit(member.front())) return false;
            if (read.ec != std::errc() || read.ptr != end) return false;
            if (length && *length != number) return false;
            length = number;
            return true;
        });
        length_broken = length_broken || !good;
    }
};

result<void> decide_framing(const framing_fields& seen, bool is_1_1, bool answers_head,
                            response_head& to) {
    to.names_coding = seen.names_coding;
    if (seen.length_broken) return broken("its Content-Length is not one number");
    if (seen.coded && !seen.chunked) return broken("a transfer coding other than chunked");
    if (seen.coded && seen.length) return broken("both Content-Length and Transfer-Encoding");
    if (seen.coded && !is_1_1) return broken("Transfer-Encoding in HTTP/1.0");
    to.keeps_alive = is_1_1 ? !seen.close : seen.keep_alive && !seen.close;
    if (answers_head || to.status < 200 || to.status == 204 || to.status == 304) {
        to.framing = body_framing::none;
    } else if (seen.chunked) {
        to.framing = body_framing::chunked;
    } else if (seen.length) {
        to.framing = *seen.length == 0 ? body_framing::none : body_framing::length;
        to.length = *seen.length;
    } else {
        to.framing = body_framing::until_close;
        to.keeps_alive = false;
    }
    return {};
}

}  // namespace

std::size_t find_head_end(std::string_view input, std::size_t& searched) noexcept {
    const std::size_t from = searched < 3 ? 0 : searched - 3;
    const auto at = input.find("\r\n\r\n", from);
    searched = input.size();
    return at == std::string_view::npos ? 0 : at + 4;
}

result<void> parse_response_head(std::string_view head, bool answers_head, response_head& to) {
    const auto line_end = head.find("\r\n");
    bool is_1_1 = false;
    if (!parse_status_line(head.substr(0, line_end), to, is_1_1)) {
        return broken("its first line is no status line");
    }
    framing_fields seen;
    to.bytes = head.size();
    to.fields.clear();
    to.fields.reserve(12, head.size());
    head.remove_prefix(line_end + 2);
    while (head.size() > 2) {
        const auto end = head.find("\r\n");
        const std::string_view line = head.substr(0, end);
        head.remove_prefix(end + 2);
        const auto colon = line.find(':');
        if (colon == std::string_view::npos) return broken("a line of its head has no colon");
        const std::string_view name = line.substr(0, colon);
        const std::string_view value = trim(line.substr(colon + 1));
        if (!to.fields.add(name, value)) {
            return broken("a header field has a character that must not be there");
        }
        seen.look_at(name, value);
    }
    return decide_framing(seen, is_1_1, answers_head, to);
}

}  // namespace symphony::net::detail
