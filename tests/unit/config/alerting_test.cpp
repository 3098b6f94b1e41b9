#include "unit/config/config_fixture.hpp"

#include <gmock/gmock.h>

namespace symphony {
namespace {

using namespace symphony::testing;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

loaded with_alerts(const std::string& alerts, const std::string& alerting = "") {
    return parse(endpoint_with("circuitBreaker: {monitoring: {alerts: " + alerts + "}}") +
                 (alerting.empty() ? "" : "alerting: " + alerting + "\n"));
}

TEST(alerting, a_webhook_may_have_headers) {
    const endpoint_options made = only_endpoint(with_alerts(
        "{webhook: {url: 'https://h/', headers: {authorization: 'Bearer w', x-team: a}}}"));
    ASSERT_TRUE(made.alerts);
    EXPECT_TRUE(made.alerts->webhook.equals("https://h/"));
    ASSERT_EQ(made.alerts->webhook_headers.size(), 2u);
    EXPECT_EQ(made.alerts->webhook_headers[0].name, "authorization");
    EXPECT_TRUE(made.alerts->webhook_headers[0].value.equals("Bearer w"));
}

TEST(alerting, faults_of_a_webhook_repeat_no_value) {
    for (const char* alerts : {"{webhook: {headers: {x: s3cret}}}", "{webhook: {url: 's3cret'}}",
                               "{webhook: {url: 'https://h/', headers: {host: s3cret}}}",
                               "{webhook: {url: 'https://h/', headers: {x: \"s3cret\\n\"}}}",
                               "{webhook: {url: 'https://h/', headers: s3cret}}"}) {
        const loaded got = with_alerts(alerts);
        ASSERT_FALSE(got) << alerts;
        EXPECT_THAT(all_faults(got), Not(HasSubstr("s3cret")));
    }
}

TEST(alerting, a_misspelt_placeholder_is_told_the_one_that_was_meant) {
    const loaded got =
        with_alerts("{webhook: 'https://h/'}",
                    "{templates: {opened: '{tool}: {reson}', summary: '{zzzzzzzz}'}}");
    ASSERT_FALSE(got);
    ASSERT_EQ(got.error().size(), 2u) << all_faults(got);
    EXPECT_EQ(got.error()[0].suggestion, "reason");
    EXPECT_THAT(got.error()[0].message, HasSubstr("no placeholder 'reson'"));
    EXPECT_THAT(got.error()[1].suggestion, IsEmpty());
}

}  // namespace
}  // namespace symphony
