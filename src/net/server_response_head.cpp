#include "net/server_response_head.hpp"

#include "net/field_line.hpp"
#include "net/server_request_syntax.hpp"

#include <array>
#include <charconv>

namespace symphony::net::detail {

namespace {

template <class Number>
void append_number(std::string& out, Number value) {
    std::array<char, 20> digits;  // NOLINT(cppcoreguidelines-pro-type-member-init): written below
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value);
    out.append(digits.data(), static_cast<std::size_t>(end.ptr - digits.data()));
}

enum class field_kind : std::uint8_t { own, framing, date };

// The fields that are not simply passed on.
field_kind kind_of(std::string_view name) noexcept {
    switch (name.size()) {
        case 4:
            return iequals(name, "date") ? field_kind::date : field_kind::own;
        case 10:
            return iequals(name, "connection") || iequals(name, "keep-alive") ? field_kind::framing
                                                                              : field_kind::own;
        case 14:
            return iequals(name, "content-length") ? field_kind::framing : field_kind::own;
        case 17:
            return iequals(name, "transfer-encoding") ? field_kind::framing : field_kind::own;
        default:
            return field_kind::own;
    }
}

std::optional<std::uint64_t> given_length(const headers& fields) noexcept {
    return length_in(fields.get("content-length").value_or(""));
}

}  // namespace

answer_plan plan_answer(const response& answer, std::string_view method, bool http_1_0,
                        bool keep_alive) {
    answer_plan plan;
    plan.http_1_0 = http_1_0;
    plan.keep_alive = keep_alive;
    if (const auto wish = answer.fields.get("connection"); wish && iequals(*wish, "close"))
        plan.keep_alive = false;
    const bool head = method == "HEAD";
    plan.sends_body = !head && answer.status != 204 && answer.status != 304;
    if (answer.status == 204) return plan;
    if (!plan.sends_body) {
        plan.length = given_length(answer.fields);
        if (!plan.length && head && answer.status != 304) {
            if (answer.stream) {
                plan.length = answer.stream->size();
            } else if (!answer.body.empty()) {
                plan.length = answer.body.size();
            }
        }
        return plan;
    }
    plan.length = answer.stream ? answer.stream->size() : answer.body.size();
    if (!plan.length) {
        plan.chunked = !http_1_0;
        if (http_1_0) plan.keep_alive = false;
    }
    return plan;
}

void append_head(std::string& out, const response& answer, const answer_plan& plan,
                 std::string_view date) {
    out.append("HTTP/1.1 ");
    append_number(out, answer.status);
    out.append(" ").append(reason_phrase(answer.status)).append("\r\n");
    bool dated = false;
    for (const header_view field : answer.fields) {
        const field_kind kind = kind_of(field.name);
        if (kind == field_kind::framing) continue;
        dated = dated || kind == field_kind::date;
        append_field_line(out, field.name, field.value);
    }
    if (!dated) append_field_line(out, "Date", date);
    if (plan.length) {
        out.append("Content-Length: ");
        append_number(out, *plan.length);
        out.append("\r\n");
    }
    if (plan.chunked) out.append("Transfer-Encoding: chunked\r\n");
    if (!plan.keep_alive) {
        out.append("Connection: close\r\n");
    } else if (plan.http_1_0) {
        out.append("Connection: keep-alive\r\n");
    }
    out.append("\r\n");
}

std::string_view reason_phrase(int status) noexcept {
    switch (status) {
            // clang-format off
        case 200: return "OK";
        case 201: return "Created";
        case 202: return "Accepted";
        case 203: return "Non-Authoritative Information";
        case 204: return "No Content";
        case 205: return "Reset Content";
        case 206: return "Partial Content";
        case 207: return "Multi-Status";
        case 208: return "Already Reported";
        case 300: return "Multiple Choices";
        case 301: return "Moved Permanently";
        case 302: return "Found";
        case 303: return "See Other";
        case 304: return "Not Modified";
        case 307: return "Temporary Redirect";
        case 308: return "Permanent Redirect";
        case 400: return "Bad Request";
        case 401: return "Unauthorized";
        case 402: return "Payment Required";
        case 403: return "Forbidden";
        case 404: return "Not Found";
        case 405: return "Method Not Allowed";
        case 406: return "Not Acceptable";
        case 407: return "Proxy Authentication Required";
        case 408: return "Request Timeout";
        case 409: return "Conflict";
        case 410: return "Gone";
        case 411: return "Length Required";
        case 412: return "Precondition Failed";
        case 413: return "Content Too Large";
        case 414: return "URI Too Long";
        case 415: return "Unsupported Media Type";
        case 416: return "Range Not Satisfiable";
        case 417: return "Expectation Failed";
        case 418: return "I'm a teapot";
        case 421: return "Misdirected Request";
        case 422: return "Unprocessable Content";
        case 423: return "Locked";
        case 424: return "Failed Dependency";
        case 425: return "Too Early";
        case 426: return "Upgrade Required";
        case 428: return "Precondition Required";
        case 429: return "Too Many Requests";
        case 431: return "Request Header Fields Too Large";
        case 451: return "Unavailable For Legal Reasons";
        case 499: return "Client Closed Request";
        case 500: return "Internal Server Error";
        case 501: return "Not Implemented";
        case 502: return "Bad Gateway";
        case 503: return "Service Unavailable";
        case 504: return "Gateway Timeout";
        case 505: return "HTTP Version Not Supported";
        case 507: return "Insufficient Storage";
        case 508: return "Loop Detected";
        case 511: return "Network Authentication Required";
        default: return "";
            // clang-format on
    }
}

}  // namespace symphony::net::detail
