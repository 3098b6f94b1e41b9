#include "support/tinyproxy.hpp"

#include "support/loopback.hpp"

#include <fstream>
#include <poll.h>
#include <stdexcept>
#include <sys/socket.h>
#include <unistd.h>

namespace symphony::test_support {

namespace {

bool accepts(std::uint16_t port) {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in address = loopback(port);
    const bool connected =
        ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
    ::close(socket);
    return connected;
}

}  // namespace

tinyproxy::tinyproxy(const std::string& more) {
    for (int tries = 0; tries < 5; ++tries) {
        port_ = free_port();
        const std::string config = directory_.path() / "tinyproxy.conf";
        std::ofstream(config) << "Listen 127.0.0.1\nPort " << port_
                              << "\nTimeout 60\nMaxClients 100\nLogLevel Error\nLogFile \""
                              << (directory_.path() / "log").string() << "\"\n"
                              << more << "\n";
        running_ =
            std::make_unique<process>(std::vector<std::string>{"tinyproxy", "-d", "-c", config});
        if (comes_up()) return;
    }
    throw std::runtime_error("tinyproxy does not come up");
}

bool tinyproxy::comes_up() {
    constexpr int patience_ms = 10'000;
    for (int waited = 0; waited < patience_ms && running_->running(); waited += 10) {
        if (accepts(port_)) return true;
        ::poll(nullptr, 0, 10);
    }
    return false;
}

}  // namespace symphony::test_support
