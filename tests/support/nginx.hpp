#pragma once

#include "support/temporary_directory.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <sys/types.h>
#include <vector>

namespace symphony::test_support {

/// A real nginx on free ports of 127.0.0.1, stopped with this object. Throws
/// std::runtime_error with nginx's own words when it does not come up.
///
/// The listening sockets are opened here and inherited by nginx, so no port is lost to anybody
/// between choosing and using it, and whoever connects during a restart waits instead of being
/// refused.
class nginx {
public:
    /// `servers` holds server blocks without `listen`; the nth "@LISTEN@" in it becomes the address
    /// of the nth port, "@ROOT@" the directory for files.
    explicit nginx(std::string servers);
    ~nginx();
    nginx(const nginx&) = delete;
    nginx& operator=(const nginx&) = delete;

    [[nodiscard]] std::uint16_t port(std::size_t index = 0) const { return ports_.at(index); }
    [[nodiscard]] const std::filesystem::path& root() const noexcept { return root_; }
    /// Puts a file where `@ROOT@` is.
    void add_file(const std::string& name, const std::string& content) const;

    void start();
    /// Ends every connection.
    void stop();
    void restart() {
        stop();
        start();
    }

private:
    void open_port();
    void write_config(std::string servers);
    void wait_until_ready();
    [[nodiscard]] std::string log() const;

    temporary_directory directory_;
    std::filesystem::path root_;
    std::vector<int> listeners_;
    std::vector<std::uint16_t> ports_;
    pid_t process_ = -1;
};

}  // namespace symphony::test_support
