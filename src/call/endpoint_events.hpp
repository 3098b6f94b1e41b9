#pragma once

#include "symphony/telemetry/event.hpp"

#include <string>
#include <utility>

namespace symphony {

/// Events of one endpoint, signed with its name. Nothing is built when nobody listens.
class endpoint_events {
public:
    endpoint_events(std::string tool, std::string endpoint, event_sink sink)
        : tool_(std::move(tool)), endpoint_(std::move(endpoint)), sink_(std::move(sink)) {}

    [[nodiscard]] bool heard() const noexcept { return static_cast<bool>(sink_); }
    [[nodiscard]] const std::string& tool() const noexcept { return tool_; }
    [[nodiscard]] const std::string& endpoint() const noexcept { return endpoint_; }

    void tell(event what) const {
        what.tool = tool_;
        what.endpoint = endpoint_;
        sink_(what);
    }

private:
    std::string tool_;
    std::string endpoint_;
    event_sink sink_;
};

}  // namespace symphony
