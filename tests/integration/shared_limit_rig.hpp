#pragma once

#include "symphony/config/load.hpp"
#include "symphony/core/clock.hpp"
#include "symphony/testing/local_server.hpp"
#include "symphony/tool/client.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace symphony::test_support {

/// An API that keeps when it was called.
class counting_api {
public:
    [[nodiscard]] const std::string& url() const noexcept { return server_.url(); }
    [[nodiscard]] std::vector<instant> arrivals() const {
        const std::lock_guard lock(mutex_);
        return arrivals_;
    }
    [[nodiscard]] std::size_t count() const {
        const std::lock_guard lock(mutex_);
        return arrivals_.size();
    }

private:
    const system_clock time_;
    mutable std::mutex mutex_;
    std::vector<instant> arrivals_;
    testing::local_server server_{[this](net::server_request&) {
        const std::lock_guard lock(mutex_);
        arrivals_.push_back(time_.now());
        return testing::make_response(200);
    }};
};

/// The most of them in any window of that length.
[[nodiscard]] inline std::size_t most_in(const std::vector<instant>& times, duration length) {
    std::size_t most = 0;
    for (std::size_t first = 0, last = 0; last < times.size(); ++last) {
        while (times[first] <= times[last] - length)
            ++first;
        most = std::max(most, last - first + 1);
    }
    return most;
}

/// An endpoint and what stands in its `rateLimit`.
struct limited_api {
    std::string name;
    std::string limit;
    std::string url;
};

/// A process with shared limits, from the text of its configuration.
class limited_client {
public:
    explicit limited_client(const std::vector<limited_api>& apis) {
        std::string text = "version: 1\ntools: [{name: shop, externalAPIs: {";
        for (const limited_api& api : apis) {
            text += api.name + ": {url: '" + api.url + "', timeout: 20000, rateLimit: {" +
                    api.limit + "}}, ";
        }
        const auto file = parse_config(text + "}}]\n", "test.yaml", process_environment());
        if (!file) throw std::runtime_error(to_string(file.error().front()));
        const auto done = calls_.replace_tools(file->tools);
        if (!done) throw std::runtime_error(done.error().message);
    }
    limited_client(const std::string& limit, const std::string& url)
        : limited_client({{"api", limit, url}}) {}

    result<response> call(const std::string& api = "api") {
        return calls_.call_blocking("shop", api, request("/"));
    }
    /// "redis" or "redis-down".
    [[nodiscard]] std::string store() const {
        return calls_.status().front().endpoints.front().rate_limit->store;
    }
    /// What the events said of the store.
    [[nodiscard]] std::vector<std::string> changes() const {
        const std::lock_guard lock(mutex_);
        return changes_;
    }

private:
    client_options options() {
        client_options made;
        made.threads = 1;
        made.events = [this](const event& one) {
            if (one.name != "rate_limit.store") return;
            const std::lock_guard lock(mutex_);
            changes_.push_back(one.message);
        };
        return made;
    }

    mutable std::mutex mutex_;
    std::vector<std::string> changes_;
    client calls_{options()};
};

/// Callers, each of which calls again and again until the end.
class steady_load {
public:
    ~steady_load() { stop(); }
    steady_load() = default;
    steady_load(const steady_load&) = delete;
    steady_load& operator=(const steady_load&) = delete;

    void add(limited_client& by, int callers, const std::string& api = "api") {
        for (int i = 0; i < callers; ++i) {
            callers_.emplace_back([this, &by, api] {
                while (!over_.load()) {
                    const result<response> got = by.call(api);
                    if (got && got->status == 200) continue;
                    const std::lock_guard lock(mutex_);
                    failures_.push_back(got ? std::to_string(got->status) : got.error().message);
                }
            });
        }
    }
    void stop() {
        over_ = true;
        for (std::thread& one : callers_)
            one.join();
        callers_.clear();
    }
    [[nodiscard]] std::vector<std::string> failures() const {
        const std::lock_guard lock(mutex_);
        return failures_;
    }

private:
    std::atomic<bool> over_ = false;
    mutable std::mutex mutex_;
    std::vector<std::string> failures_;
    std::vector<std::thread> callers_;
};

/// False when it does not come true within 20 s.
[[nodiscard]] inline bool comes_true(const std::function<bool()>& so) {
    const system_clock time;
    for (const instant end = time.now() + std::chrono::seconds(20); time.now() < end;) {
        if (so()) return true;
        std::this_thread::yield();
    }
    return false;
}

}  // namespace symphony::test_support
