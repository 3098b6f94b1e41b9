#include "net/response_head.hpp"

#include "net/response_content.hpp"

#include <gtest/gtest.h>

#include <string>

namespace symphony::net::detail {
namespace {

result<response_head> parse(std::string_view text, bool answers_head = false) {
    response_head head;
    std::size_t searched = 0;
    const std::size_t size = find_head_end(text, searched);
    EXPECT_GT(size, 0U) << text;
    if (auto done = parse_response_head(text.substr(0, size), answers_head, head); !done) {
        return std::unexpected(done.error());
    }
    return head;
}

TEST(response_head, finds_its_end_in_whatever_pieces) {
    const std::string text = "HTTP/1.1 200 OK\r\nA: b\r\n\r\nrest";
    std::size_t searched = 0;
    for (std::size_t size = 1; size < 25; ++size) {
        EXPECT_EQ(find_head_end(std::string_view(text).substr(0, size), searched), 0U) << size;
    }
    EXPECT_EQ(find_head_end(text, searched), 25U);
}

TEST(response_head, says_whether_it_names_a_coding) {
    EXPECT_TRUE(parse("HTTP/1.1 200 OK\r\ncONTENT-eNCODING: gzip\r\n\r\n")->names_coding);
    EXPECT_TRUE(parse("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Language: de\r\n\r\n")
                    ->names_coding);
    EXPECT_FALSE(parse("HTTP/1.1 200 OK\r\nContent-Language: de\r\n\r\n")->names_coding);
    response_head head;  // one for all heads of an answer
    ASSERT_TRUE(parse_response_head("HTTP/1.1 103 A\r\nContent-Encoding: br\r\n\r\n", false, head));
    ASSERT_TRUE(parse_response_head("HTTP/1.1 200 B\r\nA: b\r\n\r\n", false, head));
    EXPECT_FALSE(head.names_coding) << "an interim answer's";
}

TEST(response_head, refuses_what_two_readers_may_take_differently) {
    const char* const cases[] = {
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1, 2\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nA: b\r\n c: folded\r\n\r\n",
        "HTTP/1.1 200 OK\r\nA : b\r\n\r\n",
        "HTTP/1.1 200 OK\r\nA: b\rc\r\n\r\n",
        "HTTP/1.1 200 OK\r\nA: b\nC: d\r\n\r\n",
        "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        "HTTP/2 200 OK\r\n\r\n",
        "HTTP/1.1 20 OK\r\n\r\n",
        "HTTP/1.1 099 OK\r\n\r\n",
        "ICY 200 OK\r\n\r\n",
    };
    for (const char* const text : cases) {
        const auto head = parse(text);
        ASSERT_FALSE(head.has_value()) << text;
        EXPECT_EQ(head.error().kind, error_kind::protocol_error) << text;
    }
}

TEST(response_head, tells_how_the_body_ends_and_what_becomes_of_the_connection) {
    struct {
        const char* text;
        bool answers_head;
        body_framing framing;
        bool keeps_alive;
    } const cases[] = {
        {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", false, body_framing::length, true},
        {"HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n\r\n", false, body_framing::length, true},
        {"HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", false, body_framing::none, true},
        {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", true, body_framing::none, true},
        {"HTTP/1.1 204 No Content\r\n\r\n", false, body_framing::none, true},
        {"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", false, body_framing::none, true},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n", false, body_framing::chunked,
         true},
        {"HTTP/1.1 200 OK\r\n\r\n", false, body_framing::until_close, false},
        {"HTTP/1.1 204 No\r\nConnection: x, Close\r\n\r\n", false, body_framing::none, false},
        {"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\n", false, body_framing::length, false},
        {"HTTP/1.0 200 OK\r\nContent-Length: 5\r\nConnection: keep-alive\r\n\r\n", false,
         body_framing::length, true},
    };
    for (const auto& each : cases) {
        const auto head = parse(each.text, each.answers_head);
        ASSERT_TRUE(head.has_value()) << each.text;
        EXPECT_EQ(head->framing, each.framing) << each.text;
        EXPECT_EQ(head->keeps_alive, each.keeps_alive) << each.text;
    }
}

TEST(response_content, ends_where_the_length_says_and_leaves_the_rest) {
    const auto head = parse("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
    ASSERT_TRUE(head.has_value());
    response_content content(*head);
    EXPECT_EQ(content.next("hel").piece, "hel");
    EXPECT_FALSE(content.done());
    content.on_close();
    EXPECT_FALSE(content.done());
    const auto last = content.next("lo HTTP");
    EXPECT_EQ(last.piece, "lo");
    EXPECT_EQ(last.consumed, 2U);
    EXPECT_TRUE(content.done());
}

}  // namespace
}  // namespace symphony::net::detail
