#include "integration/expect_error.hpp"
#include "support/client_rig.hpp"
#include "support/nginx.hpp"

#include <gtest/gtest.h>

#include <string>

namespace symphony::test_support {
namespace {

class nginx_http : public ::testing::Test {
protected:
    nginx server{R"(server {
        listen @LISTEN@;
        root @ROOT@;
        location = /included { ssi on; ssi_types *; }
        location = /moved { return 301 /elsewhere; }
        location = /nothing { return 204; }
        location = /head { add_header x-seen "$http_host|$http_a|$request_method|$args"; return 200; }
        location /up/ { dav_methods PUT DELETE; create_full_put_path on; }
    })"};
    client_rig rig;
    std::shared_ptr<const net::destination> where = destination_at(server.port());
};

TEST_F(nginx_http, keeps_one_connection_for_calls_in_turn) {
    server.add_file("small", "content");
    for (int call = 0; call < 20; ++call) {
        const result<response> got = rig.get(where, "/small");
        ASSERT_TRUE(answered(got));
        EXPECT_EQ(got->body, "content");
    }
    const auto seen = rig.client->look(*where);
    EXPECT_EQ(seen.opened, 1U);
    EXPECT_EQ(seen.reused, 19U);
    EXPECT_EQ(seen.idle, 1U);
    EXPECT_EQ(seen.busy, 0U);
}

TEST_F(nginx_http, sends_host_method_fields_and_query) {
    outgoing call;
    call.method = "DELETE";
    call.target = "/head?x=%20y";
    call.fields = {{"a", "1"}};
    const result<response> got = rig.send(where, std::move(call));
    ASSERT_TRUE(answered(got));
    EXPECT_EQ(got->fields.get("X-Seen"), where->authority + "|1|DELETE|x=%20y");
}

TEST_F(nginx_http, reads_chunked_answers) {
    std::string page;
    for (int line = 0; line < 1000; ++line)
        page += "line " + std::to_string(line) + " <!--# echo var='nothing' default='-' -->\n";
    server.add_file("included", page);
    for (int call = 0; call < 3; ++call) {
        const result<response> got = rig.get(where, "/included");
        ASSERT_TRUE(answered(got));
        EXPECT_EQ(got->fields.get("transfer-encoding"), "chunked");
        EXPECT_EQ(got->body.substr(0, 18), "line 0 -\nline 1 -\n");
        EXPECT_EQ(got->body.substr(got->body.size() - 11), "line 999 -\n");
    }
    EXPECT_EQ(rig.client->look(*where).opened, 1U);
}

TEST_F(nginx_http, reads_answers_without_a_body) {
    server.add_file("small", "content");
    outgoing head;
    head.method = "HEAD";
    head.target = "/small";
    const result<response> headed = rig.send(where, std::move(head));
    ASSERT_TRUE(answered(headed));
    EXPECT_EQ(headed->fields.get("content-length"), "7");
    EXPECT_EQ(headed->body, "");

    const result<response> whole = rig.get(where, "/small");
    ASSERT_TRUE(answered(whole));
    outgoing again;
    again.target = "/small";
    again.fields = {{"if-none-match", std::string(*whole->fields.get("etag"))}};
    const result<response> unchanged = rig.send(where, std::move(again));
    ASSERT_TRUE(answered(unchanged, 304));
    EXPECT_EQ(unchanged->body, "");

    EXPECT_TRUE(answered(rig.get(where, "/nothing"), 204));
    EXPECT_EQ(rig.client->look(*where).opened, 1U) << "the connection was in order all the time";
}

TEST_F(nginx_http, passes_errors_and_redirects_on) {
    const result<response> missing = rig.get(where, "/missing");
    ASSERT_TRUE(answered(missing, 404));
    EXPECT_FALSE(missing->ok());
    const result<response> moved = rig.get(where, "/moved");
    ASSERT_TRUE(answered(moved, 301));
    EXPECT_TRUE(moved->fields.contains("location"));
}

TEST_F(nginx_http, carries_large_bodies_both_ways) {
    std::string large;
    for (int part = 0; large.size() < (std::size_t{20} << 20); ++part)
        large += std::to_string(part) + ",";
    outgoing put;
    put.method = "PUT";
    put.target = "/up/large";
    put.body = large;
    ASSERT_TRUE(answered(rig.send(where, std::move(put)), 201));
    const result<response> got = rig.get(where, "/up/large");
    ASSERT_TRUE(answered(got));
    EXPECT_TRUE(got->body == large) << got->body.size() << " bytes";
    EXPECT_EQ(rig.client->look(*where).opened, 1U);
}

TEST_F(nginx_http, refuses_an_answer_beyond_the_bound_and_goes_on) {
    server.add_file("large", std::string(100'001, 'x'));
    server.add_file("fits", std::string(100'000, 'x'));
    limit_options limits;
    limits.max_response_bytes = 100'000;
    const auto bounded = destination_at(server.port(), {}, {}, limits);
    EXPECT_TRUE(failed_as(rig.get(bounded, "/large"), error_kind::response_too_large, true));
    EXPECT_TRUE(answered(rig.get(bounded, "/fits")));
    EXPECT_EQ(rig.client->look(*bounded).opened, 2U) << "the rest was not read over";
}

TEST_F(nginx_http, a_request_that_cannot_go_out_costs_nothing) {
    server.add_file("small", "content");
    ASSERT_TRUE(answered(rig.get(where, "/small")));
    outgoing broken;
    broken.fields = {{"a", "1\r\nx-smuggled: 2"}};
    EXPECT_TRUE(failed_as(rig.send(where, std::move(broken)), error_kind::invalid_request, false));
    EXPECT_TRUE(failed_as(rig.get(where, "/a b"), error_kind::invalid_request, false));
    EXPECT_TRUE(answered(rig.get(where, "/small")));
    EXPECT_EQ(rig.client->look(*where).opened, 1U);
}

TEST_F(nginx_http, refused_and_unresolved_destinations) {
    std::uint16_t gone = 0;
    {
        const nginx short_lived("");
        gone = short_lived.port();
    }
    EXPECT_TRUE(failed_as(rig.get(destination_at(gone)), error_kind::connect_failed, false));
    const auto nowhere = destination_at(server.port(), {}, {}, {}, "http://nowhere.invalid");
    EXPECT_TRUE(failed_as(rig.get(nowhere), error_kind::dns_failed, false));
    const auto by_name = destination_at(server.port(), {}, {}, {}, "http://localhost");
    EXPECT_TRUE(answered(rig.get(by_name, "/nothing"), 204));
}

}  // namespace
}  // namespace symphony::test_support
