#include "tool/catalogue.hpp"

#include "symphony/tool/fallback_options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

namespace symphony::detail {

namespace {

bool is_name(std::string_view text) noexcept {
    return !text.empty() && text.size() <= 128 && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '_';
    });
}

std::string_view name_of(const catalogued_tool* tool) noexcept {
    return tool->options.name;
}

class faults {
public:
    template <class... Parts>
    void add(fmt::format_string<Parts...> text, Parts&&... parts) {
        if (!text_.empty()) text_ += '\n';
        text_ += fmt::format(text, std::forward<Parts>(parts)...);
    }
    [[nodiscard]] bool any() const noexcept { return !text_.empty(); }
    [[nodiscard]] std::string take() noexcept { return std::move(text_); }

private:
    std::string text_;
};

// Equal keys mean one budget, so what stands under a key is one and the same limit.
class shared_limits {
public:
    void check(const endpoint& of, faults& wrong) {
        if (!of.options().rate_limit) return;
        rate_limit_options limit = *of.options().rate_limit;
        std::string key = limit_key(of);
        limit.key_prefix.clear();
        const auto& sharing = of.options().rate_sharing;
        const std::string name = of.events().tool() + "." + of.events().endpoint();
        const auto [place, added] = limits_.try_emplace(std::move(key), limit, sharing, name);
        if (added) return;
        const first_one& first = place->second;
        if (first.limit != limit) {
            wrong.add("{}: another limit than {}'s under the same key prefix '{}'", name,
                      first.name, place->first);
        } else if (!is_same(first.sharing, sharing)) {
            wrong.add("{}: shared otherwise than {}'s under the same key prefix '{}'", name,
                      first.name, place->first);
        }
    }

private:
    struct first_one {
        rate_limit_options limit;
        std::optional<rate_sharing_options> sharing;
        std::string name;
    };
    static bool is_same(const std::optional<rate_sharing_options>& one,
                        const std::optional<rate_sharing_options>& other) {
        return one && other ? one->same_as(*other) : !one && !other;
    }
    std::map<std::string, first_one> limits_;
};

void add_endpoints(catalogued_tool& to, const event_sink& events, shared_limits& limits,
                   faults& wrong) {
    const std::string& tool = to.options.name;
    for (const named_endpoint& given : to.options.external_apis) {
        if (!is_name(given.name)) {
            wrong.add("{}: '{}' is no name for an API: letters, digits, '-' and '_'", tool,
                      given.name);
            continue;
        }
        if (to.find(given.name)) {
            wrong.add("{}: the API name '{}' is used twice", tool, given.name);
            continue;
        }
        auto made = endpoint::make(given.options, endpoint_events(tool, given.name, events));
        if (!made) {
            wrong.add("{}.{}: {}", tool, given.name, made.error().message);
            continue;
        }
        limits.check(**made, wrong);
        to.endpoints.emplace_back(given.name, std::move(*made));
    }
}

}  // namespace

std::string limit_key(const endpoint& of) {
    const std::string& given = of.options().rate_limit->key_prefix;
    return given.empty() ? of.events().tool() + "." + of.events().endpoint() : given;
}

std::shared_ptr<const endpoint> catalogued_tool::find(std::string_view name) const noexcept {
    for (const auto& [own, endpoint] : endpoints) {
        if (own == name) return endpoint;
    }
    return nullptr;
}

result<std::shared_ptr<catalogue>> catalogue::make(std::vector<tool_options> tools,
                                                   const event_sink& events) {
    auto made = std::make_shared<catalogue>();
    faults wrong;
    shared_limits limits;
    for (const fallback_fault& fault : fallback_faults(tools))
        wrong.add("{}: fallback: {}", fault.at.text(), fault.message);
    for (tool_options& given : tools) {
        if (!is_name(given.name)) {
            wrong.add("'{}' is no name for a tool: letters, digits, '-' and '_'", given.name);
            continue;
        }
        auto tool = std::make_unique<catalogued_tool>();
        tool->options = std::move(given);
        const auto place = std::ranges::lower_bound(
            made->by_name_, std::string_view(tool->options.name), {}, name_of);
        if (place != made->by_name_.end() && name_of(*place) == tool->options.name) {
            wrong.add("the tool name '{}' is used twice", tool->options.name);
            continue;
        }
        made->by_name_.insert(place, tool.get());
        add_endpoints(*tool, events, limits, wrong);
        made->tools_.push_back(std::move(tool));
    }
    if (wrong.any()) return fail(error_kind::invalid_request, wrong.take());
    made->link_fallbacks();
    return made;
}

void catalogue::link_fallbacks() {
    const std::vector<tool_options> all = options();
    for (const auto& tool : tools_) {
        for (const auto& [name, endpoint] : tool->endpoints) {
            if (endpoint->options().fallback.empty()) continue;
            const auto to = find_fallback(all, name, endpoint->options().fallback);
            if (to) endpoint->fall_back_to(find(to->tool)->find(to->endpoint));
        }
    }
}

const catalogued_tool* catalogue::find(std::string_view name) const noexcept {
    constexpr std::size_t few = 8;  // told apart by their lengths as a rule
    if (by_name_.size() <= few) {
        const auto same = std::ranges::find(by_name_, name, name_of);
        return same != by_name_.end() ? *same : nullptr;
    }
    const auto found = std::ranges::lower_bound(by_name_, name, {}, name_of);
    return found != by_name_.end() && name_of(*found) == name ? *found : nullptr;
}

std::vector<tool_options> catalogue::options() const {
    std::vector<tool_options> all;
    all.reserve(tools_.size());
    for (const auto& tool : tools_)
        all.push_back(tool->options);
    return all;
}

}  // namespace symphony::detail
