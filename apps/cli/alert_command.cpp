#include "cli/call_target.hpp"
#include "cli/commands.hpp"
#include "cli/config_files.hpp"
#include "cli/exit_code.hpp"
#include "cli/terminal.hpp"
#include "symphony/tool/client.hpp"

#include <fmt/format.h>

#include <cstdio>

namespace symphony::cli {

namespace {

// Every line as it happens: a server that does not answer takes its time.
bool test_one(client& calls, const std::string& tool, const std::string& endpoint) {
    const auto sent = calls.test_alerts(tool, endpoint);
    if (!sent) {
        complain(fmt::format("{}.{}: {}", tool, endpoint, sent.error().message));
        return false;
    }
    bool all = true;
    for (const alert_delivery& one : *sent) {
        const bool arrived = one.failure.empty();
        fmt::print("{}.{}  {:8} {}\n", tool, endpoint, one.channel,
                   arrived ? "sent" : "failed: " + one.failure);
        all = all && arrived;
    }
    std::fflush(stdout);
    return all;
}

}  // namespace

int alert_command(const settings& given) {
    const auto wanted = parse_call_target(given.target);
    if (!given.target.empty() && (!wanted || !wanted->path_and_query.empty())) {
        complain(fmt::format("'{}' is no TOOL.ENDPOINT", given.target));
        return exit_usage;
    }
    auto options = load_or_complain(given.config, process_environment());
    if (!options) return exit_usage;
    std::vector<std::pair<std::string, std::string>> found;
    for (const tool_options& tool : options->tools) {
        for (const auto& [name, endpoint] : tool.external_apis) {
            const bool asked = !wanted || (wanted->tool == tool.name && wanted->endpoint == name);
            if (asked && endpoint.alerts) found.emplace_back(tool.name, name);
        }
    }
    if (found.empty()) {
        complain(wanted ? fmt::format("'{}' has no circuitBreaker.monitoring.alerts", given.target)
                        : "no circuit has alerts: circuitBreaker.monitoring.alerts");
        return exit_usage;
    }
    client calls;
    const auto made = calls.replace_tools(std::move(options->tools), std::move(options->alerting));
    if (!made) {
        complain(made.error().message);
        return exit_usage;
    }
    bool all = true;
    for (const auto& [tool, endpoint] : found)
        all = test_one(calls, tool, endpoint) && all;
    return all ? exit_ok : exit_no_answer;
}

}  // namespace symphony::cli
