#include "symphony/telemetry/metrics.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace symphony {
namespace {

using std::chrono::milliseconds;

TEST(call_counts, keep_a_histogram_per_method_and_outcome) {
    endpoint_metrics m;
    call_counts& counts = m.of(0);
    counts.observe_request(method_label::post, error_kind::timeout, milliseconds(3));
    counts.observe_request(method_label::get, 200, milliseconds(1));
    counts.observe_request(method_label::get, 599, milliseconds(2));
    counts.observe_request(method_label::get, 200, milliseconds(2));
    const auto all = m.requests();
    ASSERT_EQ(all.size(), 3u);
    EXPECT_EQ(all[0].status, 200);
    EXPECT_EQ(all[0].durations.total, 2u);
    EXPECT_EQ(all[1].status, 599);
    EXPECT_EQ(all[2].method, method_label::post);
    EXPECT_EQ(all[2].status, 0);
    EXPECT_EQ(all[2].failure, error_kind::timeout);
}

TEST(call_counts, take_an_impossible_status_as_a_protocol_error) {
    for (const int status : {-1, 0, 99, 600, 70'000}) {
        endpoint_metrics m;
        m.of(0).observe_request(method_label::get, status, milliseconds(1));
        ASSERT_EQ(m.requests().size(), 1u);
        EXPECT_EQ(m.requests()[0].failure, error_kind::protocol_error);
    }
}

TEST(endpoint_metrics, sum_up_what_each_thread_counted) {
    endpoint_metrics m(2);
    for (int i = 0; i < 3; ++i)
        m.of(0).begin_call();
    m.of(0).end_call(200);
    m.of(1).begin_call();
    m.of(1).end_call(404);
    m.of(0).end_call(error_kind::timeout);
    m.of(0).retries[static_cast<std::size_t>(retry_reason::timeout)].add();
    m.of(1).retries[static_cast<std::size_t>(retry_reason::timeout)].add();
    m.of(0).rate_limit_wait.observe(milliseconds(7));
    m.of(1).rate_limit_wait.observe(milliseconds(30));
    m.of(1).observe_request(method_label::get, 200, milliseconds(1));
    m.of(0).observe_request(method_label::get, 200, milliseconds(1));
    const call_totals seen = m.total();
    EXPECT_EQ(seen.calls_ok, 1u);
    EXPECT_EQ(seen.calls_error, 1u);
    EXPECT_EQ(seen.calls_failed[static_cast<std::size_t>(error_kind::timeout)], 1u);
    EXPECT_EQ(seen.in_flight, 1u);
    EXPECT_EQ(seen.retries[static_cast<std::size_t>(retry_reason::timeout)], 2u);
    EXPECT_EQ(seen.rate_limit_wait.total, 2u);
    EXPECT_EQ(seen.rate_limit_wait.counts[1], 1u);
    EXPECT_DOUBLE_EQ(seen.rate_limit_wait.sum_seconds, 0.037);
    ASSERT_EQ(m.requests().size(), 1u);
    EXPECT_EQ(m.requests()[0].durations.total, 2u);
}

TEST(endpoint_metrics, are_whole_at_any_moment_while_threads_count) {
    constexpr std::size_t threads = 4;
    constexpr unsigned each = 20'000;
    endpoint_metrics m(threads);
    std::vector<std::thread> counting;
    std::atomic<std::size_t> done{0};
    for (std::size_t t = 0; t < threads; ++t) {
        counting.emplace_back([&, &own = m.of(t)] {
            for (unsigned i = 0; i < each; ++i) {
                own.begin_call();
                own.observe_request(method_label::get, 200 + static_cast<int>(i % 50),
                                    milliseconds(1));
                own.end_call(200);
            }
            ++done;
        });
    }
    while (done.load() < threads) {
        ASSERT_LE(m.total().in_flight, threads);
        ASSERT_LE(m.requests().size(), 50u);
    }
    for (auto& thread : counting)
        thread.join();
    std::uint64_t total = 0;
    for (const auto& one : m.requests())
        total += one.durations.total;
    EXPECT_EQ(m.requests().size(), 50u);
    EXPECT_EQ(total, threads * each);
    EXPECT_EQ(m.total().calls_ok, threads * each);
    EXPECT_EQ(m.total().in_flight, 0u);
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
