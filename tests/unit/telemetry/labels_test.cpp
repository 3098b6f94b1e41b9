#include "symphony/telemetry/metrics.hpp"

#include <gtest/gtest.h>

namespace symphony {
namespace {

TEST(labels, standard_methods_keep_their_name) {
    for (const char* name : {"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE",
                             "PATCH", "QUERY"}) {
        EXPECT_EQ(to_string(to_method_label(name)), name);
    }
}

TEST(labels, any_other_method_is_one_label) {
    for (const char* name : {"", "get", "BREW", "GET ", "_OTHER"}) {
        EXPECT_EQ(to_string(to_method_label(name)), "_OTHER");
    }
}

TEST(labels, retry_reasons_have_stable_names) {
    EXPECT_EQ(to_string(retry_reason::network), "network");
    EXPECT_EQ(to_string(retry_reason::timeout), "timeout");
    EXPECT_EQ(to_string(retry_reason::status_429), "status_429");
    EXPECT_EQ(to_string(retry_reason::status_5xx), "status_5xx");
    EXPECT_EQ(to_string(retry_reason::other), "other");
}

}  // namespace
}  // namespace symphony
