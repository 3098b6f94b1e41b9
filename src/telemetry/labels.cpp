#include "symphony/telemetry/labels.hpp"

#include <array>
#include <cstddef>

namespace symphony {

namespace {

constexpr std::array<std::string_view, 11> method_names{"GET",    "HEAD",    "POST",    "PUT",
                                                        "DELETE", "CONNECT", "OPTIONS", "TRACE",
                                                        "PATCH",  "QUERY",   "_OTHER"};
constexpr std::array<std::string_view, 5> reason_names{"network", "timeout", "status_429",
                                                       "status_5xx", "other"};
constexpr std::array<std::string_view, 3> channel_names{"slack", "email", "webhook"};

}  // namespace

method_label to_method_label(std::string_view method) noexcept {
    for (std::size_t i = 0; i + 1 < method_names.size(); ++i) {
        if (method == method_names[i]) return static_cast<method_label>(i);
    }
    return method_label::other;
}

std::string_view to_string(method_label label) noexcept {
    const auto index = static_cast<std::size_t>(label);
    return index < method_names.size() ? method_names[index] : method_names.back();
}

std::string_view to_string(alert_channel channel) noexcept {
    const auto index = static_cast<std::size_t>(channel);
    return index < channel_names.size() ? channel_names[index] : channel_names.back();
}

std::string_view to_string(retry_reason reason) noexcept {
    const auto index = static_cast<std::size_t>(reason);
    return index < reason_names.size() ? reason_names[index] : reason_names.back();
}

}  // namespace symphony
