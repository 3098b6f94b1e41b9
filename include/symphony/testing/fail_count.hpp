#pragma once

#include "symphony/net/io_hook.hpp"

#include <cstddef>
#include <optional>

namespace symphony::testing {

/// Lets one I/O operation of a client fail: run a scenario with 0, 1, 2, … until nothing fails any
/// more, and every place where the network can break has been tried. For the client's thread.
class fail_count final : public net::io_hook {
public:
    /// The operation after `unharmed` others fails, once.
    explicit fail_count(std::size_t unharmed) noexcept : unharmed_(unharmed) {}

    [[nodiscard]] bool fails(net::io_operation next) noexcept override {
        if (seen_++ != unharmed_) return false;
        failed_ = next;
        return true;
    }

    /// Operations asked about, the failed one included.
    [[nodiscard]] std::size_t seen() const noexcept { return seen_; }
    /// What was made to fail; nothing when the scenario ended before.
    [[nodiscard]] std::optional<net::io_operation> failed() const noexcept { return failed_; }

private:
    std::size_t unharmed_;
    std::size_t seen_ = 0;
    std::optional<net::io_operation> failed_;
};

}  // namespace symphony::testing
