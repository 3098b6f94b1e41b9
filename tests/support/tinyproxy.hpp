#pragma once

#include "support/process.hpp"
#include "support/temporary_directory.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace symphony::test_support {

/// A real tinyproxy on a free port of 127.0.0.1, stopped with this object. Throws
/// std::runtime_error when it does not come up.
class tinyproxy {
public:
    /// `more`: further lines of its configuration.
    explicit tinyproxy(const std::string& more = {});

    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
    [[nodiscard]] std::string authority() const { return "127.0.0.1:" + std::to_string(port_); }

private:
    [[nodiscard]] bool comes_up();

    temporary_directory directory_;
    std::uint16_t port_ = 0;
    std::unique_ptr<process> running_;
};

}  // namespace symphony::test_support
