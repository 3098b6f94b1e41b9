#include "unit/config/config_fixture.hpp"

#include <gmock/gmock.h>

namespace symphony {
namespace {

using namespace symphony::testing;
using ::testing::HasSubstr;

TEST(describe, shows_tools_endpoints_and_their_chains) {
    const loaded file = parse(
        "version: 1\ntools:\n"
        "  - {name: orders, description: Order service, externalAPIs: {api: {url: 'https://x/v2', "
        "method: POST, rateLimit: {maxRequestsPerSecond: 3}}, b: {url: 'http://y'}}}\n"
        "gateway: {adminToken: t}\n");
    ASSERT_TRUE(file) << all_faults(file);
    const std::string text = describe(*file);
    EXPECT_THAT(text, HasSubstr("orders  Order service\n"));
    EXPECT_THAT(text, HasSubstr("  orders.api  POST https://x/v2\n    "));
    EXPECT_THAT(text, HasSubstr("  orders.b  GET http://y"));
    EXPECT_THAT(text, HasSubstr("gateway  127.0.0.1:8080, admin 127.0.0.1:9090 (token required)"));
    const auto& api = file->tools[0].external_apis[0];
    for (const std::string& layer : describe_chain("orders", "api", api.options)) {
        EXPECT_THAT(text, HasSubstr("    " + layer + "\n"));
    }
}

TEST(describe, escapes_what_a_terminal_would_obey) {
    const loaded file = parse(
        "version: 1\ntools: [{name: t, description: \"a\\e[31m\\nb\", "
        "externalAPIs: {e: {url: 'http://x'}}}]\n");
    ASSERT_TRUE(file) << all_faults(file);
    EXPECT_EQ(describe(*file).find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace symphony
