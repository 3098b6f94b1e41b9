#include "symphony/telemetry/metrics.hpp"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace symphony {
namespace {

using std::chrono::milliseconds;

TEST(endpoint_metrics, keeps_a_histogram_per_method_and_outcome) {
    endpoint_metrics m;
    m.observe_request(method_label::get, 200, milliseconds(1));
    m.observe_request(method_label::get, 200, milliseconds(2));
    m.observe_request(method_label::get, 599, milliseconds(2));
    m.observe_request(method_label::post, error_kind::timeout, milliseconds(3));
    const auto all = m.request_series();
    ASSERT_EQ(all.size(), 3u);
    EXPECT_EQ(all[0].status, 200);
    EXPECT_EQ(all[0].durations->look().total, 2u);
    EXPECT_EQ(all[1].status, 599);
    EXPECT_EQ(all[2].method, method_label::post);
    EXPECT_EQ(all[2].status, 0);
    EXPECT_EQ(all[2].failure, error_kind::timeout);
}

TEST(endpoint_metrics, counts_an_impossible_status_as_a_protocol_error) {
    for (const int status : {-1, 0, 99, 600, 70'000}) {
        endpoint_metrics m;
        m.observe_request(method_label::get, status, milliseconds(1));
        ASSERT_EQ(m.request_series().size(), 1u);
        EXPECT_EQ(m.request_series()[0].failure, error_kind::protocol_error);
    }
}

TEST(endpoint_metrics, makes_each_histogram_once_when_threads_race) {
    endpoint_metrics m;
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&] {
            for (int i = 0; i < 2000; ++i) {
                m.observe_request(method_label::get, 200 + i % 50, milliseconds(1));
            }
        });
    }
    for (auto& thread : threads)
        thread.join();
    std::uint64_t total = 0;
    for (const auto& one : m.request_series())
        total += one.durations->look().total;
    EXPECT_EQ(m.request_series().size(), 50u);
    EXPECT_EQ(total, 8000u);
}

TEST(metrics_registry, gives_the_same_metrics_for_the_same_names) {
    metrics_registry registry;
    const auto first = registry.get("a", "b");
    EXPECT_EQ(registry.get("a", "b"), first);
    EXPECT_NE(registry.get("a", "c"), first);
    EXPECT_EQ(registry.entries().size(), 2u);
}

}  // namespace
}  // namespace symphony
