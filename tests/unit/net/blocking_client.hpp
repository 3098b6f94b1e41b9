#pragma once

#include <arpa/inet.h>
#include <array>
#include <cstdint>
#include <netinet/in.h>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

namespace symphony::net::server_test {

/// A plain blocking socket that says exactly what it is told to. Gives up after 20 s of silence.
class blocking_client {
public:
    explicit blocking_client(std::uint16_t port, int receive_buffer = 0)
        : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        const timeval patience{20, 0};
        ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
        ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
        if (receive_buffer > 0)
            ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof(receive_buffer));
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        connected_ =
            ::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
    }
    blocking_client(std::uint16_t port, std::string_view first) : blocking_client(port) {
        send(first);
    }
    ~blocking_client() { close(); }
    blocking_client(const blocking_client&) = delete;
    blocking_client& operator=(const blocking_client&) = delete;

    [[nodiscard]] bool connected() const noexcept { return connected_; }

    /// False when the server does not take it all.
    bool send(std::string_view bytes) {
        while (!bytes.empty()) {
            const ssize_t size = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (size <= 0) return false;
            bytes.remove_prefix(static_cast<std::size_t>(size));
        }
        return true;
    }

    /// What comes until `end` has been seen `times` times, or the connection ends.
    std::string read_until(std::string_view end, int times = 1) {
        for (;;) {
            std::size_t at = 0;
            int seen = 0;
            while (seen < times && (at = kept_.find(end, at)) != std::string::npos) {
                at += end.size();
                ++seen;
            }
            if (seen == times) return take(at);
            if (!receive()) return take(kept_.size());
        }
    }
    std::string read(std::size_t size) {
        while (kept_.size() < size && receive()) {
        }
        return take(std::min(size, kept_.size()));
    }
    /// One answer with Content-Length.
    std::string read_answer() {
        std::string answer = read_until("\r\n\r\n");
        const std::size_t at = answer.find("Content-Length: ");
        if (at != std::string::npos) answer += read(std::stoul(answer.substr(at + 16)));
        return answer;
    }
    /// All there is until the server closes.
    std::string read_all() {
        while (receive()) {
        }
        return take(kept_.size());
    }
    /// Whether the end was a proper one, not a reset or our patience's.
    [[nodiscard]] bool ended() const noexcept { return ended_; }

    void end_sending() { ::shutdown(socket_, SHUT_WR); }
    void close() {
        if (socket_ >= 0) ::close(socket_);
        socket_ = -1;
    }
    /// Closes with a reset.
    void reset() {
        const linger now{1, 0};
        ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
        close();
    }

private:
    bool receive() {
        std::array<char, 65536> room;
        const ssize_t size = ::recv(socket_, room.data(), room.size(), 0);
        ended_ = size == 0;
        if (size > 0) kept_.append(room.data(), static_cast<std::size_t>(size));
        return size > 0;
    }
    std::string take(std::size_t size) {
        std::string taken = kept_.substr(0, size);
        kept_.erase(0, size);
        return taken;
    }

    int socket_;
    bool connected_ = false;
    bool ended_ = false;
    std::string kept_;
};

}  // namespace symphony::net::server_test
