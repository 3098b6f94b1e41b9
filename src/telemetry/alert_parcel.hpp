#pragma once

#include "symphony/core/secret.hpp"
#include "symphony/telemetry/alert.hpp"
#include "symphony/telemetry/alert_options.hpp"
#include "symphony/telemetry/metrics.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace symphony::detail {

/// One message on its way through one channel.
struct alert_parcel {
    alert_channel channel{};
    secret url{};                         ///< of a webhook
    std::vector<alert_header> headers{};  ///< for a webhook
    std::string recipient{};              ///< of an e-mail
    std::string content;
    std::shared_ptr<const smtp_options> smtp{};  ///< for an e-mail
    std::string tool;
    std::string endpoint;
    alert_kind kind{};
    std::shared_ptr<endpoint_metrics> metrics{};
    int tries = 0;
    instant not_before{};
};

/// What an alert becomes: a parcel for each channel that is given. `identity` is unique.
[[nodiscard]] std::vector<alert_parcel> pack(const alert_notice& notice,
                                             const alert_options& channels,
                                             const alerting_options& how,
                                             const std::shared_ptr<const smtp_options>& smtp,
                                             const std::string& identity, wall_time now);

}  // namespace symphony::detail
