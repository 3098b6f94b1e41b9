#pragma once

#include "telemetry/alert_parcel.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace symphony::detail {

/// Carries parcels, several at a time, over HTTP and SMTP. One thread, but for `wake`.
class alert_courier {
public:
    /// `authorities`: PEM text of all that is trusted; empty: the system's.
    alert_courier(duration timeout, std::shared_ptr<const std::string> authorities);
    ~alert_courier();
    alert_courier(const alert_courier&) = delete;
    alert_courier& operator=(const alert_courier&) = delete;

    void start(alert_parcel parcel);
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
    class impl;
    std::unique_ptr<impl> impl_;
};

/// The system's certificates and those of `file`. Throws std::invalid_argument when it holds none.
[[nodiscard]] std::shared_ptr<const std::string> authorities_with(const std::string& file);

}  // namespace symphony::detail
