#include "tool/default_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

namespace symphony::detail {

namespace {

std::unexpected<error> wrong(std::string_view member, std::string_view expected) {
    return fail(error_kind::invalid_request, fmt::format("'{}' has to be {}", member, expected));
}

// Everything but the unreserved characters (RFC 3986, 2.3).
void append_encoded(std::string& to, std::string_view text) {
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (std::isalnum(byte) != 0 || std::string_view("-._~").contains(c)) {
            to += c;
        } else {
            to += fmt::format("%{:02X}", byte);
        }
    }
}

std::string text_of(const json& value) {
    const std::string* const text = value.as_string();
    return text != nullptr ? *text : value.dump();
}

result<std::string> read_query(const json& value) {
    if (const std::string* const text = value.as_string()) return *text;
    const json::object* const members = value.as_object();
    if (members == nullptr) return wrong("query", "a text or an object");
    std::string query;
    for (const auto& [name, item] : *members) {
        if (item.is_object() || item.is_array()) return wrong("query", "of plain values");
        if (!query.empty()) query += '&';
        append_encoded(query, name);
        query += '=';
        append_encoded(query, text_of(item));
    }
    return query;
}

result<void> read_headers(const json& value, headers& to) {
    const json::object* const members = value.as_object();
    if (members == nullptr) return wrong("headers", "an object");
    for (const auto& [name, item] : *members) {
        const bool plain = item.is_string() || item.is_number() || item.is_bool();
        if (!plain || !to.add(name, text_of(item))) return wrong("headers", "of valid fields");
    }
    return {};
}

result<std::string> choose_endpoint(const catalogued_tool& tool, const json& params) {
    if (params.contains("endpoint")) {
        const std::string* const name = params["endpoint"].as_string();
        if (name == nullptr) return wrong("endpoint", "a text");
        return *name;
    }
    if (tool.endpoints.size() == 1) return tool.endpoints.front().first;
    std::string names;
    for (const auto& [name, endpoint] : tool.endpoints)
        names += (names.empty() ? "" : ", ") + name;
    return fail(error_kind::invalid_request,
                fmt::format("say which 'endpoint' of {} to call: {}", tool.options.name, names));
}

result<void> check_members(const json& params) {
    constexpr std::array<std::string_view, 6> known{"endpoint", "method",  "path",
                                                    "query",    "headers", "body"};
    if (params.is_null()) return {};
    const json::object* const members = params.as_object();
    if (members == nullptr) return fail(error_kind::invalid_request, "params have to be an object");
    for (const auto& [name, value] : *members) {
        if (std::ranges::find(known, name) == known.end()) {
            return fail(error_kind::invalid_request,
                        fmt::format("params have no member '{:.64}': there are {}", name,
                                    fmt::join(known, ", ")));
        }
    }
    return {};
}

void read_body(const json& body, request& what) {
    what.body = text_of(body);
    if (!body.is_string() && !what.fields.contains("content-type")) {
        what.fields.add("content-type", "application/json");
    }
    if (what.method.empty()) what.method = "POST";
}

}  // namespace

result<described_call> read_params(const catalogued_tool& tool, const json& params) {
    if (auto known = check_members(params); !known) return std::unexpected(known.error());
    auto endpoint = choose_endpoint(tool, params);
    if (!endpoint) return std::unexpected(endpoint.error());
    described_call made;
    made.endpoint = std::move(*endpoint);
    if (params.contains("path")) {
        const std::string* const path = params["path"].as_string();
        if (path == nullptr) return wrong("path", "a text");
        made.what = request(*path);
    }
    if (params.contains("method")) {
        const std::string* const method = params["method"].as_string();
        if (method == nullptr || method->empty()) return wrong("method", "a text");
        made.what.method = *method;
    }
    if (params.contains("query")) {
        auto query = read_query(params["query"]);
        if (!query) return std::unexpected(query.error());
        if (!made.what.query.empty() && !query->empty()) made.what.query += '&';
        made.what.query += *query;
    }
    if (params.contains("headers")) {
        const auto read = read_headers(params["headers"], made.what.fields);
        if (!read) return std::unexpected(read.error());
    }
    if (params.contains("body")) read_body(params["body"], made.what);
    return made;
}

json describe_answer(const response& answer) {
    json::object fields;
    for (const header_view field : answer.fields) {
        std::string name(field.name);
        std::ranges::transform(name, name.begin(),
                               [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
        const bool seen = std::ranges::any_of(
            fields, [&](const json::member& other) { return other.first == name; });
        if (!seen) fields.emplace_back(name, answer.fields.get_all(name));
    }
    const result<json> body = answer.as_json();
    return json::of({{"status", answer.status},
                     {"headers", json(std::move(fields))},
                     {"body", body ? *body : json(answer.body)}});
}

}  // namespace symphony::detail
