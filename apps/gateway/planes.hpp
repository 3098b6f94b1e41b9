#pragma once

#include "gateway/listen_address.hpp"
#include "symphony/net/http_server.hpp"
#include "symphony/tool/client.hpp"

#include <cstdint>
#include <memory>
#include <vector>

namespace symphony::gateway {

/// Servers on the client's own executors: one for each (they share the port), or on the first one
/// only. Every server is made, used and let go on its executor's thread. Not to be used from there.
class plane {
public:
    plane(client& calls, const net::http_server::handler& on_request, bool on_every_executor,
          const net::server_options& options = {});
    ~plane();
    plane(const plane&) = delete;
    plane& operator=(const plane&) = delete;

    /// Returns the port. Errors: `connect_failed` naming the address, also when another process
    /// listens there.
    [[nodiscard]] result<std::uint16_t> listen(const listen_address& address);
    void drain();
    [[nodiscard]] std::size_t connections();

private:
    struct shard {
        boost::asio::any_io_executor executor;
        std::unique_ptr<net::http_server> server;
    };
    std::vector<shard> shards_;
};

}  // namespace symphony::gateway
