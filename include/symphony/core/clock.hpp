#pragma once

#include "symphony/core/time.hpp"

namespace symphony {

/// Where time comes from. Injected through constructors; tests use `testing::manual_clock`.
/// Implementations are safe to call from any thread.
class clock {
public:
    virtual ~clock() = default;
    [[nodiscard]] virtual instant now() const noexcept = 0;
    [[nodiscard]] virtual wall_time wall_now() const noexcept = 0;
};

/// The machine's clocks. Thread-safe.
class system_clock final : public clock {
public:
    [[nodiscard]] instant now() const noexcept override;
    [[nodiscard]] wall_time wall_now() const noexcept override;
};

}  // namespace symphony
