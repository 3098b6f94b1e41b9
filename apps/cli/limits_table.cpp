#include "cli/limits_table.hpp"

#include "cli/text.hpp"
#include "symphony/call/rate_sharing_options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace symphony::cli {

namespace {

std::string store_of(const limit_row& row) {
    return row.redis ? describe_target(*row.redis) : "local";
}

}  // namespace

std::map<std::string, limit_row> configured_limits(const file_options& options) {
    std::map<std::string, limit_row> rows;
    for (const tool_options& tool : options.tools) {
        for (const named_endpoint& api : tool.external_apis) {
            const auto& limit = api.options.rate_limit;
            if (!limit) continue;
            std::string key = limit->key_prefix;
            if (key.empty()) key = tool.name + "." + api.name;
            limit_row row{{key, limit->strategy, limit->levels()}, std::nullopt, std::nullopt};
            if (api.options.rate_sharing) row.redis = api.options.rate_sharing->redis;
            rows.try_emplace(std::move(key), std::move(row));
        }
    }
    return rows;
}

std::optional<rate_limiter::view> view_in_status(const json& status, std::string_view key) {
    const json& tools = status["tools"];
    for (std::size_t i = 0; i < tools.size(); ++i) {
        const json& endpoints = tools[i]["endpoints"];
        for (std::size_t j = 0; j < endpoints.size(); ++j) {
            const json& limit = endpoints[j]["rateLimit"];
            const std::string* const prefix = limit["keyPrefix"].as_string();
            if (prefix == nullptr || *prefix != key) continue;
            rate_limiter::view seen;
            seen.queued =
                static_cast<std::size_t>(std::max<std::int64_t>(limit["queued"].as_int(), 0));
            for (std::size_t k = 0; k < limit["levels"].size(); ++k) {
                const json& level = limit["levels"][k];
                seen.levels.push_back({static_cast<std::uint64_t>(level["max"].as_int()),
                                       std::chrono::milliseconds(level["windowMs"].as_int()),
                                       static_cast<std::uint64_t>(level["remaining"].as_int()),
                                       duration::zero()});
            }
            return seen;
        }
    }
    return std::nullopt;
}

std::string limits_table(const std::map<std::string, limit_row>& rows) {
    if (rows.empty()) return "no rate limits are configured\n";
    std::size_t width = 6;
    for (const auto& [key, row] : rows)
        width = std::max(width, key.size());
    std::string text = fmt::format("{:{}}  {:14}  {:>22}  {:>10}  {}\n", "PREFIX", width,
                                   "STRATEGY", "LIMIT", "REMAINING", "STORE");
    for (const auto& [key, row] : rows) {
        for (std::size_t i = 0; i < row.limit.levels.size(); ++i) {
            const rate_level& level = row.limit.levels[i];
            const bool known = row.view && i < row.view->levels.size();
            text += fmt::format("{:{}}  {:14}  {:>22}  {:>10}  {}\n", i == 0 ? key : "", width,
                                i == 0 ? to_string(row.limit.strategy) : "",
                                fmt::format("{} per {}", level.max, readable(level.window)),
                                known ? fmt::to_string(row.view->levels[i].remaining) : "unknown",
                                i == 0 ? store_of(row) : "");
        }
    }
    return text;
}

std::string limits_json(const std::map<std::string, limit_row>& rows) {
    json::array all;
    for (const auto& [key, row] : rows) {
        json::array levels;
        for (std::size_t i = 0; i < row.limit.levels.size(); ++i) {
            const rate_level& level = row.limit.levels[i];
            json shown = json::of({{"max", level.max}, {"windowMs", to_ms_ceil(level.window)}});
            const bool known = row.view && i < row.view->levels.size();
            if (known) shown.set("remaining", row.view->levels[i].remaining);
            levels.push_back(std::move(shown));
        }
        all.push_back(json::of({{"keyPrefix", key},
                                {"strategy", to_string(row.limit.strategy)},
                                {"store", row.redis ? "redis" : "local"},
                                {"known", json(row.view.has_value())},
                                {"levels", json(std::move(levels))}}));
    }
    return json(std::move(all)).dump() + "\n";
}

}  // namespace symphony::cli
