#include "net/request_head.hpp"

#include <gtest/gtest.h>

#include <string>

namespace symphony::net::detail {
namespace {

destination somewhere() {
    destination where;
    where.authority = "api.example:8080";
    return where;
}

TEST(request_head, is_request_line_host_fields_and_length) {
    const header_view fields[] = {{"Accept", "text/plain"}};
    const header_view traced[] = {{"X-Trace", "1"}};
    const field_block more(traced);
    wire_request request;
    request.method = "POST";
    request.target = "/a?b=c";
    request.fields = fields;
    request.more_fields = &more;
    std::string text;
    ASSERT_TRUE(write_request_head(somewhere(), request, false, text).has_value());
    EXPECT_EQ(text,
              "POST /a?b=c HTTP/1.1\r\nHost: api.example:8080\r\nAccept: text/plain\r\n"
              "X-Trace: 1\r\nContent-Length: 0\r\n\r\n");
}

TEST(request_head, refuses_what_must_not_go_on_the_wire) {
    const header_view split[] = {{"A", "b\r\nC: d"}};
    const header_view unnamed[] = {{"A b", "c"}};
    wire_request cases[6];
    cases[0].method = "GET /x";
    cases[1].method = "";
    cases[2].target = "/a b";
    cases[3].target = "/a\r\nHost: x";
    cases[4].fields = split;
    cases[5].fields = unnamed;
    for (const wire_request& request : cases) {
        std::string text;
        const auto done = write_request_head(somewhere(), request, false, text);
        ASSERT_FALSE(done.has_value()) << request.method << ' ' << request.target;
        EXPECT_EQ(done.error().kind, error_kind::invalid_request);
    }
}

}  // namespace
}  // namespace symphony::net::detail
