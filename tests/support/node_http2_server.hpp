#pragma once

#include "support/certificates.hpp"
#include "support/process.hpp"

#include <cstdint>

namespace symphony::test_support {

/// Node's http2 on free ports of 127.0.0.1, stopped with this object. What it answers is in
/// node_http2_server.mjs. Throws std::runtime_error when it does not come up.
class node_http2_server {
public:
    explicit node_http2_server(const certificate_files& identity);

    [[nodiscard]] std::uint16_t port(bool secured) const noexcept {
        return secured ? secured_ : plain_;
    }

private:
    process node_;
    std::uint16_t plain_ = 0;
    std::uint16_t secured_ = 0;
};

}  // namespace symphony::test_support
