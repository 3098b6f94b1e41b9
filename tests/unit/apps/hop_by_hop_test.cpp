#include "gateway/hop_by_hop.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace symphony::gateway {
namespace {

std::vector<std::string> names_of(const headers& fields) {
    std::vector<std::string> names;
    for (const header_view field : fields)
        names.emplace_back(field.name);
    return names;
}

TEST(hop_by_hop, drops_what_belongs_to_the_connection) {
    const headers received{{"Host", "gateway"},
                           {"Connection", "keep-alive"},
                           {"Keep-Alive", "5"},
                           {"TE", "trailers"},
                           {"Trailer", "x"},
                           {"Transfer-Encoding", "chunked"},
                           {"Upgrade", "h2c"},
                           {"Content-Length", "3"},
                           {"Expect", "100-continue"},
                           {"Proxy-Authorization", "Basic eA=="},
                           {"Proxy-Connection", "keep-alive"},
                           {"Accept", "*/*"}};
    EXPECT_THAT(names_of(forwarded_request_fields(received)), testing::ElementsAre("Accept"));
}

TEST(hop_by_hop, drops_what_connection_names_without_regard_to_case) {
    const headers received{{"x-one", "1"},   {"connection", "Keep-Alive,  X-One , x-TWO"},
                           {"X-Two", "2"},   {"connection", "x-three"},
                           {"X-Three", "3"}, {"X-Four", "4"}};
    EXPECT_THAT(names_of(forwarded_request_fields(received)), testing::ElementsAre("X-Four"));
}

TEST(hop_by_hop, never_forwards_fields_of_ours) {
    const headers received{{"Symphony-Cost", "2"}, {"symphony-anything", "x"}, {"symphon", "y"}};
    EXPECT_THAT(names_of(forwarded_request_fields(received)), testing::ElementsAre("symphon"));
}

TEST(hop_by_hop, keeps_order_and_repetitions) {
    const headers received{{"A", "1"}, {"B", "2"}, {"a", "3"}};
    const headers sent = forwarded_request_fields(received);
    EXPECT_THAT(names_of(sent), testing::ElementsAre("A", "B", "a"));
    EXPECT_EQ(sent.get_all("a"), "1, 3");
}

TEST(hop_by_hop, cleans_an_answer_and_keeps_proxy_status) {
    headers answer{{"Content-Type", "text/plain"},
                   {"Connection", "close, X-Internal"},
                   {"X-Internal", "1"},
                   {"Transfer-Encoding", "chunked"},
                   {"Proxy-Status", "other; error=dns_error"}};
    remove_hop_by_hop(answer);
    EXPECT_THAT(names_of(answer), testing::ElementsAre("Content-Type", "Proxy-Status"));
}

}  // namespace
}  // namespace symphony::gateway
