#pragma once

#include "symphony/core/secret.hpp"
#include "symphony/core/time.hpp"
#include "symphony/telemetry/alert_options.hpp"
#include "symphony/telemetry/event.hpp"
#include "symphony/tool/tool_options.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace symphony {

/// The `gateway` block.
struct gateway_options {
    std::string listen = "127.0.0.1:8080";
    std::string admin = "127.0.0.1:9090";
    secret admin_token{};  ///< required when `admin` is not a loopback address
    duration drain_timeout = std::chrono::seconds(30);
    /// A longer request body is refused with 413; nothing = streamed, however long.
    std::optional<std::uint64_t> max_request_bytes{};
    /// On `listen`, and on `admin` unless that is a loopback address; nothing = in the clear.
    std::optional<server_tls_options> tls{};
};

enum class log_format : std::uint8_t { text, json };

/// The `log` block.
struct log_options {
    severity level = severity::info;
    log_format format = log_format::text;
};

/// A whole configuration file.
struct file_options {
    std::string file;  ///< where it came from
    std::vector<tool_options> tools{};
    alerting_options alerting{};
    gateway_options gateway{};
    log_options log{};
};

}  // namespace symphony
