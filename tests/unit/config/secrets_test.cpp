#include "unit/config/config_fixture.hpp"

namespace symphony {
namespace {

using namespace symphony::testing;

// Every place where a secret may stand, with a mistake near it: what comes out never holds it.
TEST(secrets, never_appear_in_a_fault) {
    const std::vector<std::string> blocks{
        "auth: {type: bearer, credentials: {token: 'hunter2 x'}}",
        "auth: {type: bearer, credentials: {token: [hunter2]}}",
        "auth: {type: bearer, credentials: {token: {hunter2: 1}}}",
        "auth: {type: bearer, credentials: {token:hunter2}}",
        "auth: {type: bearer, credentials: {hunter2}}",
        "auth: {type: bearer, credentials: hunter2}",
        "auth: {type: bearer, credentials: [hunter2]}",
        "auth: {type: bearer, hunter2}",
        "auth: {type: hunter2x, credentials: {token: 'hunter2 x'}}",
        "auth: hunter2",
        "auth: {type: basic, credentials: {username: 'hunter2:', password: hunter2}}",
        "auth: {type: basic, credentials: {username: \"hunter2\\n\", password: hunter2}}",
        "auth: {type: basic, credentials: {username: u, passwrd: hunter2}}",
        "auth: {type: basic, credentials: {password: hunter2, token: hunter2}}",
        "auth: {type: oauth2, oauth2: {clientSecret: hunter2}}",
        "auth: {type: bearer, credentials: {token: '${NONE}hunter2'}}",
        "auth: {type: bearer, credentials: {token: 'hunter2${'}}",
        "auth: {type: bearer, credentials: {token: '${SECRET} x'}}",
        "auth: {type: bearer, credentials: {token: t, certificate: {passphrase: hunter2}}}",
        "auth: {type: mtls, credentials: {certificate: {cert: c, key: hunter2, "
        "passphrase: hunter2}}}",
        "auth: {type: mtls, credentials: {certificate: {cert: c, hunter2: k}}}",
        "auth: {type: mtls, credentials: {certificate: {cert: /dev/null, key: [hunter2]}}}",
        "auth: {type: mtls, credentials: {certificate: hunter2}}",
        "auth: {type: mtls, credentials: {password: hunter2}}",
        "headers: {authorization: \"hunter2\\n\"}",
        "headers: {authorization: [hunter2]}",
        "headers: {'authorization: hunter2': x}",
        "headers: {authorization hunter2}",
        "headers: {authorization=Bearer hunter2: x}",
        "headers: hunter2",
        "timeout: '${SECRET}'",
        "method: '${SECRET} '",
        "rateLimit: {maxRequestsPerSecond: '${SECRET}', strategy: '${SECRET}'}",
        "circuitBreaker: {monitoring: {metrics: {failureRate: '${SECRET}'}}}",
        "middleware: {error: {retry: {conditions: ['${SECRET} |']}}}",
        "http: {proxy: 'https://u:hunter2@p'}",
        "http: {proxy: 'http://u:hunter2@p/path'}",
        "http: {proxy: 'http://u:hunter2@p:x'}",
        "http: {proxy: [hunter2]}",
        "circuitBreaker: {monitoring: {alerts: {slack: hunter2}}}",
        "circuitBreaker: {healthCheckEndpoint: 'ws://u:hunter2@x/?hunter2'}",
        "circuitBreaker: {healthCheckEndpoint: [hunter2]}",
    };
    for (const std::string& block : blocks) {
        const loaded result = parse(endpoint_with(block), {{"SECRET", "hunter2"}});
        ASSERT_FALSE(result) << block;
        // The type of credentials is no secret: the one place that may be quoted.
        const bool as_type = block.find("hunter2x") != std::string::npos;
        std::string text = all_faults(result);
        if (as_type) {
            const auto at = text.find("'hunter2x'");
            ASSERT_NE(at, std::string::npos);
            text.erase(at, 10);
        }
        EXPECT_EQ(text.find("hunter2"), std::string::npos) << text;
    }
}

TEST(secrets, never_appear_in_a_fault_of_a_url) {
    for (const char* address :
         {"ws://u:hunter2@x", "http://u:hunter2@", "http://hunter2@x y", "http://x/?key=hunter2#f",
          "ftp://u:hunter2@x/?hunter2", "http://u:hunter2@x:hunter2", "hunter2"}) {
        const loaded result = parse("version: 1\ntools: [{name: t, externalAPIs: {e: {url: '" +
                                    std::string(address) + "'}}}]");
        ASSERT_FALSE(result) << address;
        EXPECT_EQ(all_faults(result).find("hunter2"), std::string::npos) << all_faults(result);
    }
}

TEST(secrets, never_appear_in_a_fault_of_the_file) {
    for (const char* line :
         {"gateway: {adminToken: [hunter2]}", "gateway: {adminToken: {hunter2: 1}}",
          "gateway: {adminToken: '${NONE}hunter2'}", "gateway: {adminToken: &hunter2 }}",
          "gateway: {adminToken: *hunter2}", "gateway: {adminToken: !hunter2 [x]}",
          "gateway: {adminToken: \"hunter2\\q\"}", "gateway: {adminToken: 'hunter2",
          "gateway: {adminToken: hunter2", "gateway: {adminToken: hunter2: x}",
          "alerting: {smtp: {password: hunter2}}"}) {
        const loaded result = parse(endpoint_with("") + line);
        ASSERT_FALSE(result) << line;
        EXPECT_EQ(all_faults(result).find("hunter2"), std::string::npos) << all_faults(result);
    }
}

TEST(secrets, never_appear_in_a_description) {
    const temporary_directory place;
    place.write("s", "hunter2");
    const loaded result = parse(
        "version: 1\ntools: [{name: t, externalAPIs: {e: {url: 'http://u:hunter2@x/p?k=hunter2', "
        "headers: {a: hunter2}, auth: {type: basic, credentials: {username: hunter2, password: "
        "hunter2}}}, f: {url: 'http://x', auth: {type: bearer, credentials: {token: "
        "'${file:s}'}}}}}]\ngateway: {adminToken: hunter2}\n",
        {}, place.file("symphony.yaml"));
    ASSERT_TRUE(result) << all_faults(result);
    EXPECT_EQ(describe(*result).find("hunter2"), std::string::npos) << describe(*result);
}

}  // namespace
}  // namespace symphony
