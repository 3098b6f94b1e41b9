#pragma once

#include "symphony/call/request.hpp"
#include "symphony/core/json.hpp"
#include "symphony/core/result.hpp"
#include "symphony/net/response.hpp"
#include "symphony/tool/tool_options.hpp"

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace symphony {

class client;
namespace detail {
struct tool_access;
struct run_counters;
}  // namespace detail

/// What one `run` of a tool took.
struct run_metrics {
    duration took{};
    int calls = 0;     ///< API calls made by the handler
    int attempts = 0;  ///< attempts of all of them
};

/// `{success, result, error, metrics}`.
struct run_result {
    bool success = false;
    json result;
    std::optional<error> failure;  ///< the specification's `error`
    run_metrics metrics;
};

/// One external API of a tool, by name: a light handle that finds the endpoint anew at each call,
/// so that a reload takes effect. Lives no longer than its `client`. Thread-safe.
class api {
public:
    /// One managed call, from any coroutine on any executor; resumes there. Cancellation of the
    /// awaiting coroutine cancels the call. Errors: every kind.
    [[nodiscard]] boost::asio::awaitable<result<response>> call(request what) const;
    /// The same, blocking. Not from a thread of Symphony's own (that would wait for itself).
    [[nodiscard]] result<response> call_blocking(request what) const;

private:
    friend class tool;
    friend class client;
    friend class tool_context;
    api(client& owner, std::string tool, std::string endpoint,
        std::shared_ptr<detail::run_counters> counters = {})
        : owner_(&owner),
          tool_(std::move(tool)),
          endpoint_(std::move(endpoint)),
          counters_(std::move(counters)) {}

    client* owner_;
    std::string tool_;
    std::string endpoint_;
    std::shared_ptr<detail::run_counters> counters_;
};

/// What a handler sees: its tool's APIs.
class tool_context {
public:
    [[nodiscard]] api operator[](std::string_view endpoint) const;
    [[nodiscard]] const std::string& tool_name() const noexcept { return tool_; }

private:
    friend class tool;
    tool_context(client& owner, std::string tool, std::shared_ptr<detail::run_counters> counters)
        : owner_(&owner), tool_(std::move(tool)), counters_(std::move(counters)) {}

    client* owner_;
    std::string tool_;
    std::shared_ptr<detail::run_counters> counters_;
};

/// A handle on a registered tool. Copyable; lives no longer than its `client`. Thread-safe.
class tool {
public:
    [[nodiscard]] const std::string& name() const noexcept { return name_; }
    [[nodiscard]] api operator[](std::string_view endpoint) const;

    /// Runs the tool's handler and blocks. Not from a thread of Symphony's own.
    [[nodiscard]] run_result run(json params = {}) const;
    /// Runs the tool's handler from any coroutine.
    [[nodiscard]] boost::asio::awaitable<run_result> async_run(json params = {}) const;

private:
    friend class tool_registry;
    friend class client;
    tool(client& owner, std::string name) : owner_(&owner), name_(std::move(name)) {}

    client* owner_;
    std::string name_;
};

}  // namespace symphony
