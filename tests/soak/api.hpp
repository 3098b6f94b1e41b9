#pragma once

#include "soak/chaos_proxy.hpp"
#include "symphony/testing/local_server.hpp"

namespace symphony::soak {

/// The API behind the gateway, sound itself:
///   /small/N           the text "N"
///   /large/SIZE/SEED   a stream of that pattern
///   /upload/SEED       takes a body of the pattern and says its size; 422 when it is another
///   /events/N          N events with a millisecond between them
///   /status/N          that status
///   /hang              never answers
class api final : public chaos_proxy::source {
public:
    api();
    [[nodiscard]] std::uint16_t port() const noexcept { return server_.port(); }
    [[nodiscard]] std::uint64_t requests() const noexcept override { return server_.requests(); }

private:
    testing::local_server server_;
};

}  // namespace symphony::soak
