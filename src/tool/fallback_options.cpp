#include "symphony/tool/fallback_options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

namespace symphony {

namespace {

const named_endpoint* find_in(const tool_options& tool, std::string_view name) {
    const auto found = std::ranges::find(tool.external_apis, name, &named_endpoint::name);
    return found == tool.external_apis.end() ? nullptr : &*found;
}

using links = std::map<endpoint_name, endpoint_name>;

// From `first` on until somebody comes twice; empty when nobody does.
std::vector<endpoint_name> way_round(const links& next, const endpoint_name& first) {
    std::vector<endpoint_name> way{first};
    for (auto at = next.find(first); at != next.end(); at = next.find(at->second)) {
        const bool seen = std::ranges::find(way, at->second) != way.end();
        way.push_back(at->second);
        if (at->second == first) return way;
        if (seen) return {};  // round, but not through `first`
    }
    return {};
}

std::string way_text(const std::vector<endpoint_name>& way) {
    std::string text;
    for (const endpoint_name& one : way)
        text += (text.empty() ? "" : " -> ") + one.text();
    return text;
}

}  // namespace

std::expected<endpoint_name, std::string> find_fallback(const std::vector<tool_options>& tools,
                                                        std::string_view own,
                                                        std::string_view fallback) {
    const auto dot = fallback.find('.');
    const std::string_view tool_name = fallback.substr(0, dot);
    const auto tool = std::ranges::find(tools, tool_name, &tool_options::name);
    if (tool == tools.end()) {
        return std::unexpected(fmt::format("there is no tool '{:.64}'", tool_name));
    }
    if (dot != std::string_view::npos) {
        const std::string_view name = fallback.substr(dot + 1);
        if (find_in(*tool, name) != nullptr) return endpoint_name{tool->name, std::string(name)};
        return std::unexpected(
            fmt::format("the tool '{}' has no endpoint '{:.64}'", tool->name, name));
    }
    if (find_in(*tool, own) != nullptr) return endpoint_name{tool->name, std::string(own)};
    if (tool->external_apis.size() == 1) {
        return endpoint_name{tool->name, tool->external_apis.front().name};
    }
    return std::unexpected(
        fmt::format("the tool '{0}' has no endpoint '{1}' and more than one other: "
                    "write '{0}.ENDPOINT'",
                    tool->name, own));
}

std::vector<fallback_fault> fallback_faults(const std::vector<tool_options>& tools) {
    std::vector<fallback_fault> faults;
    std::vector<endpoint_name> order;
    links next;
    for (const tool_options& tool : tools) {
        for (const auto& [name, options] : tool.external_apis) {
            if (options.fallback.empty()) continue;
            endpoint_name here{tool.name, name};
            if (auto found = find_fallback(tools, name, options.fallback)) {
                next.emplace(here, std::move(*found));
                order.push_back(std::move(here));
            } else {
                faults.push_back({std::move(here), std::move(found.error())});
            }
        }
    }
    std::set<endpoint_name> told;
    for (const endpoint_name& first : order) {
        if (told.contains(first)) continue;
        const std::vector<endpoint_name> way = way_round(next, first);
        if (way.empty()) continue;
        told.insert(way.begin(), way.end());
        faults.push_back({first, "the fallbacks go round in a circle: " + way_text(way)});
    }
    return faults;
}

}  // namespace symphony
