#include "unit/config/config_fixture.hpp"

namespace symphony {
namespace {

using namespace symphony::testing;

std::string tool(const std::string& name, const std::string& endpoint, const std::string& block) {
    return "  - {name: " + name + ", externalAPIs: {" + endpoint + ": {url: 'http://x', " + block +
           "}}}\n";
}

const std::string head = "version: 1\ntools:\n";

std::string only_message(const loaded& result) {
    if (result) return "";
    EXPECT_EQ(result.error().size(), 1u) << all_faults(result);
    return result.error().front().message;
}

TEST(rules, names_are_unique_and_simple) {
    const std::string limit = "rateLimit: {maxRequestsPerSecond: 1}";
    EXPECT_TRUE(parse(head + tool("a-B_9", "e", limit) + tool("b", "e", limit)));
    EXPECT_EQ(only_message(parse(head + tool("a", "e", "") + tool("a", "f", ""))),
              "another tool has this name");
    for (const char* name : {"a.b", "a/b", "'a b'", "''", "ü", "a%2e"}) {
        EXPECT_NE(only_message(parse(head + tool(name, "e", ""))), "") << name;
        EXPECT_NE(only_message(parse(head + tool("t", name, ""))), "") << name;
    }
    EXPECT_EQ(
        only_message(parse("version: 1\ntools: [{name: t, externalAPIs: {e: {url: 'http://x'}, "
                           "e: {url: 'http://y'}}}]")),
        "this key was given before, in line 2");
}

TEST(rules, what_is_required_must_be_there) {
    EXPECT_EQ(only_message(parse("version: 1\n")), "'tools' is missing");
    EXPECT_EQ(only_message(parse("tools: [{name: t, externalAPIs: {e: {url: 'http://x'}}}]")),
              "'version' is missing");
    EXPECT_EQ(only_message(parse("version: 1\ntools: []")), "must not be empty");
    EXPECT_EQ(only_message(parse("version: 1\ntools: [{externalAPIs: {e: {url: 'http://x'}}}]")),
              "'name' is missing");
    EXPECT_EQ(only_message(parse("version: 1\ntools: [{name: t}]")), "'externalAPIs' is missing");
    EXPECT_EQ(only_message(parse("version: 1\ntools: [{name: t, externalAPIs: {e: {}}}]")),
              "'url' is missing");
    EXPECT_NE(only_message(parse("just text")), "");
    EXPECT_NE(only_message(parse("[]")), "");
}

TEST(rules, one_prefix_is_one_budget) {
    const std::string ten = "rateLimit: {maxRequestsPerSecond: 10, keyPrefix: p}";
    const std::string as_level = "rateLimit: {limits: [{max: 10, window: 1s}], keyPrefix: p}";
    const std::string nine = "rateLimit: {maxRequestsPerSecond: 9, keyPrefix: p}";
    const std::string bucket =
        "rateLimit: {maxRequestsPerSecond: 10, keyPrefix: p, strategy: token-bucket}";
    EXPECT_TRUE(parse(head + tool("a", "e", ten) + tool("b", "e", ten)));
    EXPECT_TRUE(parse(head + tool("a", "e", ten) + tool("b", "e", as_level)));
    for (const std::string& other : {nine, bucket}) {
        const loaded faulty = parse(head + tool("a", "e", ten) + tool("b", "e", other));
        EXPECT_NE(only_message(faulty).find("same 'keyPrefix'"), std::string::npos);
        EXPECT_EQ(faulty.error()[0].line, 4);
        EXPECT_EQ(faulty.error()[0].path, "tools[1].externalAPIs.e.rateLimit");
    }
    // The default prefix is a prefix like any other.
    const std::string taken = "rateLimit: {maxRequestsPerSecond: 9, keyPrefix: a.e}";
    EXPECT_FALSE(parse(head + tool("a", "e", "rateLimit: {maxRequestsPerSecond: 10}") +
                       tool("b", "e", taken)));
}

std::string falls_back_to(const std::string& name) {
    return "circuitBreaker: {fallbackService: " + name + "}";
}

TEST(rules, a_fallback_is_an_endpoint_that_exists) {
    const std::string three = tool("backup", "x", "") + tool("spare", "e", "") +
                              "  - {name: many, externalAPIs: {p: {url: 'http://x'}, "
                              "q: {url: 'http://x'}}}\n";
    const auto with = [&](const std::string& name) {
        return parse(head + tool("a", "e", falls_back_to(name)) + three);
    };
    for (const char* good : {"backup", "backup.x", "spare", "spare.e", "many.q"})
        EXPECT_TRUE(with(good)) << all_faults(with(good));
    EXPECT_EQ(with("backup")->tools[0].external_apis[0].options.fallback, "backup");
    EXPECT_EQ(only_message(with("none")), "there is no tool 'none'");
    EXPECT_EQ(only_message(with("backup.y")), "the tool 'backup' has no endpoint 'y'");
    EXPECT_NE(only_message(with("many")).find("write 'many.ENDPOINT'"), std::string::npos);
    EXPECT_EQ(with("many").error()[0].suggestion, "");
    for (const char* bad : {"''", "a.b.c", "'.x'", "'x.'", "'a b'"})
        EXPECT_EQ(only_message(with(bad)), "must be TOOL or TOOL.ENDPOINT") << bad;
    const loaded misspelt = with("bakcup");
    EXPECT_EQ(only_message(misspelt), "there is no tool 'bakcup'");
    EXPECT_EQ(misspelt.error()[0].suggestion, "backup");
    EXPECT_EQ(misspelt.error()[0].line, 3);
    EXPECT_EQ(misspelt.error()[0].path, "tools[0].externalAPIs.e.circuitBreaker.fallbackService");
}

TEST(rules, fallbacks_go_nowhere_in_a_circle) {
    EXPECT_EQ(only_message(parse(head + tool("a", "e", falls_back_to("a")))),
              "the fallbacks go round in a circle: a.e -> a.e");
    const std::string three = tool("a", "e", falls_back_to("b")) +
                              tool("b", "e", falls_back_to("c")) +
                              tool("c", "e", falls_back_to("a.e"));
    EXPECT_EQ(only_message(parse(head + three)),
              "the fallbacks go round in a circle: a.e -> b.e -> c.e -> a.e");
    EXPECT_EQ(only_message(parse(head + tool("z", "e", falls_back_to("a")) + three)),
              "the fallbacks go round in a circle: a.e -> b.e -> c.e -> a.e");
    EXPECT_TRUE(parse(head + tool("a", "e", falls_back_to("c")) +
                      tool("b", "e", falls_back_to("c")) + tool("c", "e", "")));
}

TEST(rules, an_interval_needs_something_to_ask) {
    EXPECT_EQ(only_message(parse(endpoint_with("circuitBreaker: {healthCheckInterval: 5s}"))),
              "goes with 'healthCheckEndpoint' only");
}

TEST(rules, a_header_that_is_none_is_named_but_not_what_may_be_its_value) {
    const std::pair<std::string_view, std::string_view> table[] = {
        {"bad name: x", "headers['bad name']: "},
        {"na\xC3\xAFve: x", "headers['na\xC3\xAFve']: "},
        {"'': x", "headers['']: "},
        {"'authorization: x': y", "headers['authorization...']: "},
        {"authorization x", "headers['authorization...']: "},
    };
    for (const auto& [field, path] : table) {
        const loaded faulty = parse(endpoint_with("headers: {" + std::string(field) + "}"));
        EXPECT_NE(all_faults(faulty).find(std::string(path) + "no valid header name"),
                  std::string::npos)
            << all_faults(faulty);
    }
}

TEST(rules, a_header_that_would_be_lost_is_refused) {
    for (const char* name : {"Host", "connection", "Transfer-Encoding", "te", "symphony-cost"}) {
        const loaded faulty = parse(endpoint_with("headers: {" + std::string(name) + ": '1'}"));
        EXPECT_NE(only_message(faulty).find("cannot be set"), std::string::npos) << name;
    }
    EXPECT_TRUE(parse(endpoint_with("headers: {traceparent: 'x', x-host: 'y'}")));
}

TEST(rules, credentials_of_no_known_type_are_still_read) {
    const loaded faulty =
        parse(endpoint_with("auth: {type: bearr, credentials: {token: '${NONE}'}}"));
    ASSERT_FALSE(faulty);
    EXPECT_EQ(faulty.error().size(), 2u);
    EXPECT_NE(all_faults(faulty).find("NONE is not set"), std::string::npos);
}

TEST(rules, a_url_must_be_one) {
    for (const char* bad : {"x", "ftp://x", "http://", "http://x/#a", "http://x:99999", "[]",
                            "null", "'http://a b'", "ws://x", "wss://x"}) {
        const loaded faulty = parse(
            "version: 1\ntools: [{name: t, externalAPIs: {e: {url: " + std::string(bad) + "}}}]");
        EXPECT_NE(only_message(faulty), "") << bad;
        EXPECT_EQ(faulty.error()[0].path, "tools[0].externalAPIs.e.url");
    }
}

TEST(rules, expansion_fills_values_and_never_structure) {
    const std::string text = endpoint_with(
        "timeout: '${TIME}', rateLimit: {maxRequestsPerSecond: \"${N}\"}, headers: {a: '${H}'}");
    const auto e =
        only_endpoint(parse(text, {{"TIME", "1s"}, {"N", "7"}, {"H", "x}, b: {c: [1]"}}));
    EXPECT_EQ(e.rate_limit->max_requests_per_second, 7u);
    EXPECT_EQ(e.timeout, std::chrono::seconds(1));
    EXPECT_EQ(e.fields.get("a"), "x}, b: {c: [1]");
    EXPECT_EQ(e.fields.size(), 1u);
    EXPECT_FALSE(parse(text, {{"TIME", "1s"}, {"N", "7 "}, {"H", "x"}}));
    EXPECT_NE(only_message(parse(text, {{"N", "7"}, {"H", "x"}})).find("TIME"), std::string::npos);
}

TEST(rules, what_comes_from_a_file_is_never_shown) {
    const temporary_directory place;
    place.write("s", "MARKER\n");
    const std::string file = place.file("symphony.yaml");
    for (const char* block :
         {"method: '${file:s}'", "http: {version: '${file:s}'}",
          "rateLimit: {maxRequestsPerSecond: 1, keyPrefix: '${file:s}'}", "timeout: '${file:s}'",
          "rateLimit: {maxRequestsPerSecond: '${file:s}'}",
          "middleware: {error: {retry: {conditions: ['${file:s}']}}}"}) {
        const loaded faulty = parse(endpoint_with(block), {}, file);
        ASSERT_FALSE(faulty) << block;
        EXPECT_EQ(all_faults(faulty).find("MARKER"), std::string::npos) << all_faults(faulty);
    }
    EXPECT_TRUE(parse(endpoint_with("headers: {x: '${file:s}'}"), {}, file));
}

TEST(rules, a_secret_in_a_url_is_never_shown) {
    const temporary_directory place;
    place.write("s", "MARKER\n");
    place.write("u", "http://MARKER.test/\n");
    const std::string file = place.file("symphony.yaml");
    const auto at = [&](const std::string& url, const std::string& block = "") {
        return parse("version: 1\ntools: [{name: t, externalAPIs: {e: {url: '" + url + "'" +
                         (block.empty() ? "" : ", " + block) + "}}}]\n",
                     {}, file);
    };
    for (const loaded& faulty :
         {at("http://${file:s}/"), at("http://${file:s}.test/x"), at("${file:u}"),
          at("http://h", "http: {proxy: 'http://u:p@${file:s}:1'}"),
          at("http://h", "circuitBreaker: {healthCheckEndpoint: 'http://${file:s}/'}"),
          at("http://h", "circuitBreaker: {healthCheckEndpoint: 'http://h/${file:s}'}"),
          at("http://h",
             "rateLimit: {maxRequestsPerSecond: 1, distributed: {redis: {url: "
             "'redis://${file:s}:1'}}}")}) {
        ASSERT_FALSE(faulty);
        EXPECT_NE(all_faults(faulty).find("${file:} is a secret"), std::string::npos)
            << all_faults(faulty);
        EXPECT_EQ(all_faults(faulty).find("MARKER"), std::string::npos) << all_faults(faulty);
    }
    const loaded shown = at("https://u:${file:s}@api.test/bot${file:s}/x?key=${file:s}",
                            "circuitBreaker: {healthCheckEndpoint: 'http://h/up?key=${file:s}'}, "
                            "rateLimit: {maxRequestsPerSecond: 1, distributed: {redis: {url: "
                            "'redis://:${file:s}@h:1'}}}, http: {proxy: 'http://u:${file:s}@h:1'}");
    ASSERT_TRUE(shown) << all_faults(shown);
    EXPECT_EQ(url::parse(only_endpoint(shown).url)->path, "/botMARKER/x");
    EXPECT_EQ(only_endpoint(shown).shown_url, "https://api.test/bot***/x");
    EXPECT_NE(describe(*shown).find("https://api.test/bot***/x"), std::string::npos);
    EXPECT_EQ(describe(*shown).find("MARKER"), std::string::npos) << describe(*shown);
}

TEST(rules, a_condition_that_can_only_fail_is_a_fault) {
    const auto with = [](const std::string& program) {
        return parse(endpoint_with("circuitBreaker: {failureConditions: ['" + program + "']}"));
    };
    EXPECT_EQ(only_message(with(".status | ascii_downcase")),
              "this jq program fails on every failure: explode input must be a string");
    EXPECT_TRUE(with(".kind | startswith(\"connect\")")) << "only without an answer";
}

TEST(rules, a_ca_file_stands_next_to_the_configuration) {
    const temporary_directory place;
    place.write("ca.pem", "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n");
    place.write("key.pem", "-----BEGIN PRIVATE KEY-----\n");
    const std::string file = place.file("symphony.yaml");
    EXPECT_EQ(only_endpoint(parse(endpoint_with("tls: {ca: ca.pem}"), {}, file)).tls.ca,
              place.file("ca.pem"));
    EXPECT_EQ(only_message(parse(endpoint_with("tls: {ca: key.pem}"), {}, file)),
              "the file holds no PEM certificate");
    EXPECT_EQ(only_message(parse(endpoint_with("tls: {ca: none.pem}"), {}, file)), "no such file");
}

TEST(rules, what_does_not_work_yet_says_so) {
    for (const char* block :
         {"isStreaming: true", "streamConfig: {mode: json}", "auth: {type: oauth2}",
          "auth: {type: jwt}",
          "auth: {type: bearer, credentials: {token: t}, oauth2: {tokenUrl: x}}",
          "auth: {type: bearer, credentials: {token: t}, federation: {provider: aws}}",
          "auth: {type: bearer, credentials: {token: t}, caching: {enabled: true, ttl: 1}}",
          "auth: {type: bearer, credentials: {token: t}, retryOnAuthFailure: true}",
          "auth: {type: bearer, credentials: {token: t}, refreshToken: x}",
          "middleware: {pre: {transform: '.'}}", "middleware: {post: {cache: {ttl: 1}}}",
          "middleware: {metrics: {dimensions: [a]}}", "middleware: {error: {transform: '.'}}",
          "middleware: {error: {fallback: '.'}}"}) {
        const loaded faulty = parse(endpoint_with(block));
        EXPECT_NE(only_message(faulty).find("not available in this version"), std::string::npos)
            << block << "\n"
            << all_faults(faulty);
    }
    EXPECT_EQ(only_message(parse(endpoint_with("") + "plugins: {a: b}")),
              "not available in this version");
}

}  // namespace
}  // namespace symphony
