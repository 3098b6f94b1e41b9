#pragma once

#include "support/certificates.hpp"
#include "support/script.hpp"
#include "support/served_connection.hpp"

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace symphony::test_support {

/// A server that does to its clients whatever a test writes down: raw bytes over TCP or TLS, on a
/// free port of 127.0.0.1 and threads of its own. It plays the nth script on the nth connection and
/// the last one on all that follow. Everything ends with this object. Waiting gives up after 20 s.
class misbehaving_server {
public:
    explicit misbehaving_server(std::vector<script> scripts);
    explicit misbehaving_server(script every) : misbehaving_server(std::vector{std::move(every)}) {}
    /// Over TLS; a script begins after the handshake.
    misbehaving_server(std::vector<script> scripts, const certificate_files& identity,
                       client_demand of_clients = {});
    ~misbehaving_server();
    misbehaving_server(const misbehaving_server&) = delete;
    misbehaving_server& operator=(const misbehaving_server&) = delete;

    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
    /// Connections accepted so far.
    [[nodiscard]] std::size_t connections() const;
    /// What connection `index` has read in its script so far.
    [[nodiscard]] std::string received(std::size_t index) const;

    /// Shows another certificate on the connections that follow.
    void show(const certificate_files& identity, client_demand of_clients = {});
    /// Plays this, and nothing else, on the connections that follow.
    void from_now_on(script every);
    /// Lets the next (or the current) `script::wait` step go on.
    void go_on();
    /// Until a script stands at that step for want of a `go_on`: what it has sent has arrived.
    [[nodiscard]] bool wait_until_waiting() const;
    /// False when it takes too long.
    [[nodiscard]] bool wait_until_received(std::size_t index, std::string_view text) const;
    /// Until the script of that connection is over and its socket closed.
    [[nodiscard]] bool wait_until_finished(std::size_t index) const;

private:
    void accept_all();
    void serve(served_connection& on, const script& what);

    std::vector<script> scripts_;
    std::shared_ptr<const server_identity> shown_;  // none: plain TCP
    int listener_ = -1;
    std::uint16_t port_ = 0;
    mutable std::mutex mutex_;
    mutable std::condition_variable changed_;
    bool stopping_ = false;
    std::size_t waiting_ = 0;  // scripts that `go_on` is for
    std::size_t allowed_ = 0;  // how often `go_on` was called and not yet used up
    std::vector<std::unique_ptr<served_connection>> connections_;
    std::vector<std::thread> threads_;
    std::thread acceptor_;
};

}  // namespace symphony::test_support
