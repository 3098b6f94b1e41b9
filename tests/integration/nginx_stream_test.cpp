#include "integration/expect_error.hpp"
#include "support/client_rig.hpp"
#include "support/nginx.hpp"
#include "symphony/testing/memory_body.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace symphony::test_support {
namespace {

using testing::memory_body;

class nginx_stream : public ::testing::Test {
protected:
    static outgoing upload(std::unique_ptr<body_source> stream) {
        outgoing put;
        put.method = "PUT";
        put.target = "/up/file";
        put.stream = std::move(stream);
        return put;
    }
    result<response> open(std::string target) {
        outgoing call;
        call.target = std::move(target);
        call.options.stream_response = true;
        return rig.send(where, std::move(call));
    }

    nginx server{R"(server {
        listen @LISTEN@;
        root @ROOT@;
        location = /included { ssi on; ssi_types *; }
        location /up/ { dav_methods PUT; create_full_put_path on; }
    })"};
    client_rig rig;
    std::shared_ptr<const net::destination> where = destination_at(server.port());
};

TEST_F(nginx_stream, sends_a_body_in_chunks_and_with_its_size) {
    for (const bool sized : {false, true}) {
        std::vector<std::string> pieces;
        std::string whole;
        for (int piece = 0; piece < 300; ++piece) {
            pieces.emplace_back(static_cast<std::size_t>(piece) * 37 % 30'000 + 1,
                                static_cast<char>('a' + piece % 26));
            whole += pieces.back();
        }
        auto body = std::make_unique<memory_body>(pieces);
        if (sized) body->say_size();
        const result<response> put = rig.send(where, upload(std::move(body)));
        ASSERT_TRUE(put) << put.error().message;
        EXPECT_TRUE(put->status == 201 || put->status == 204) << put->status;
        const result<response> got = rig.get(where, "/up/file");
        ASSERT_TRUE(answered(got));
        EXPECT_TRUE(got->body == whole) << got->body.size() << " of " << whole.size();
    }
    EXPECT_EQ(rig.client->look(*where).opened, 1U);
}

TEST_F(nginx_stream, sends_an_empty_stream) {
    ASSERT_TRUE(answered(
        rig.send(where, upload(std::make_unique<memory_body>(std::vector<std::string>{}))), 201));
    const result<response> got = rig.get(where, "/up/file");
    ASSERT_TRUE(answered(got));
    EXPECT_EQ(got->body, "");
}

TEST_F(nginx_stream, a_body_that_fails_ends_the_request_and_its_connection) {
    const error fault{error_kind::invalid_response, "scripted"};
    auto body = std::make_unique<memory_body>(std::vector<std::string>{"first"}, fault);
    EXPECT_TRUE(
        failed_as(rig.send(where, upload(std::move(body))), error_kind::invalid_response, true));
    EXPECT_EQ(rig.client->look(*where).busy, 0U);
    EXPECT_EQ(rig.client->look(*where).idle, 0U);
}

TEST_F(nginx_stream, a_body_that_lied_about_its_size_is_never_sent_whole) {
    for (const std::uint64_t said : {4U, 6U}) {
        auto body = std::make_unique<memory_body>(std::vector<std::string>{"five."});
        body->say_size(said);
        EXPECT_TRUE(
            failed_as(rig.send(where, upload(std::move(body))), error_kind::invalid_request, true))
            << said;
        EXPECT_EQ(rig.client->look(*where).idle, 0U);
    }
}

TEST_F(nginx_stream, gives_an_answer_piece_by_piece) {
    const std::string large(3'000'000, 'x');
    server.add_file("large", large);
    limit_options limits;
    limits.max_response_bytes = 1000;  // bounds what is buffered, not what is streamed
    where = destination_at(server.port(), {}, {}, limits);
    result<response> got = open("/large");
    ASSERT_TRUE(answered(got));
    ASSERT_NE(got->stream, nullptr);
    EXPECT_EQ(got->body, "");
    EXPECT_EQ(got->stream->size(), 3'000'000U);
    EXPECT_EQ(rig.client->look(*where).busy, 1U);
    const result<std::string> text = rig.read_all(*got->stream);
    ASSERT_TRUE(text);
    EXPECT_TRUE(*text == large) << text->size();
    EXPECT_EQ(rig.client->look(*where).idle, 1U) << "it goes back with the last piece";
    EXPECT_EQ(rig.read_piece(*got->stream).value(), "") << "and goes on ending";
}

TEST_F(nginx_stream, gives_a_chunked_answer_piece_by_piece) {
    std::string page;
    for (int line = 0; line < 50'000; ++line)
        page += "<!--# echo var='nothing' default='x' -->\n";
    server.add_file("included", page);
    result<response> got = open("/included");
    ASSERT_TRUE(answered(got));
    ASSERT_NE(got->stream, nullptr);
    EXPECT_FALSE(got->stream->size());
    const result<std::string> text = rig.read_all(*got->stream);
    ASSERT_TRUE(text);
    EXPECT_EQ(text->size(), 100'000U);
    EXPECT_TRUE(answered(rig.get(where, "/included")));
    EXPECT_EQ(rig.client->look(*where).opened, 1U);
}

TEST_F(nginx_stream, a_stream_let_go_closes_its_connection) {
    server.add_file("large", std::string(3'000'000, 'x'));
    {
        result<response> got = open("/large");
        ASSERT_TRUE(answered(got));
        ASSERT_TRUE(rig.read_piece(*got->stream));
    }
    EXPECT_EQ(rig.client->look(*where).busy, 0U);
    EXPECT_EQ(rig.client->look(*where).idle, 0U);
    EXPECT_TRUE(answered(rig.get(where, "/large")));
}

TEST_F(nginx_stream, a_stream_outlives_its_client) {
    server.add_file("large", std::string(3'000'000, 'x'));
    result<response> got = open("/large");
    ASSERT_TRUE(answered(got));
    ASSERT_TRUE(rig.read_piece(*got->stream));
    rig.client.reset();
    const result<std::string> rest = rig.read_all(*got->stream);
    ASSERT_FALSE(rest);
    EXPECT_EQ(rest.error().kind, error_kind::cancelled);
}

}  // namespace
}  // namespace symphony::test_support
