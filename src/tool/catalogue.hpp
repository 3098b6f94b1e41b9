#pragma once

#include "call/endpoint.hpp"
#include "symphony/core/result.hpp"
#include "symphony/tool/tool_options.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace symphony::detail {

struct catalogued_tool {
    tool_options options;
    std::vector<std::pair<std::string, std::shared_ptr<endpoint>>> endpoints;

    [[nodiscard]] std::shared_ptr<const endpoint> find(std::string_view name) const noexcept;
};

/// All tools at one moment. Immutable once published; replaced as a whole.
class catalogue {
public:
    /// Checks everything and reports every fault, one a line, as one `invalid_request`. The
    /// endpoints have no state yet.
    [[nodiscard]] static result<std::shared_ptr<catalogue>> make(std::vector<tool_options> tools,
                                                                 const event_sink& events);

    [[nodiscard]] const catalogued_tool* find(std::string_view name) const noexcept;
    /// Null when there is no such tool or API.
    [[nodiscard]] std::shared_ptr<const endpoint> find(std::string_view tool,
                                                       std::string_view endpoint) const noexcept {
        const catalogued_tool* const known = find(tool);
        return known == nullptr ? nullptr : known->find(endpoint);
    }
    [[nodiscard]] const std::vector<std::unique_ptr<catalogued_tool>>& tools() const noexcept {
        return tools_;
    }
    /// The options it was made of, to make the next one.
    [[nodiscard]] std::vector<tool_options> options() const;

private:
    void link_fallbacks();

    std::vector<std::unique_ptr<catalogued_tool>> tools_;
    std::vector<const catalogued_tool*> by_name_;  // sorted
};

/// The key a rate limit is shared under.
[[nodiscard]] std::string limit_key(const endpoint& of);

}  // namespace symphony::detail
