#pragma once

#include "support/process.hpp"
#include "support/temporary_directory.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

namespace symphony::soak {

/// `symphony serve` beside this process, with the endpoints `h1` and `h2` of the tool `shop` at
/// one API. Throws std::runtime_error when it does not come up.
class gateway {
public:
    gateway(const std::string& program, const std::string& api_url);

    [[nodiscard]] std::string url() const;
    [[nodiscard]] bool running() { return process_.running(); }
    /// Resident memory in bytes, and open descriptors, its own and those of its connections.
    [[nodiscard]] std::size_t memory() const;
    [[nodiscard]] std::size_t descriptors() const;
    /// The sums of `symphony_calls_total` by outcome.
    [[nodiscard]] std::map<std::string, std::uint64_t> calls() const;
    /// The sum of `symphony_in_flight`.
    [[nodiscard]] std::uint64_t in_flight() const;

private:
    [[nodiscard]] std::string admin(const std::string& path) const;
    [[nodiscard]] std::map<std::string, std::uint64_t> sums(const std::string& metric,
                                                            const std::string& label) const;

    test_support::temporary_directory directory_;
    std::uint16_t port_;
    std::uint16_t admin_port_;
    test_support::process process_;
};

}  // namespace symphony::soak
