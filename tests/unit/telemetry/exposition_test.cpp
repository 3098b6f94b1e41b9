#include "symphony/telemetry/metrics.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

namespace symphony {
namespace {

using std::chrono::milliseconds;

// A reader of the text format, as strict as a scraper: every sample must stand in a family that was
// announced, and no series may appear twice.
struct scrape {
    std::map<std::string, std::string> types;
    std::map<std::string, std::string> samples;  // name{labels} to value
    std::vector<std::string> faults;
    bool ended = false;
};

bool belongs(const scrape& so_far, const std::string& name) {
    if (so_far.types.contains(name)) return true;
    for (const char* suffix : {"_bucket", "_sum", "_count", "_total"}) {
        if (name.ends_with(suffix) &&
            so_far.types.contains(name.substr(0, name.size() - std::string(suffix).size()))) {
            return true;
        }
    }
    return false;
}

// Past the closing brace of the labels, quotes and escapes respected.
std::size_t end_of_labels(const std::string& line, std::size_t at) {
    bool quoted = false;
    for (; at < line.size(); ++at) {
        if (quoted && line[at] == '\\') {
            ++at;
        } else if (line[at] == '"') {
            quoted = !quoted;
        } else if (!quoted && line[at] == '}') {
            return at + 1;
        }
    }
    return std::string::npos;
}

scrape parse(const std::string& text) {
    scrape result;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        if (result.ended) result.faults.push_back("after the end: " + line);
        if (line == "# EOF") {
            result.ended = true;
        } else if (line.starts_with("# TYPE ")) {
            std::istringstream words(line.substr(7));
            std::string name, type;
            words >> name >> type;
            if (!result.types.emplace(name, type).second) result.faults.push_back(line);
        } else if (!line.starts_with("# ")) {
            const auto brace = line.find('{');
            const auto end = brace == std::string::npos ? brace : end_of_labels(line, brace);
            if (end == std::string::npos || line[end] != ' ' ||
                !belongs(result, line.substr(0, brace)) ||
                !result.samples.emplace(line.substr(0, end), line.substr(end + 1)).second) {
                result.faults.push_back(line);
            }
        }
    }
    return result;
}

std::string only(const std::string& name, const std::string& more = "") {
    return name + R"({tool="t",endpoint="e")" + more + "}";
}

TEST(exposition, an_untouched_endpoint_shows_its_series_at_zero) {
    metrics_registry registry;
    const auto m = registry.get("t", "e");
    m->queue_length = [] { return std::size_t{3}; };
    m->circuit_state = [] { return 2; };
    m->concurrency = [] { return concurrency_view{8, 5, 1}; };
    m->hedges = [] { return true; };
    const scrape seen = parse(write_metrics(registry, exposition::prometheus));
    EXPECT_TRUE(seen.faults.empty()) << seen.faults.front();
    const auto& s = seen.samples;
    for (const auto& [name, value] : std::map<std::string, std::string>{
             {only("symphony_calls_total", R"(,outcome="ok")"), "0"},
             {only("symphony_calls_total", R"(,outcome="error")"), "0"},
             {only("symphony_attempts_total"), "0"},
             {only("symphony_retries_total", R"(,reason="status_429")"), "0"},
             {only("symphony_rate_limit_wait_seconds_count"), "0"},
             {only("symphony_rate_limit_wait_seconds_bucket", R"(,le="+Inf")"), "0"},
             {only("symphony_rate_limit_rejected_total"), "0"},
             {only("symphony_rate_limit_queue_length"), "3"},
             {only("symphony_circuit_state"), "2"},
             {only("symphony_concurrency_limit"), "8"},
             {only("symphony_concurrency_in_flight"), "5"},
             {only("symphony_concurrency_queue_length"), "1"},
             {only("symphony_concurrency_rejected_total"), "0"},
             {only("symphony_concurrency_wait_seconds_count"), "0"},
             {only("symphony_hedges_total", R"(,result="won")"), "0"},
             {only("symphony_hedges_total", R"(,result="lost")"), "0"},
             {only("symphony_hedges_total", R"(,result="refused")"), "0"},
             {only("symphony_in_flight"), "0"}}) {
        ASSERT_TRUE(s.contains(name)) << name;
        EXPECT_EQ(s.at(name), value) << name;
    }
    EXPECT_EQ(std::ranges::count_if(s,
                                    [](const auto& one) {
                                        return one.first.starts_with(
                                            "symphony_circuit_transitions_total");
                                    }),
              6);
}

TEST(exposition, what_an_endpoint_does_not_have_is_absent) {
    metrics_registry registry;
    (void)registry.get("t", "e");
    const std::string text = write_metrics(registry, exposition::prometheus);
    EXPECT_EQ(text.find("circuit"), std::string::npos);
    EXPECT_EQ(text.find("rate_limit"), std::string::npos);
    EXPECT_EQ(text.find("concurrency"), std::string::npos);
    EXPECT_EQ(text.find("hedges"), std::string::npos);
    EXPECT_EQ(text.find("http_client_request"), std::string::npos);
}

TEST(exposition, counts_arrive_with_their_labels) {
    metrics_registry registry;
    const auto m = registry.get("t", "e");
    m->of(0).observe_request(method_label::get, 200, milliseconds(30));
    m->of(0).observe_request(method_label::get, 503, milliseconds(1));
    m->of(0).observe_request(method_label::post, error_kind::timeout, milliseconds(2000));
    m->of(0).begin_call();
    m->of(0).end_call(error_kind::timeout);
    m->transitions[0][2] = 4;
    const scrape seen = parse(write_metrics(registry, exposition::prometheus));
    EXPECT_TRUE(seen.faults.empty()) << seen.faults.front();
    const std::string bucket = "http_client_request_duration_seconds_bucket";
    const std::string ok =
        R"(,http_request_method="GET",http_response_status_code="200",error_type="")";
    EXPECT_EQ(seen.samples.at(only(bucket, ok + R"(,le="0.025")")), "0");
    EXPECT_EQ(seen.samples.at(only(bucket, ok + R"(,le="0.05")")), "1");
    EXPECT_EQ(seen.samples.at(only(bucket, ok + R"(,le="10")")), "1");
    const std::string count = "http_client_request_duration_seconds_count";
    EXPECT_EQ(
        seen.samples.at(
            only(count,
                 R"(,http_request_method="GET",http_response_status_code="503",error_type="503")")),
        "1");
    EXPECT_EQ(
        seen.samples.at(only(
            count,
            R"(,http_request_method="POST",http_response_status_code="",error_type="timeout")")),
        "1");
    EXPECT_EQ(seen.samples.at(only("symphony_calls_total", R"(,outcome="timeout")")), "1");
    EXPECT_EQ(
        seen.samples.at(only("symphony_circuit_transitions_total", R"(,from="closed",to="open")")),
        "4");
}

TEST(exposition, openmetrics_names_counter_families_without_suffix_and_ends) {
    metrics_registry registry;
    const auto m = registry.get("t", "e");
    m->queue_length = [] { return std::size_t{0}; };
    m->circuit_state = [] { return 0; };
    const std::string text = write_metrics(registry, exposition::openmetrics);
    const scrape seen = parse(text);
    EXPECT_TRUE(seen.faults.empty()) << seen.faults.front();
    EXPECT_TRUE(seen.ended);
    EXPECT_TRUE(text.ends_with("# EOF\n"));
    for (const auto& [name, type] : seen.types)
        EXPECT_FALSE(name.ends_with("_total")) << name;
    EXPECT_EQ(seen.types.at("symphony_calls"), "counter");
    EXPECT_TRUE(seen.samples.contains(only("symphony_calls_total", R"(,outcome="ok")")));
    EXPECT_TRUE(
        seen.samples.contains(only("symphony_rate_limit_wait_seconds_bucket", R"(,le="1.0")")));
}

TEST(exposition, label_values_are_escaped) {
    metrics_registry registry;
    (void)registry.get("a\"b\\c\nd}", "e");
    const std::string text = write_metrics(registry, exposition::prometheus);
    EXPECT_NE(text.find(R"(tool="a\"b\\c\nd}")"), std::string::npos);
    const scrape seen = parse(text);
    EXPECT_TRUE(seen.faults.empty()) << seen.faults.front();
}

TEST(exposition, nothing_registered_is_valid_too) {
    const metrics_registry registry;
    EXPECT_EQ(write_metrics(registry, exposition::prometheus), "");
    EXPECT_EQ(write_metrics(registry, exposition::openmetrics), "# EOF\n");
    EXPECT_EQ(content_type(exposition::prometheus), "text/plain; version=0.0.4; charset=utf-8");
}

}  // namespace
}  // namespace symphony
