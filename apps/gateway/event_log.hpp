#pragma once

#include "symphony/config/file_options.hpp"
#include "symphony/telemetry/event.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace symphony::gateway {

/// Events as lines on stderr, as text or as JSON objects, written by a thread of its own so that
/// no call waits for a slow reader. Thread-safe. The sink must not outlive the log.
class event_log {
public:
    explicit event_log(const log_options& options);
    ~event_log();
    event_log(const event_log&) = delete;
    event_log& operator=(const event_log&) = delete;

    [[nodiscard]] event_sink sink();
    void set_level(severity level) noexcept;
    void flush();

private:
    class impl;
    std::unique_ptr<impl> impl_;
};

/// One event as a line of text: `tool.endpoint: message (key=value …)`, control characters
/// replaced.
[[nodiscard]] std::string event_text(const event& what);
/// One event as a JSON object; `time` is RFC 3339 in UTC.
[[nodiscard]] std::string event_json(const event& what, std::string_view time);

/// Now on the wall clock, as RFC 3339 in UTC with milliseconds.
[[nodiscard]] std::string utc_now();

/// "trace", "debug", "info", "warn", "error"; nothing for another name.
[[nodiscard]] std::optional<severity> parse_severity(std::string_view name) noexcept;
[[nodiscard]] std::string_view to_string(severity level) noexcept;

}  // namespace symphony::gateway
