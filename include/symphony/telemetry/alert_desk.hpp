#pragma once

#include "symphony/core/clock.hpp"
#include "symphony/telemetry/alert.hpp"
#include "symphony/telemetry/alert_options.hpp"
#include "symphony/telemetry/event.hpp"
#include "symphony/telemetry/metrics.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace symphony {

/// Takes the changes of one circuit. Thread-safe; outlived by nothing of its desk's.
class alert_line {
public:
    virtual ~alert_line() = default;
    /// Quick: a short lock, no delivery. Without memory the alert is lost.
    virtual void tell(const alert_change& change) noexcept = 0;
    /// Options of a new configuration; what was held back stays.
    virtual void change(const alert_options& options) = 0;
};

/// What came of one channel's try.
struct alert_delivery {
    std::string_view channel;  ///< "slack", "email", "webhook"
    std::string failure;       ///< why not, in words without secrets; empty: delivered
};

/// Decides when alerts go and delivers them, on a thread of its own that there is as soon as there
/// is a line. A failed delivery is tried again three times. Memory is bounded: with `most_waiting`
/// deliveries under way, further alerts are held back and come as summaries. Thread-safe.
///
/// Events: `alert.sent`, `alert.failed`, `alert.held_back`.
class alert_desk {
public:
    static constexpr std::size_t most_waiting = 256;

    alert_desk(const clock& time, event_sink events);
    /// Closes with no time left.
    ~alert_desk();
    alert_desk(const alert_desk&) = delete;
    alert_desk& operator=(const alert_desk&) = delete;

    /// Throws std::invalid_argument, changing nothing, on impossible options or an unreadable
    /// `ca_file`.
    void configure(alerting_options options);
    /// A line lasts as long as somebody holds it. `open`: the circuit is, and nobody needs to be
    /// told. Throws std::invalid_argument on impossible options.
    [[nodiscard]] std::shared_ptr<alert_line> open_line(std::string tool, std::string endpoint,
                                                        const alert_options& options,
                                                        std::shared_ptr<endpoint_metrics> metrics,
                                                        bool open = false);
    /// Sends a test through every channel, once, and waits for what comes of it.
    [[nodiscard]] std::vector<alert_delivery> test(const std::string& tool,
                                                   const std::string& endpoint,
                                                   const alert_options& options) const;
    /// Sends what is held back and waits for deliveries, at most so long; then it ends. Changes
    /// told later are lost.
    void close(duration limit);

private:
    class impl;
    std::shared_ptr<impl> impl_;
};

}  // namespace symphony
