#pragma once

#include "support/temporary_directory.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <sys/types.h>
#include <vector>

namespace symphony::test_support {

/// How a Redis server of a test is started. All members have a default.
struct redis_server_options {
    std::vector<std::string> config{};  ///< more lines of its configuration
    bool unix_socket = false;           ///< beside the port
    std::string certificate{};          ///< with `key`: the port speaks TLS only (PEM files)
    std::string key{};
    std::string ca{};       ///< with those: what it holds other servers' certificates against
    bool sentinel = false;  ///< runs as a sentinel
    bool cluster = false;   ///< runs as a cluster's node
};

/// A real redis-server on a free port of 127.0.0.1, killed with this object. Nothing is kept on
/// disk. Throws std::runtime_error with its own words when it does not come up.
class redis_server {
public:
    explicit redis_server(redis_server_options options = {});
    ~redis_server();
    redis_server(const redis_server&) = delete;
    redis_server& operator=(const redis_server&) = delete;

    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
    [[nodiscard]] std::string unix_socket() const {
        return (directory_.path() / "socket").string();
    }

    /// What redis-cli prints for that command, without the last newline. `arguments` are words of a
    /// shell: quote what needs it.
    std::string cli(const std::string& arguments) const;
    /// Asks until the answer contains `part`. Throws std::runtime_error after 15 s.
    void wait_for(const std::string& arguments, const std::string& part) const;

    /// `kill -9`.
    void kill();
    /// On the same port, after `kill`; comes back when it answers. Data are gone.
    void start();
    /// SIGSTOP and SIGCONT.
    void freeze() const;
    void thaw() const;

private:
    void write_config() const;
    void wait_until_ready();
    [[nodiscard]] std::string log() const;

    const redis_server_options options_;
    temporary_directory directory_;
    std::uint16_t port_ = 0;
    pid_t process_ = -1;
};

/// A master, a replica and three sentinels that watch the master as "main", ready for a failover.
class redis_sentinel_set {
public:
    /// `every` is for all of them; with a certificate, they speak TLS among themselves, too.
    explicit redis_sentinel_set(const std::string& password = {},
                                const redis_server_options& every = {});

    [[nodiscard]] redis_server& master() noexcept { return *servers_[0]; }
    [[nodiscard]] redis_server& replica() noexcept { return *servers_[1]; }
    [[nodiscard]] redis_server& sentinel(std::size_t index) noexcept { return *sentinels_[index]; }

private:
    std::vector<std::unique_ptr<redis_server>> servers_;
    std::vector<std::unique_ptr<redis_server>> sentinels_;
};

/// Three masters that share the slots evenly, in the order of their indices; with `replicas`, nodes
/// 3, 4 and 5 replicate them.
class redis_cluster_set {
public:
    /// `every` as above.
    explicit redis_cluster_set(bool replicas = false, redis_server_options every = {});

    [[nodiscard]] redis_server& node(std::size_t index) noexcept { return *nodes_[index]; }
    [[nodiscard]] const std::string& id(std::size_t index) const { return ids_[index]; }
    /// Moves one slot with all its keys. `while_moving` runs when the slot is marked and half of
    /// its keys are gone.
    void move_slot(int slot, std::size_t from, std::size_t to,
                   const std::function<void()>& while_moving = {});

private:
    void wait_until_whole(std::size_t nodes);

    std::vector<std::unique_ptr<redis_server>> nodes_;
    std::vector<std::string> ids_;
};

}  // namespace symphony::test_support
