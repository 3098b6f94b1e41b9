#pragma once

#include "symphony/config/load.hpp"
#include "symphony/tool/client.hpp"

#include <functional>
#include <mutex>
#include <string>
#include <vector>

namespace symphony::gateway {

/// Reads the configuration file anew. A valid file takes effect without losing a call in flight; an
/// invalid one changes nothing. Every outcome is told to `log`. Thread-safe.
class reloader {
public:
    /// Told about every file that took effect.
    using listener = std::function<void(const file_options&)>;

    /// What was set at the start and stays until the next.
    struct fixed_options {
        gateway_options gateway;
        log_format format{};
    };
    reloader(client& calls, std::string file, environment env, fixed_options running,
             event_sink log, listener on_loaded = {});

    struct outcome {
        std::vector<config_fault> faults;  ///< empty: it took effect
        std::size_t tools = 0;
    };
    outcome reload();
    [[nodiscard]] const std::string& file() const noexcept { return file_; }

private:
    outcome load_locked();
    void tell(severity level, std::string_view name, std::string message);
    void compare(const file_options& now);

    client& client_;
    std::string file_;
    environment env_;
    fixed_options running_;
    event_sink log_;
    listener on_loaded_;
    std::mutex mutex_;
};

}  // namespace symphony::gateway
