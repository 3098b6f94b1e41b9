#pragma once

#include "symphony/core/clock.hpp"
#include "telemetry/alert_parcel.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace symphony::detail {

/// Carries parcels, several at a time, over HTTP and SMTP. One thread, but for `wake`.
class alert_courier {
public:
    explicit alert_courier(const clock& time);
    ~alert_courier();
    alert_courier(const alert_courier&) = delete;
    alert_courier& operator=(const alert_courier&) = delete;

    struct conditions {
        duration timeout{};
        /// PEM text of all that is trusted; null: the system's.
        std::shared_ptr<const std::string> authorities;
    };
    void start(alert_parcel parcel, const conditions& under);
    [[nodiscard]] std::size_t under_way() const noexcept;

    struct done {
        alert_parcel parcel;
        std::string failure;  ///< in words without secrets; empty: delivered
    };
    /// Moves things on and waits until something has, or `longest` has passed, or `wake` was
    /// called.
    [[nodiscard]] std::vector<done> step(duration longest);
    void wake() noexcept;

private:
    class trip;
    class visit;
    class impl;
    std::unique_ptr<impl> impl_;
};

/// The system's certificates and those of `file`. Throws std::invalid_argument when it holds none.
[[nodiscard]] std::shared_ptr<const std::string> authorities_with(const std::string& file);

}  // namespace symphony::detail
