#include "gateway/reload.hpp"

#include <fmt/format.h>

#include <utility>

namespace symphony::gateway {

reloader::reloader(client& calls, std::string file, environment env, fixed_options running,
                   event_sink log, listener on_loaded)
    : client_(calls),
      file_(std::move(file)),
      env_(std::move(env)),
      running_(std::move(running)),
      log_(std::move(log)),
      on_loaded_(std::move(on_loaded)) {}

reloader::outcome reloader::reload() {
    const std::lock_guard lock(mutex_);
    outcome done = load_locked();
    if (done.faults.empty()) {
        tell(severity::info, "config.reloaded", fmt::format("{} took effect", file_));
        return done;
    }
    for (const config_fault& fault : done.faults)
        tell(severity::error, "config.fault", to_string(fault));
    tell(severity::error, "config.rejected",
         fmt::format("{}: nothing was changed; faults: {}", file_, done.faults.size()));
    return done;
}

reloader::outcome reloader::load_locked() {
    auto loaded = load_config(file_, env_);
    if (!loaded) return {std::move(loaded.error()), 0};
    const std::size_t tools = loaded->tools.size();
    if (const result<void> replaced = client_.replace_tools(loaded->tools, loaded->alerting);
        !replaced) {
        config_fault fault;
        fault.file = file_;
        fault.message = replaced.error().message;
        return {{std::move(fault)}, 0};
    }
    compare(*loaded);
    if (on_loaded_) on_loaded_(*loaded);
    return {{}, tools};
}

void reloader::compare(const file_options& now) {
    const gateway_options& running = running_.gateway;
    const gateway_options& given = now.gateway;
    if (given.listen != running.listen || given.admin != running.admin ||
        !given.admin_token.equals(running.admin_token.reveal()) || given.tls != running.tls ||
        given.max_request_bytes != running.max_request_bytes || now.log.format != running_.format) {
        tell(severity::warn, "config.restart_needed",
             "gateway.listen, gateway.admin, gateway.adminToken, gateway.maxRequestBytes, "
             "gateway.tls and log.format take effect at the next start");
    }
}

void reloader::tell(severity level, std::string_view name, std::string message) {
    if (!log_) return;
    event said;
    said.name = name;
    said.level = level;
    said.message = std::move(message);
    said.at = client_.time().now();
    log_(said);
}

}  // namespace symphony::gateway
