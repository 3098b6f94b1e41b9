#pragma once

#include "symphony/config/load.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace symphony::gateway {

/// What `symphony serve` runs.
struct serve_setup {
    file_options options;                 ///< the loaded file
    std::optional<std::string> listen{};  ///< instead of the file's `gateway.listen`
    std::optional<std::string> admin{};   ///< instead of the file's `gateway.admin`
    std::optional<severity> log_level{};  ///< instead of the file's `log.level`
    environment env{};                    ///< for reloads
    /// Called once when both planes listen, with their URLs.
    std::function<void(const std::string& data_url, const std::string& admin_url)> on_listening{};
};

/// Serves until SIGTERM or SIGINT, drains and returns the exit status: 0, 130 after SIGINT, or 2
/// when it could not start (the reason is on stderr). SIGHUP reloads; a second SIGTERM or SIGINT
/// exits at once.
[[nodiscard]] int serve(const serve_setup& setup);

}  // namespace symphony::gateway
