#include "soak/gateway.hpp"

#include "support/loopback.hpp"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <sstream>
#include <stdexcept>
#include <sys/socket.h>
#include <sys/time.h>
#include <thread>
#include <unistd.h>
#include <utility>

namespace symphony::soak {

namespace {

// What a server answers, head and all; empty when it does not.
std::string ask(std::uint16_t port, const std::string& path) {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const timeval patience{10, 0};
    ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    const sockaddr_in address = test_support::loopback(port);
    std::string answer;
    if (::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
        const std::string request =
            fmt::format("GET {} HTTP/1.1\r\nhost: soak\r\nconnection: close\r\n\r\n", path);
        ::send(socket, request.data(), request.size(), MSG_NOSIGNAL);
        std::array<char, 16'384> piece{};
        for (ssize_t n = 0; (n = ::recv(socket, piece.data(), piece.size(), 0)) > 0;)
            answer.append(piece.data(), static_cast<std::size_t>(n));
    }
    ::close(socket);
    return answer;
}

// Everything that works beside a call is on; the breaker stays closed at these faults, and what is
// idle is closed soon, so that in the end every descriptor can be accounted for.
std::string configuration(const std::string& api_url) {
    constexpr std::string_view endpoint = R"({{
      "url": "{}", "timeout": 1500, "http": {{"version": {}, "idleTimeout": "1s"}},
      "rateLimit": {{"maxRequestsPerSecond": 100000, "maxRequestsPerMinute": 6000000}},
      "circuitBreaker": {{"failureThreshold": 1000, "monitoring": {{"metrics": {{"failureRate": 0.9}}}}}},
      "concurrency": {{"max": 500}},
      "middleware": {{"error": {{"retry": {{"maxAttempts": 3, "baseDelay": 5, "maxDelay": 20}}}}}}}})";
    return fmt::format(
        R"({{"version": 1, "log": {{"level": "error"}}, "tools": [{{"name": "shop", "externalAPIs": {{
      "h1": {}, "h2": {}}}}}]}})",
        fmt::format(endpoint, api_url, "1.1"), fmt::format(endpoint, api_url, "2"));
}

std::string written(const std::filesystem::path& file, const std::string& text) {
    std::ofstream(file) << text;
    return file.string();
}

}  // namespace

gateway::gateway(const std::string& program, const std::string& api_url)
    : port_(test_support::free_port()),
      admin_port_(test_support::free_port()),
      process_({program, "serve", "-c",
                written(directory_.path() / "symphony.json", configuration(api_url)), "--listen",
                fmt::format("127.0.0.1:{}", port_), "--admin",
                fmt::format("127.0.0.1:{}", admin_port_)}) {
    const auto until = std::chrono::system_clock::now() + std::chrono::seconds(20);
    while (admin("/readyz").find(" 200 ") == std::string::npos) {
        if (!process_.running()) throw std::runtime_error(program + " serve does not come up");
        if (std::chrono::system_clock::now() > until)
            throw std::runtime_error(program + " serve does not get ready");
        std::this_thread::yield();
    }
}

std::string gateway::url() const {
    return fmt::format("http://127.0.0.1:{}", port_);
}

std::string gateway::admin(const std::string& path) const {
    return ask(admin_port_, path);
}

std::size_t gateway::memory() const {
    std::ifstream file(fmt::format("/proc/{}/statm", process_.id()));
    std::size_t whole = 0, resident = 0;
    file >> whole >> resident;
    return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

std::size_t gateway::descriptors() const {
    const std::filesystem::directory_iterator all(fmt::format("/proc/{}/fd", process_.id()));
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

std::map<std::string, std::uint64_t> gateway::sums(const std::string& metric,
                                                   const std::string& label) const {
    const std::regex sample(metric + R"re((?:_total)?\{(.*)\} (\d+(?:\.\d+)?))re");
    const std::regex wanted(label + R"re(="([^"]*)")re");
    std::map<std::string, std::uint64_t> found;
    std::istringstream text(admin("/metrics"));
    for (std::string line; std::getline(text, line);) {
        std::smatch parts, value;
        if (!line.empty() && line.back() == '\r') line.pop_back();
        if (!std::regex_match(line, parts, sample)) continue;
        const std::string labels = parts[1];
        const std::string key = std::regex_search(labels, value, wanted) ? value[1].str() : "";
        found[key] += static_cast<std::uint64_t>(std::stod(parts[2]));
    }
    return found;
}

std::map<std::string, std::uint64_t> gateway::calls() const {
    return sums("symphony_calls", "outcome");
}

std::uint64_t gateway::in_flight() const {
    std::uint64_t all = 0;
    for (const auto& [_, count] : sums("symphony_in_flight", "endpoint"))
        all += count;
    return all;
}

}  // namespace symphony::soak
