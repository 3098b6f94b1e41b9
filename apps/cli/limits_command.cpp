#include "cli/ask_gateway.hpp"
#include "cli/commands.hpp"
#include "cli/config_files.hpp"
#include "cli/exit_code.hpp"
#include "cli/limits_table.hpp"
#include "cli/terminal.hpp"
#include "symphony/core/clock.hpp"
#include "symphony/core/random.hpp"
#include "symphony/net/asio_timers.hpp"
#include "symphony/store/redis_rate_store.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <fmt/format.h>

#include <cstdio>
#include <map>

namespace symphony::cli {

namespace {

namespace asio = boost::asio;

// One question after the other: this is for a person, not for a hot path.
result<rate_limiter::view> ask_redis(const redis_options& where, const shared_limit& limit) {
    asio::io_context loop{1};
    const system_clock time;
    net::asio_timers wakeups(loop.get_executor(), time);
    fast_random chance;
    redis_options patient = where;
    patient.command_timeout = std::chrono::seconds(1);
    auto store = make_redis_rate_store(patient, loop.get_executor(), time, wakeups, chance);
    if (!store) return std::unexpected(std::move(store.error()));
    result<rate_limiter::view> seen = fail(error_kind::internal, "nobody was asked");
    asio::co_spawn(loop, (*store)->look(limit),
                   [&](const std::exception_ptr& fault, result<rate_limiter::view> got) {
                       if (!fault) seen = std::move(got);
                       loop.stop();
                   });
    loop.run();
    return seen;
}

}  // namespace

int limits_command(const settings& given) {
    const auto options = load_or_complain(given.config, process_environment());
    if (!options) return exit_usage;
    std::map<std::string, limit_row> rows = configured_limits(*options);
    bool all_known = true;
    std::optional<result<json>> gateway;
    for (auto& [key, row] : rows) {
        if (row.redis) {
            const auto seen = ask_redis(*row.redis, row.limit);
            if (seen) row.view = *seen;
            if (!seen) complain(fmt::format("{}: {}", key, seen.error().message));
        } else {
            // What a local budget holds is known to the process that keeps it: the gateway.
            if (!gateway) gateway = ask_gateway(options->gateway, request("/v1/status"));
            if (*gateway) row.view = view_in_status(**gateway, key);
        }
        all_known = all_known && row.view.has_value();
    }
    if (gateway && !*gateway) {
        complain("budgets of one process are known to its gateway only, and at " +
                 options->gateway.admin + " none answers: " + gateway->error().message);
    }
    fmt::print("{}", given.as_json ? limits_json(rows) : limits_table(rows));
    return all_known ? exit_ok : exit_no_answer;
}

}  // namespace symphony::cli
