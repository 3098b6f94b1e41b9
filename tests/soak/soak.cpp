// A gateway under mixed traffic while the way to its API breaks: for SECONDS, then everything must
// be accounted for, and nothing have grown.
//
//   soak PROGRAM SECONDS [CALLERS]
#include "soak/api.hpp"
#include "soak/chaos_proxy.hpp"
#include "soak/gateway.hpp"
#include "soak/traffic.hpp"

#include <boost/asio/io_context.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <functional>
#include <string>
#include <unistd.h>
#include <vector>

namespace symphony::soak {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

constexpr double share_of_faults = 0.02;
constexpr std::size_t mebibyte = 1 << 20;

// What fits into the noise of an allocator. Ten bytes a call are more after 630 000 calls, a few
// minutes.
#ifdef SOAK_IGNORES_MEMORY
constexpr bool watches_memory = false;
#else
constexpr bool watches_memory = true;
#endif
constexpr std::size_t allowed_growth = 6 * mebibyte;

struct sample {
    double second;
    std::size_t memory;
    std::size_t descriptors;
};

// The median of what was measured between two shares of the time.
std::size_t memory_between(const std::vector<sample>& samples, double from, double to) {
    std::vector<std::size_t> some;
    const double last = samples.back().second;
    for (const sample& one : samples)
        if (one.second >= from * last && one.second <= to * last) some.push_back(one.memory);
    std::ranges::sort(some);
    return some.empty() ? 0 : some[some.size() / 2];
}

class run {
public:
    run(const std::string& program, std::chrono::seconds length, unsigned callers)
        : program_(program), length_(length), callers_(callers) {}

    // The number of promises that did not hold.
    int play() {
        load();
        report();
        check();
        return broken_;
    }

private:
    void load() {
        descriptors_before_ = gateway_.descriptors();
        traffic calls(loop_, gateway_.url(), callers_);
        const auto began = std::chrono::system_clock::now();
        double seconds = 0;
        while ((seconds = since(began)) < static_cast<double>(length_.count())) {
            loop_.run_for(500ms);
            samples_.push_back({seconds, gateway_.memory(), gateway_.descriptors()});
            if (::isatty(2) != 0)
                fmt::print(stderr, "\r{:.0f} s, {} calls, {} MiB ", seconds, calls.account().sent,
                           samples_.back().memory / mebibyte);
        }
        calls.end();
        wait(40s, [&] { return calls.running() == 0; });
        calls.close();
        account_ = calls.account();
        still_running_ = calls.running();
        wait(15s, [&] { return gateway_.descriptors() <= descriptors_before_; });
        wait(5s, [&] { return gateway_.in_flight() == 0; });
    }

    static double since(std::chrono::system_clock::time_point began) {
        return std::chrono::duration<double>(std::chrono::system_clock::now() - began).count();
    }
    void wait(std::chrono::seconds patience, const std::function<bool()>& until) {
        const auto began = std::chrono::system_clock::now();
        while (!until() && std::chrono::system_clock::now() - began < patience)
            loop_.run_for(20ms);
    }

    void report() const {
        using enum ending::type;
        fmt::print(
            "\n{} calls in {} s: {} answered, {} answered with the API's error, {} to no "
            "endpoint, {} given up, {} failed\n",
            account_.sent, length_.count(), account_.count(answered), account_.count(passed_on),
            account_.count(unknown), account_.count(given_up), account_.count(failed));
        for (const auto& [kind, count] : account_.failed)
            fmt::print("  failed, {}: {}\n", kind, count);
        for (std::size_t i = 0; i < fault_count; ++i)
            fmt::print("  faults, {}: {}\n", name_of(static_cast<fault>(i)), way_.faults()[i]);
        for (const auto& [outcome, count] : gateway_.calls())
            fmt::print("  counted by the gateway, {}: {}\n", outcome, count);
        fmt::print(
            "  memory: {:.1f} MiB after the warm-up, {:.1f} MiB at the end; descriptors: {} "
            "before, {} at most, {} after\n",
            mebibytes(settled()), mebibytes(late()), descriptors_before_,
            std::ranges::max(samples_, {}, &sample::descriptors).descriptors,
            gateway_.descriptors());
    }
    static double mebibytes(std::size_t bytes) {
        return static_cast<double>(bytes) / static_cast<double>(mebibyte);
    }
    std::size_t settled() const { return memory_between(samples_, 0.2, 0.4); }
    std::size_t late() const { return memory_between(samples_, 0.8, 1.0); }

    void check() {
        using enum ending::type;
        std::uint64_t faults = 0, counted = 0, whole = 0;
        for (const std::uint64_t one : way_.faults()) {
            faults += one;
            expect(one > 0 || length_ < 10s, "a kind of fault never struck");
        }
        for (const auto& [outcome, count] : gateway_.calls()) {
            counted += count;
            if (outcome == "ok" || outcome == "error") whole += count;
        }
        const std::uint64_t seen = account_.count(answered) + account_.count(passed_on);
        const std::uint64_t arrived = account_.sent - account_.count(unknown);
        expect(still_running_ == 0, "a call has no end");
        expect(account_.sent == account_.all_ended(), "calls are not accounted for");
        for (const auto& [what, count] : account_.wrong)
            expect(false, fmt::format("{} times: {}", count, what));
        expect(account_.count(answered) > account_.sent / 2, "hardly a call was answered");
        expect(static_cast<double>(faults) >
                   0.9 * share_of_faults * static_cast<double>(api_.requests()),
               "there were too few faults");
        // A call given up may never have arrived.
        expect(counted <= arrived && counted + account_.count(given_up) >= arrived,
               fmt::format("the gateway counts {} calls of {}", counted, arrived));
        expect(seen <= whole && whole <= seen + account_.count(given_up),
               fmt::format("the gateway counts {} whole answers of {}", whole, seen));
        expect(account_.count(failed) > 0, "no fault came through");
        expect(gateway_.running(), "the gateway has ended");
        expect(gateway_.in_flight() == 0, "the gateway has calls under way");
        expect(gateway_.descriptors() <= descriptors_before_, "descriptors are left open");
        expect(!watches_memory || late() <= settled() + allowed_growth, "memory grows");
    }
    void expect(bool holds, const std::string& otherwise) {
        if (holds) return;
        ++broken_;
        fmt::print("FAILED: {}\n", otherwise);
    }

    std::string program_;
    std::chrono::seconds length_;
    unsigned callers_;
    api api_;
    chaos_proxy way_{api_.port(), share_of_faults, api_};
    gateway gateway_{program_, way_.url()};
    asio::io_context loop_{1};
    std::vector<sample> samples_;
    ledger account_;
    unsigned still_running_ = 0;
    std::size_t descriptors_before_ = 0;
    int broken_ = 0;
};

}  // namespace
}  // namespace symphony::soak

int main(int count, char** arguments) {
    const long seconds = count > 2 ? std::strtol(arguments[2], nullptr, 10) : 0;
    const long callers = count > 3 ? std::strtol(arguments[3], nullptr, 10) : 40;
    if (seconds < 1 || callers < 1) {
        fmt::print(stderr, "usage: soak PROGRAM SECONDS [CALLERS]\n");
        return 2;
    }
    try {
        symphony::soak::run run(arguments[1], std::chrono::seconds(seconds),
                                static_cast<unsigned>(callers));
        return run.play() == 0 ? 0 : 1;
    } catch (const std::exception& fault) {
        fmt::print(stderr, "soak: {}\n", fault.what());
        return 1;
    }
}
