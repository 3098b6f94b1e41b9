#include "cli/commands.hpp"
#include "cli/config_files.hpp"
#include "cli/demo_api.hpp"
#include "cli/exit_code.hpp"
#include "cli/terminal.hpp"
#include "gateway/event_log.hpp"
#include "gateway/gateway.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <memory>

namespace symphony::cli {

namespace {

constexpr std::uint16_t demo_port = 8085;

environment with_demo_api(const std::string& url) {
    return [url, base = process_environment()](std::string_view name) {
        return name == "SYMPHONY_DEMO_API" ? std::optional(url) : base(name);
    };
}

void say_what_next(const std::string& data, const std::string& admin) {
    fmt::print(
        stderr,
        "\nTry, in another terminal:\n"
        "  curl {0}/demo/api/orders/42           # through limit, breaker, retry, auth\n"
        "  curl -i {0}/demo/api/orders/42        # what is left of the limit\n"
        "  curl -i {0}/demo/api/limited          # 429: tried again after its Retry-After\n"
        "  curl -i {0}/demo/api/status/503       # retries; a few of these open the circuit\n"
        "  curl {1}/v1/status                    # limits and circuits now\n"
        "  curl {1}/metrics                      # for Prometheus\n"
        "Ctrl-C drains and stops.\n\n",
        data, admin);
    std::fflush(stderr);
}

}  // namespace

int serve_command(const settings& given) {
    environment env = process_environment();
    std::unique_ptr<demo_api> api;
    if (given.with_demo_api) {
        api = std::make_unique<demo_api>(demo_port);
        env = with_demo_api(api->url());
    }
    auto options = load_or_complain(given.config, env);
    if (!options) return exit_usage;

    gateway::serve_setup setup;
    setup.options = std::move(*options);
    setup.env = env;
    if (!given.listen.empty()) setup.listen = given.listen;
    if (!given.admin.empty()) setup.admin = given.admin;
    setup.log_level = gateway::parse_severity(given.log_level);
    if (api) {
        fmt::print(stderr, "symphony: demo API on {}\n", api->url());
        setup.on_listening = say_what_next;
    }
    return gateway::serve(setup);
}

}  // namespace symphony::cli
