#pragma once

#include <cstdint>

namespace symphony {

/// Where randomness comes from (jitter, trace ids). Injected; not for cryptographic use.
class random_source {
public:
    virtual ~random_source() = default;
    /// A uniformly distributed 64-bit value.
    [[nodiscard]] virtual std::uint64_t next() noexcept = 0;
};

/// xoshiro256** (Blackman and Vigna, 2018). One object serves one thread.
class fast_random final : public random_source {
public:
    /// Seeded from the operating system.
    fast_random();
    /// A fixed sequence, for tests and simulations.
    explicit fast_random(std::uint64_t seed) noexcept;
    [[nodiscard]] std::uint64_t next() noexcept override;

private:
    std::uint64_t state_[4];
};

}  // namespace symphony
