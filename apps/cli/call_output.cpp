#include "cli/call_output.hpp"

#include "cli/text.hpp"
#include "symphony/core/json.hpp"
#include "symphony/core/json_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace symphony::cli {

namespace {

std::string lower(std::string_view text) {
    std::string out(text);
    std::ranges::transform(out, out.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return out;
}

// application/json and application/anything+json, parameters aside.
bool says_json(std::string_view content_type) {
    std::string type = lower(content_type.substr(0, content_type.find(';')));
    while (!type.empty() && (type.back() == ' ' || type.back() == '\t'))
        type.pop_back();
    return type == "application/json" || type == "text/json" || type.ends_with("+json");
}

// Set-Cookie is the one field whose values cannot be joined by commas (RFC 9110, 5.3).
json headers_object(const headers& fields) {
    json object{json::object{}};
    for (const header_view field : fields) {
        std::string name = lower(field.name);
        if (object.contains(name)) continue;
        if (name == "set-cookie") {
            json::array cookies;
            for (const header_view other : fields)
                if (iequals(other.name, name)) cookies.emplace_back(other.value);
            if (cookies.size() > 1) {
                object.set(std::move(name), json(std::move(cookies)));
                continue;
            }
        }
        object.set(std::move(name), json(fields.get_all(field.name)));
    }
    return object;
}

double milliseconds(duration took) {
    const auto us = std::chrono::duration_cast<std::chrono::microseconds>(took).count();
    return static_cast<double>(us) / 1000.0;
}

// The member of the report that holds the body. JSON goes in as the API wrote it: read and written
// anew, large numbers would be rounded and repeated members lost.
std::string body_member(const response& answer) {
    if (!is_utf8(answer.body))
        return fmt::format("\"bodyBase64\":{}", json(to_base64(answer.body)).dump());
    std::optional<std::string> value;
    if (says_json(answer.fields.get("content-type").value_or("")))
        value = compact_json(answer.body);
    return "\"body\":" + (value ? *value : json(answer.body).dump());
}

// An object's text without its braces.
std::string members_of(const json& object) {
    const std::string text = object.dump();
    return text.substr(1, text.size() - 2);
}

}  // namespace

std::string call_report(const response& answer, duration took) {
    const json head = json::of({{"ok", json(answer.status < 400)},
                                {"status", answer.status},
                                {"headers", headers_object(answer.fields)}});
    const json rest = json::of({{"attempts", answer.attempts}, {"durationMs", milliseconds(took)}});
    return fmt::format("{{{},{},{}}}", members_of(head), body_member(answer), members_of(rest));
}

std::string call_report(const error& failure, duration took) {
    json about = json::of({{"kind", to_string(failure.kind)}, {"message", failure.message}});
    if (failure.retry_after && *failure.retry_after != duration::max())
        about.set("retryAfterMs", to_ms_ceil(*failure.retry_after));
    return json::of({{"ok", json(false)},
                     {"status", 0},
                     {"headers", json(json::object{})},
                     {"body", json()},
                     {"attempts", failure.attempts},
                     {"durationMs", milliseconds(took)},
                     {"error", std::move(about)}})
        .dump();
}

std::string head_text(const response& answer) {
    const bool is_http2 = answer.version == http_version::http2;
    std::string out = fmt::format("{} {}\r\n", is_http2 ? "HTTP/2" : "HTTP/1.1", answer.status);
    for (const header_view field : answer.fields)
        out += fmt::format("{}: {}\r\n", field.name, field.value);
    return out += "\r\n";
}

std::string error_line(const error& failure) {
    std::string line = fmt::format("{}: {}", to_string(failure.kind), failure.message);
    if (failure.retry_after && *failure.retry_after != duration::max())
        line += fmt::format(" (retry in {})", readable(*failure.retry_after));
    if (failure.attempts > 1) line += fmt::format(" after {} attempts", failure.attempts);
    return line;
}

}  // namespace symphony::cli
