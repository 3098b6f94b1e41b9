#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <sys/resource.h>
#include <sys/time.h>

namespace peers {

// The work every client does: the same target, the same fields on the wire, the same answer.
constexpr const char* target = "/orders/42";
constexpr const char* accept_value = "application/json";
constexpr const char* token = "bench-token-0123456789abcdef";
constexpr const char* authorization = "Bearer bench-token-0123456789abcdef";
constexpr const char* traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
constexpr std::size_t body_size = 64;

// Hands out the requests and measures from the end of the warm-up to the last answer: wall time and
// the CPU time of this process. For one thread.
class load {
public:
    // PROGRAM PORT REQUESTS CONNECTIONS WARM-UP [http1 | http2 | https CA | https2 CA]
    load(int count, char** arguments) {
        if (count < 5)
            stop(
                "usage: PROGRAM PORT REQUESTS CONNECTIONS WARM-UP [http1|http2|https CA|https2 "
                "CA]");
        port = arguments[1];
        requests_ = std::strtoull(arguments[2], nullptr, 10);
        connections = static_cast<unsigned>(std::strtoul(arguments[3], nullptr, 10));
        warm_up_ = std::strtoull(arguments[4], nullptr, 10);
        if (count > 5) how = arguments[5];
        if (count > 6) ca = arguments[6];
        url = (how.starts_with("https") ? "https://127.0.0.1:" : "http://127.0.0.1:") + port;
    }

    bool take() noexcept { return taken_ < warm_up_ + requests_ && ++taken_ > 0; }

    void done(long status, std::size_t body) {
        if (status != 200 || body != body_size) stop("an answer is not what was asked for");
        if (++done_ == warm_up_) {
            began_ = now();
            cpu_began_ = cpu();
        } else if (done_ == warm_up_ + requests_) {
            const double seconds = now() - began_;
            const double used = cpu() - cpu_began_;
            const auto n = static_cast<double>(requests_);
            std::printf("{\"cpuMicros\": %.4f, \"perSecond\": %.1f}\n", used * 1e6 / n,
                        n / seconds);
        }
    }

    [[noreturn]] static void stop(const char* why) {
        std::fprintf(stderr, "%s\n", why);
        std::_Exit(1);
    }

    std::string port;
    unsigned connections = 64;  // over HTTP/2 streams of one connection
    std::string how = "http1";  // https is HTTP/1.1 too
    std::string ca;             // a PEM file
    std::string url;            // without a path

private:
    static double now() {
        return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch())
            .count();
    }
    static double seconds(const timeval& t) {
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
    }
    static double cpu() {
        rusage used{};
        getrusage(RUSAGE_SELF, &used);
        return seconds(used.ru_utime) + seconds(used.ru_stime);
    }

    std::uint64_t requests_ = 0, warm_up_ = 0, taken_ = 0, done_ = 0;
    double began_ = 0, cpu_began_ = 0;
};

}  // namespace peers
