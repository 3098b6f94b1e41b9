#include "cli/breakers_table.hpp"

#include "cli/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace symphony::cli {

namespace {

std::string text_of(const json& value) {
    const std::string* const text = value.as_string();
    return text ? *text : std::string();
}

std::string note_of(const breaker_row& row) {
    if (row.manual) return "by hand, until 'auto'";
    if (row.admitted_share) {
        return fmt::format("admits {:.0f} % of the calls", *row.admitted_share * 100);
    }
    if (row.retry_after_ms) {
        return "for " + readable(std::chrono::milliseconds(*row.retry_after_ms));
    }
    return "";
}

}  // namespace

std::vector<breaker_row> breakers_in_status(const json& status, std::string_view only) {
    std::vector<breaker_row> rows;
    const json& tools = status["tools"];
    for (std::size_t i = 0; i < tools.size(); ++i) {
        const json& endpoints = tools[i]["endpoints"];
        for (std::size_t j = 0; j < endpoints.size(); ++j) {
            if (!endpoints[j].contains("breaker")) continue;
            const json& breaker = endpoints[j]["breaker"];
            breaker_row row{text_of(tools[i]["name"]), text_of(endpoints[j]["name"]),
                            text_of(breaker["state"]), breaker["manual"].as_bool()};
            if (!only.empty() && row.tool + "." + row.endpoint != only) continue;
            if (breaker.contains("retryAfterMs")) {
                row.retry_after_ms = breaker["retryAfterMs"].as_int();
            }
            if (breaker.contains("admittedShare")) {
                row.admitted_share = breaker["admittedShare"].as_double();
            }
            rows.push_back(std::move(row));
        }
    }
    return rows;
}

std::string breakers_table(const std::vector<breaker_row>& rows) {
    if (rows.empty()) return "no circuit breakers are configured\n";
    std::size_t width = 8;
    for (const breaker_row& row : rows)
        width = std::max(width, row.tool.size() + 1 + row.endpoint.size());
    std::string text = fmt::format("{:{}}  {:9}  {}\n", "ENDPOINT", width, "STATE", "NOTE");
    for (const breaker_row& row : rows) {
        std::string line = fmt::format("{:{}}  {:9}  {}", row.tool + "." + row.endpoint, width,
                                       row.state, note_of(row));
        line.resize(line.find_last_not_of(' ') + 1);
        text += line + "\n";
    }
    return text;
}

std::string breakers_json(const std::vector<breaker_row>& rows) {
    json::array all;
    for (const breaker_row& row : rows) {
        json shown = json::of({{"tool", row.tool},
                               {"endpoint", row.endpoint},
                               {"state", row.state},
                               {"manual", json(row.manual)}});
        if (row.retry_after_ms) shown.set("retryAfterMs", *row.retry_after_ms);
        if (row.admitted_share) shown.set("admittedShare", *row.admitted_share);
        all.push_back(std::move(shown));
    }
    return json(std::move(all)).dump() + "\n";
}

}  // namespace symphony::cli
