#include "cli/ask_gateway.hpp"
#include "cli/breakers_table.hpp"
#include "cli/call_target.hpp"
#include "cli/commands.hpp"
#include "cli/config_files.hpp"
#include "cli/exit_code.hpp"
#include "cli/terminal.hpp"
#include "gateway/listen_address.hpp"

#include <fmt/format.h>

#include <cstdio>

namespace symphony::cli {

namespace {

int fail_with(const gateway_options& gateway, const error& why) {
    const bool ours = why.kind == error_kind::not_found || why.kind == error_kind::invalid_request;
    const char* const what = why.kind == error_kind::auth_failed ? "refuses" : "gives no answer";
    complain(ours ? why.message
                  : fmt::format("the gateway at {} {}: {}", gateway.admin, what, why.message));
    return ours ? exit_usage : exit_no_answer;
}

result<json> set_state(const gateway_options& gateway, const call_target& of,
                       const std::string& action) {
    const std::string state = action == "close" ? "closed" : action;
    request what("POST", fmt::format("/v1/breakers/{}/{}", of.tool, of.endpoint),
                 json::of({{"state", state}}).dump());
    what.fields.add("content-type", "application/json");
    return ask_gateway(gateway, std::move(what));
}

}  // namespace

// Circuits are known to the process that keeps them: the running gateway.
int breakers_command(const settings& given) {
    const bool changes = given.action != "list";
    const auto of = parse_call_target(given.target);
    if (changes && !of) {
        complain(fmt::format("'{}' needs an endpoint: symphony breakers {} TOOL.ENDPOINT",
                             given.action, given.action));
        return exit_usage;
    }
    if (!given.target.empty() && (!of || !of->path_and_query.empty())) {
        complain(fmt::format("'{}' is no TOOL.ENDPOINT", given.target));
        return exit_usage;
    }
    auto options = load_or_complain(given.config, process_environment());
    if (!options) return exit_usage;
    gateway_options& gateway = options->gateway;
    if (!given.admin.empty()) {
        if (!symphony::gateway::parse_listen_address(given.admin)) {
            complain(fmt::format("--admin '{:.64}' is not HOST:PORT, such as 127.0.0.1:9090",
                                 given.admin));
            return exit_usage;
        }
        gateway.admin = given.admin;
    }
    if (changes) {
        if (const auto done = set_state(gateway, *of, given.action); !done) {
            return fail_with(gateway, done.error());
        }
    }
    const auto status = ask_gateway(gateway, request("/v1/status"));
    if (!status) return fail_with(gateway, status.error());
    const auto rows = breakers_in_status(*status, given.target);
    if (rows.empty() && !given.target.empty()) {
        complain(fmt::format("the gateway has no circuit breaker '{}'", given.target));
        return exit_usage;
    }
    fmt::print("{}", given.as_json ? breakers_json(rows) : breakers_table(rows));
    return exit_ok;
}

}  // namespace symphony::cli
