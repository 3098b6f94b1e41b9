#include "unit/config/config_fixture.hpp"

#include <gmock/gmock.h>

namespace symphony {
namespace {

using namespace symphony::testing;
using ::testing::HasSubstr;

const std::string limit =
    "rateLimit: {maxRequestsPerSecond: 1, distributed: {redis: {host: here}}}";

endpoint_options read(const std::string& blocks) {
    return only_endpoint(parse(endpoint_with(blocks)));
}

std::string only_message(const std::string& blocks) {
    const loaded got = parse(endpoint_with(blocks));
    if (got) return "";
    EXPECT_EQ(got.error().size(), 1u) << all_faults(got);
    return got.error().front().message;
}

TEST(circuit_sharing, is_off_unless_asked_for) {
    EXPECT_FALSE(read("circuitBreaker: {}").circuit_sharing);
    EXPECT_FALSE(read("circuitBreaker: {shared: false}").circuit_sharing);
}

TEST(circuit_sharing, true_means_the_store_of_the_limit) {
    const endpoint_options made = read(limit + ", circuitBreaker: {shared: true}");
    ASSERT_TRUE(made.circuit_sharing);
    EXPECT_TRUE(made.circuit_sharing->redis.same_as(made.rate_sharing->redis));
}

TEST(circuit_sharing, an_object_names_its_own) {
    const endpoint_options made =
        read(limit + ", circuitBreaker: {shared: {redis: {host: there, port: 7}}}");
    ASSERT_TRUE(made.circuit_sharing);
    EXPECT_EQ(made.circuit_sharing->redis.server, (redis_address{"there", 7}));
}

TEST(circuit_sharing, without_a_store_it_says_what_is_missing) {
    EXPECT_EQ(only_message("circuitBreaker: {shared: true}"),
              "needs Redis: that of 'rateLimit.distributed', or 'shared: {redis: ...}'");
    EXPECT_THAT(only_message("circuitBreaker: {shared: {}}"), HasSubstr("redis"));
    EXPECT_THAT(only_message("circuitBreaker: {shared: 3}"), HasSubstr("'false' or 'true'"));
    EXPECT_THAT(only_message("circuitBreaker: {shared: {redis: {}}}"),
                ::testing::Not(::testing::IsEmpty()));
}

TEST(circuit_sharing, the_chain_tells_of_it) {
    const auto chain = describe_chain("t", "e", read(limit + ", circuitBreaker: {shared: true}"));
    EXPECT_THAT(chain,
                ::testing::Contains(HasSubstr("shared         redis at here:6379; opens for all")));
}

}  // namespace
}  // namespace symphony
