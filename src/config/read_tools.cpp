#include "config/blocks.hpp"
#include "config/text.hpp"
#include "symphony/core/nearest_name.hpp"
#include "symphony/tool/fallback_options.hpp"

#include <algorithm>
#include <set>
#include <tuple>

namespace symphony::detail {

namespace {

constexpr std::string_view bad_name = "a name has letters, digits, '-' and '_' only, at most 64";

// The limits that stand under one prefix: where they were first given, and what they are.
struct budget {
    rate_limit_options options;
    std::optional<rate_sharing_options> sharing;
    std::string path;
};

bool same_limit(const rate_limit_options& a, const rate_limit_options& b) {
    const auto sorted = [](const rate_limit_options& options) {
        std::vector<std::tuple<duration, std::uint64_t, std::uint64_t>> levels;
        for (const rate_level& level : options.levels()) {
            levels.emplace_back(level.window, level.max, level.burst ? level.burst : level.max);
        }
        std::ranges::sort(levels);
        return levels;
    };
    return a.strategy == b.strategy && sorted(a) == sorted(b) &&
           a.max_queue_size == b.max_queue_size && a.max_queue_time == b.max_queue_time;
}

bool same_sharing(const std::optional<rate_sharing_options>& a,
                  const std::optional<rate_sharing_options>& b) {
    return a && b ? a->same_as(*b) : !a && !b;
}

class tools_reader {
public:
    std::vector<tool_options> read(const cursor& at) {
        std::vector<tool_options> tools;
        for (const cursor& item : at.items())
            tools.push_back(read_tool(item));
        if (at.value().kind == node::type::sequence && tools.empty()) {
            at.wrong("must not be empty");
        }
        check_fallbacks(tools);
        return tools;
    }

private:
    tool_options read_tool(const cursor& at) {
        const object block(at, {{"name"}, {"description"}, {"externalAPIs"}});
        tool_options tool;
        if (const auto name = block.require("name")) tool.name = read_name(*name);
        block.into(tool.description, "description", [](const cursor& c) { return c.shown_text(); });
        if (const auto apis = block.require("externalAPIs")) read_apis(*apis, tool);
        return tool;
    }

    std::string read_name(const cursor& at) {
        const auto name = at.shown_text();
        if (!name) return {};
        if (!is_name(*name)) {
            at.wrong(std::string(bad_name));
        } else if (!names_.insert(*name).second) {
            at.wrong("another tool has this name");
        }
        return *name;
    }

    void read_apis(const cursor& at, tool_options& tool) {
        const auto members = at.members();
        if (!members) return;
        if (members->empty()) at.wrong("must not be empty");
        for (const auto& [name, value] : *members) {
            if (!is_name(name)) value.incomplete(std::string(bad_name));
            tool.external_apis.push_back({name, read_endpoint(value)});
            check_budget(value, tool.name, tool.external_apis.back());
            endpoints_.try_emplace({tool.name, name}, value);
        }
    }

    void check_budget(const cursor& at, const std::string& tool, const named_endpoint& endpoint) {
        const auto& limit = endpoint.options.rate_limit;
        if (!limit) return;
        const std::string prefix =
            limit->key_prefix.empty() ? tool + "." + endpoint.name : limit->key_prefix;
        const auto [first, fresh] =
            budgets_.try_emplace(prefix, budget{*limit, endpoint.options.rate_sharing, at.path()});
        if (fresh) return;
        const budget& other = first->second;
        const bool alike = same_limit(other.options, *limit);
        if (alike && same_sharing(other.sharing, endpoint.options.rate_sharing)) return;
        const std::string what = alike ? "the limit with the same 'keyPrefix' is shared otherwise: "
                                       : "another limit has the same 'keyPrefix': ";
        at.context().fault(object_member(at, "rateLimit"), at.path() + ".rateLimit",
                           what + other.path + ".rateLimit; one prefix is one budget");
    }

    void check_fallbacks(const std::vector<tool_options>& tools) const {
        std::vector<std::string> known;
        for (const tool_options& tool : tools) {
            known.push_back(tool.name);
            for (const auto& [name, options] : tool.external_apis)
                known.push_back(tool.name + "." + name);
        }
        const std::vector<std::string_view> names(known.begin(), known.end());
        for (const fallback_fault& fault : fallback_faults(tools)) {
            const cursor& at = endpoints_.at(fault.at);
            const node* const breaker = member_of(at.value(), "circuitBreaker");
            const node* const given = breaker ? member_of(*breaker, "fallbackService") : nullptr;
            if (given == nullptr) continue;
            std::string_view meant = nearest_name(given->text, names);
            if (fault.message.contains(" -> ") || meant == given->text) meant = {};
            at.context().fault(given->at, at.path() + ".circuitBreaker.fallbackService",
                               fault.message, std::string(meant));
        }
    }

    static const node* member_of(const node& of, std::string_view key) {
        const auto found = std::ranges::find(of.members, key, &node::member::key);
        return found == of.members.end() ? nullptr : found->value.get();
    }

    static position object_member(const cursor& at, std::string_view key) {
        const auto& members = at.value().members;
        const auto found = std::ranges::find(members, key, &node::member::key);
        return found == members.end() ? at.key() : found->at;
    }

    std::set<std::string> names_;
    std::map<std::string, budget> budgets_;
    std::map<endpoint_name, cursor> endpoints_;
};

}  // namespace

std::vector<tool_options> read_tools(const cursor& at) {
    return tools_reader().read(at);
}

}  // namespace symphony::detail
