#pragma once

#include <cstdint>
#include <string_view>

namespace symphony {

/// Request methods as metric labels: the standard ones, everything else is "_OTHER", so that no
/// label value comes from request data.
enum class method_label : std::uint8_t {
    get,
    head,
    post,
    put,
    del,
    connect,
    options,
    trace,
    patch,
    query,
    other
};
[[nodiscard]] method_label to_method_label(std::string_view method) noexcept;
[[nodiscard]] std::string_view to_string(method_label label) noexcept;

/// A way alerts go: the label `channel` of `symphony_alerts_total`.
enum class alert_channel : std::uint8_t { slack, email, webhook };
[[nodiscard]] std::string_view to_string(alert_channel channel) noexcept;

/// Why an attempt was repeated: the label `reason` of `symphony_retries_total`.
enum class retry_reason : std::uint8_t { network, timeout, status_429, status_5xx, other };
[[nodiscard]] std::string_view to_string(retry_reason reason) noexcept;

}  // namespace symphony
