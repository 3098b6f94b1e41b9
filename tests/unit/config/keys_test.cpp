#include "unit/config/config_fixture.hpp"

namespace symphony {
namespace {

using namespace symphony::testing;
using namespace std::chrono_literals;

// For each key a value that is fine, and values that are not, with what must be said of them.
struct row {
    std::string before, good, after;
    std::vector<std::string> bad;
    std::string says;
};

void check(const std::vector<row>& rows) {
    for (const row& one : rows) {
        const loaded fine = parse(endpoint_with(one.before + one.good + one.after));
        EXPECT_TRUE(fine) << all_faults(fine);
        for (const std::string& value : one.bad) {
            const std::string text = endpoint_with(one.before + value + one.after);
            const loaded faulty = parse(text);
            ASSERT_FALSE(faulty) << text;
            const config_fault& fault = faulty.error().front();
            EXPECT_NE(fault.message.find(one.says), std::string::npos)
                << text << all_faults(faulty);
            EXPECT_EQ(fault.line, 2) << all_faults(faulty);
        }
    }
}

TEST(keys, of_an_endpoint) {
    check(
        {{"method: ", "POST", "", {"'A B'", "''", "[GET]", "CONNECT"}, ""},
         {"timeout: ", "30s", "", {"0", "-1", "soon", "'5'", "[]", "2d", "{}"}, "must be"},
         {"headers: ", "{a: b}", "", {"[a]", "x", "{'a b': c}", "{a: \"x\\ny\"}", "{a: [b]}"}, ""},
         {"headers: {a: b, ", "c", ": d}", {"A", "a"}, "given before"}});
}

TEST(keys, of_a_rate_limit) {
    const std::string whole = "a whole number";
    check(
        {{"rateLimit: {maxRequestsPerSecond: ",
          "10",
          "}",
          {"0", "-1", "1.5", "'10'", "ten", "1000000001", "[1]", "true"},
          whole},
         {"rateLimit: {maxRequestsPerMinute: ", "600", "}", {"0", "x"}, whole},
         {"rateLimit: {limits: [",
          "{max: 1, window: 1h}",
          "]}",
          {"{max: 0, window: 1s}", "{max: 1, window: 0}", "{max: 1, window: 32h, burst: 0}",
           "{max: 1, window: 800h}", "{max: 1}", "{window: 1s}", "3",
           "{max: 1, window: 1s, burst: 2}"},
          ""},
         {"rateLimit: {limits: ", "[{max: 1, window: 1000}]", "}", {"[]", "{}", "1"}, "must"},
         {"rateLimit: {maxRequestsPerSecond: 1, strategy: ",
          "leaky-bucket",
          "}",
          {"leakybucket", "", "[]"},
          "must be 'sliding-window', 'token-bucket' or 'leaky-bucket'"},
         {"rateLimit: {maxRequestsPerSecond: 1, keyPrefix: ",
          "a:b",
          "}",
          {"''", "[]", "null"},
          "must"},
         {"rateLimit: {maxRequestsPerSecond: 1, maxQueueSize: ", "0", "}", {"-1", "many"}, whole},
         {"rateLimit: {maxRequestsPerSecond: 1, maxQueueTime: ", "0", "}", {"-1", "x"}, "must be"},
         {"rateLimit: ",
          "{maxRequestsPerMinute: 1}",
          "",
          {"{}", "null", "5", "{maxQueueSize: 1}"},
          ""}});
}

TEST(keys, of_a_circuit_breaker) {
    const std::string start = "circuitBreaker: {";
    check(
        {{start + "failureThreshold: ", "5", "}", {"0", "-5", "five", "0.5"}, "a whole number"},
         {start + "resetTimeoutMs: ", "30000", "}", {"0", "x"}, "must be"},
         {start + "resetTimeoutMs: 10s, maxResetTimeoutMs: ", "1m", "}", {"9s", "0"}, "must be"},
         {start + "monitoring: {window: ", "10s", "}}", {"0", "0.5", "9000h"}, "must be"},
         {start + "monitoring: {minimumRequests: ", "1", "}}", {"0"}, "a whole number"},
         {start + "monitoring: {metrics: {failureRate: ",
          "1",
          "}}}",
          {"0", "-0.1", "1.01", "nan", "'0.5'", "10%"},
          "above 0 and at most 1"},
         {start + "monitoring: {metrics: {latencyThreshold: ",
          "1000",
          "}}}",
          {"0", "-1"},
          "must be"},
         {start + "recovery: {strategy: ", "immediate", "}}", {"fast"}, "must be 'immediate'"},
         {start + "recovery: {strategy: ", "gradual", "}}", {"custom"}, "C++ code"},
         {start + "healthCheckEndpoint: ", "'https://h/health'", "}", {"h", "'ws://h'", "''"}, ""},
         {start + "healthCheckEndpoint: 'http://h', healthCheckInterval: ",
          "200ms",
          "}",
          {"9ms", "0", "25h", "x"},
          ""},
         {start + "recovery: {successThreshold: ", "3", "}}", {"0", "100001"}, "a whole number"},
         {"circuitBreaker: ", "{}", "", {"null", "5", "[]"}, "must be an object"}});
}

TEST(keys, of_credentials) {
    check({{"auth: {type: bearer, credentials: {token: ",
            "abc.DEF-1~+/==",
            "}}",
            {"''", "'a b'", "'='", "[]", "null", "\"a\\n\""},
            ""},
           {"auth: {type: bearer, credentials: {",
            "token: t",
            "}}",
            {"", "username: u", "token: t, password: p"},
            ""},
           {"auth: {type: basic, credentials: {",
            "username: u, password: ''",
            "}}",
            {"", "password: p", "username: 'a:b'", "username: ''", "username: u, token: t"},
            ""},
           {"auth: {credentials: {token: t}, type: ",
            "bearer",
            "}",
            {"brearer", "null", "[]"},
            "must be"},
           {"auth: ",
            "{type: basic, credentials: {username: u}}",
            "",
            {"{}", "bearer", "null"},
            ""}});
}

TEST(keys, of_a_retry) {
    const std::string start = "middleware: {error: {retry: {";
    check({{start + "maxAttempts: ", "1", "}}}", {"0", "-3", "x"}, "a whole number"},
           {start + "backoff: ", "linear", "}}}", {"lineal", "none"}, "must be"},
           {start + "baseDelay: ", "0", "}}}", {"-1", "11s"}, ""},
           {start + "maxDelay: ", "1m", "}}}", {"99ms", "25h"}, ""},
           {start + "conditions: ",
            "['.status == 429']",
            "}}}",
            {"[]", "x", "['.a =']", "[[a]]", "['']"},
            ""}});
}

TEST(keys, of_the_transport) {
    check({{"tls: {minVersion: ", "1.3", "}", {"1.1", "2", "1.20"}, "must be '1.2' or '1.3'"},
           {"tls: {serverName: ", "api.example", "}", {"'a b'", "''", "'a:1'"}, "must"},
           {"tls: {", "", "}", {"ca: /no/such/file", "ca: ''", "ca: /dev/null", "ca: ."}, ""},
           {"http: {version: ", "2", "}", {"3", "1"}, "must be 'auto', '1.1' or '2'"},
           {"http: {maxConnections: ", "1", "}", {"0", "65536"}, "a whole number"},
           {"http: {idleTimeout: ", "1m", "}", {"0"}, "must be"},
           {"http: {connectTimeout: ", "1s", "}", {"0"}, "must be"},
           {"http: {resolveTimeout: ", "500ms", "}", {"0", "soon"}, "must be"},
           {"http: {tlsTimeout: ", "2s", "}", {"0"}, "must be"},
           {"http: {firstByteTimeout: ", "2s", "}", {"-1"}, "must be"},
           {"http: {betweenBytesTimeout: ", "2s", "}", {"0"}, "must be"},
           {"http: {warmConnections: ", "256", "}", {"257"}, "'maxConnections' (256)"},
           {"http: {maxConnections: 4, warmConnections: ", "4", "}", {"5"}, "'maxConnections' (4)"},
           {"http: {warmConnections: ", "0", "}", {"-1", "many"}, "a whole number"},
           {"http: {redirects: ",
            "same-origin",
            "}",
            {"all", "true", "5"},
            "must be 'none', 'same-origin' or 'any'"},
           {"http: {maxRedirects: ", "50", "}", {"0", "51"}, "a whole number"},
           {"http: {proxy: ",
            "'http://p:3128'",
            "}",
            {"'https://p'", "'socks5://p'", "'http://p/path'", "'http://p:0'", "''", "'p q'"},
            "prox"},
           {"http: {proxy: ", "none", "}", {"[none]", "{}"}, "must be"},
           {"http: {decompress: ", "true", "}", {"1", "gzip"}, "must be 'true' or 'false'"},
           {"http: {expectContinue: ", "false", "}", {"0", "never"}, "must be 'true' or 'false'"},
           {"http: {unixSocket: ", "run/api.sock", "}", {"''"}, "must not be empty"},
           {"limits: {maxDecodedRatio: ", "0", "}", {"-1", "1000001"}, "a whole number"},
           {"limits: {maxResponseBytes: ", "1000", "}", {"0", "1kB"}, "a whole number"},
           {"limits: {maxHeaderBytes: ", "1024", "}", {"1023"}, "a whole number"}});
}

TEST(keys, of_the_file) {
    const auto with = [](const std::string& line) { return parse(endpoint_with("") + line); };
    for (const char* good :
         {"gateway: {listen: '0.0.0.0:80'}", "gateway: {admin: '[::1]:0', drainTimeout: 0}",
          "gateway: {admin: '0.0.0.0:9090', adminToken: t}", "gateway: {admin: '127.1.2.3:1'}",
          "log: {level: trace, format: json}", "gateway: {admin: 'localhost:9090'}"}) {
        EXPECT_TRUE(with(good)) << all_faults(with(good));
    }
    for (const char* bad :
         {"gateway: {listen: '8080'}", "gateway: {listen: 'a:b'}", "gateway: {listen: ':80'}",
          "gateway: {listen: '::1:80'}", "gateway: {listen: 'h:65536'}",
          "gateway: {adminToken: ''}", "gateway: {admin: '0.0.0.0:9090'}",
          "gateway: {admin: '127.evil.example:9090'}", "gateway: {drainTimeout: -1}",
          "gateway: {maxRequestBytes: 0}", "gateway: null", "log: {level: warning}",
          "log: {format: xml}", "log: [info]"}) {
        const loaded faulty = with(bad);
        ASSERT_FALSE(faulty) << bad;
        EXPECT_EQ(faulty.error().size(), 1u) << all_faults(faulty);
        EXPECT_EQ(faulty.error()[0].line, 3) << all_faults(faulty);
    }
}

TEST(keys, arrive_in_the_options) {
    const auto e = only_endpoint(parse(endpoint_with(
        "method: PUT, headers: {Accept: text/plain, x-n: 5}, timeout: 1500,"
        " rateLimit: {maxRequestsPerSecond: 2, maxRequestsPerMinute: 90, keyPrefix: k,"
        " limits: [{max: 5, window: 2h, burst: 9}], strategy: token-bucket, maxQueueSize: 7,"
        " maxQueueTime: 3s}, circuitBreaker: {failureThreshold: 3, resetTimeoutMs: 4000,"
        " maxResetTimeoutMs: 9s, monitoring: {window: 20s, minimumRequests: 4,"
        " metrics: {failureRate: 0.25, latencyThreshold: 800}}, healthCheckEndpoint: "
        "'http://h/up', healthCheckInterval: 300,"
        " recovery: {strategy: gradual, successThreshold: 2}}, auth: {type: basic, credentials: "
        "{username: u, password: p}},"
        " middleware: {error: {retry: {maxAttempts: 4, backoff: linear, baseDelay: 5,"
        " maxDelay: 50ms, conditions: ['.status == 418']}}}, tls: {serverName: s, minVersion: 1.3},"
        " http: {version: 1.1, maxConnections: 3, idleTimeout: 7s, connectTimeout: 6s,"
        " decompress: false, expectContinue: false, proxy: 'u:p@proxy.test'},"
        " limits: {maxResponseBytes: 10, maxHeaderBytes: 2048, maxDecodedRatio: 9}")));
    EXPECT_EQ(e.url, "http://x");
    EXPECT_EQ(e.method, "PUT");
    EXPECT_EQ(e.fields.get("accept"), "text/plain");
    EXPECT_EQ(e.fields.get("x-n"), "5");
    EXPECT_EQ(e.timeout, 1500ms);
    rate_limit_options limit;
    limit.max_requests_per_second = 2;
    limit.max_requests_per_minute = 90;
    limit.limits = {{5, 2h, 9}};
    limit.key_prefix = "k";
    limit.strategy = rate_strategy::token_bucket;
    limit.max_queue_size = 7;
    limit.max_queue_time = 3s;
    EXPECT_EQ(e.rate_limit, limit);
    circuit_breaker_options breaker;
    breaker.failure_threshold = 3;
    breaker.reset_timeout = 4s;
    breaker.max_reset_timeout = 9s;
    breaker.window = 20s;
    breaker.minimum_requests = 4;
    breaker.failure_rate = 0.25;
    breaker.latency_threshold = 800ms;
    breaker.success_threshold = 2;
    breaker.recovery = recovery_kind::gradual;
    EXPECT_EQ(e.circuit_breaker, breaker);
    EXPECT_EQ(e.health_check, (health_check_options{"http://h/up", 300ms, 2s}));
    EXPECT_EQ(e.auth->type, auth_type::basic);
    EXPECT_EQ(e.auth->username, "u");
    EXPECT_TRUE(e.auth->password.equals("p"));
    const auto& retry = *e.middleware.error.retry;
    EXPECT_EQ(retry.timing, (retry_timing{backoff::linear, 4, 5ms, 50ms}));
    attempt_failure failure;
    failure.status = 418;
    ASSERT_EQ(retry.conditions.size(), 1u);
    EXPECT_TRUE(retry.conditions[0](failure));
    EXPECT_EQ(e.tls.min_version, "1.3");
    EXPECT_EQ(e.tls.server_name, "s");
    EXPECT_EQ(e.http, (http_options{http_version::http1, 3, 7s, 6s, false, false,
                                    proxy_options::to(secret("u:p@proxy.test"))}));
    EXPECT_EQ(e.limits, (limit_options{10, 2048, 9}));
}

TEST(keys, stages_redirects_and_warm_connections_arrive_in_the_options) {
    const auto bare = only_endpoint(parse(endpoint_with("")));
    EXPECT_EQ(bare.redirects, redirect_options());
    EXPECT_FALSE(bare.http.first_byte_timeout);
    const auto e = only_endpoint(parse(endpoint_with(
        "http: {resolveTimeout: 1s, tlsTimeout: 2s, firstByteTimeout: 3s, betweenBytesTimeout: 4s,"
        " warmConnections: 5, redirects: any, maxRedirects: 7}")));
    EXPECT_EQ(e.http.resolve_timeout, 1s);
    EXPECT_EQ(e.http.tls_timeout, 2s);
    EXPECT_EQ(e.http.first_byte_timeout, 3s);
    EXPECT_EQ(e.http.between_bytes_timeout, 4s);
    EXPECT_EQ(e.http.warm_connections, 5U);
    EXPECT_EQ(e.redirects, (redirect_options{redirect_policy::any, 7}));
    EXPECT_EQ(
        only_endpoint(parse(endpoint_with("http: {redirects: same-origin}"))).redirects.follow,
        redirect_policy::same_origin);
}

TEST(keys, a_unix_socket_lies_beside_the_file_and_goes_without_a_proxy) {
    const auto e = only_endpoint(parse(endpoint_with("http: {unixSocket: run/api.sock}")));
    EXPECT_TRUE(e.http.unix_socket.ends_with("run/api.sock")) << e.http.unix_socket;
    EXPECT_EQ(only_endpoint(parse(endpoint_with("http: {unixSocket: /a}"))).http.unix_socket, "/a");
    const loaded both = parse(endpoint_with("http: {unixSocket: /a, proxy: none}"));
    ASSERT_FALSE(both);
    EXPECT_NE(all_faults(both).find("goes without 'proxy'"), std::string::npos);
    const loaded long_path =
        parse(endpoint_with("http: {unixSocket: /" + std::string(107, 'x') + "}"));
    ASSERT_FALSE(long_path);
    EXPECT_NE(all_faults(long_path).find("107"), std::string::npos);
}

TEST(keys, of_the_file_arrive_in_the_options) {
    const loaded file =
        parse(endpoint_with("") +
              "gateway: {listen: 'a:1', admin: 'b:2', adminToken: t, drainTimeout: 5s, "
              "maxRequestBytes: 1000}\n"
              "log: {level: warn, format: json}\n");
    ASSERT_TRUE(file) << all_faults(file);
    EXPECT_EQ(file->file, "symphony.yaml");
    EXPECT_EQ(file->gateway.listen, "a:1");
    EXPECT_EQ(file->gateway.admin, "b:2");
    EXPECT_TRUE(file->gateway.admin_token.equals("t"));
    EXPECT_EQ(file->gateway.drain_timeout, 5s);
    EXPECT_EQ(file->gateway.max_request_bytes, 1000U);
    EXPECT_EQ(file->log.level, severity::warn);
    EXPECT_EQ(file->log.format, log_format::json);
}

TEST(keys, the_proxy_is_the_environments_unless_given) {
    const variables values{{"HTTPS_PROXY", "a:1"}, {"http_proxy", "b:2"}, {"NO_PROXY", "c"}};
    const proxy_options environments{secret("a:1"), secret("b:2"), "c"};
    EXPECT_EQ(only_endpoint(parse(endpoint_with(""), values)).http.proxy, environments);
    EXPECT_EQ(only_endpoint(parse(endpoint_with("http: {idleTimeout: 1s}"), values)).http.proxy,
              environments);
    EXPECT_EQ(only_endpoint(parse(endpoint_with("http: {proxy: none}"), values)).http.proxy,
              proxy_options());
    EXPECT_EQ(only_endpoint(parse(endpoint_with("http: {proxy: 'd:3'}"), values)).http.proxy,
              proxy_options::to(secret("d:3")));
    const loaded faulty = parse(endpoint_with(""), {{"http_proxy", "ftp://u:hunter2@x"}});
    ASSERT_FALSE(faulty);
    EXPECT_NE(all_faults(faulty).find("http_proxy of the environment"), std::string::npos);
    EXPECT_EQ(all_faults(faulty).find("hunter2"), std::string::npos);
    EXPECT_TRUE(parse(endpoint_with(""), {{"https_proxy", "ftp://x"}})) << "nobody takes it";
}

TEST(keys, without_any_block_are_the_defaults) {
    const auto e = only_endpoint(parse(endpoint_with("")));
    const endpoint_options fresh;
    EXPECT_EQ(e.method, "GET");
    EXPECT_EQ(e.timeout, 30s);
    EXPECT_FALSE(e.rate_limit || e.circuit_breaker || e.auth || e.middleware.error.retry);
    EXPECT_EQ(e.http, fresh.http);
    EXPECT_EQ(e.tls, fresh.tls);
    EXPECT_EQ(e.limits, fresh.limits);
}

}  // namespace
}  // namespace symphony
