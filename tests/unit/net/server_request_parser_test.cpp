#include "net/server_request_parser.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace symphony::net::detail {
namespace {

using outcome = request_parser::outcome;

struct parsed {
    outcome end = outcome::more;
    int status = 0;
    std::size_t consumed = 0;
    request_framing framing;
    server_request request;
};

parsed parse(std::string_view input, std::size_t first_part = std::string_view::npos,
             std::size_t max_bytes = 1024) {
    parsed p;
    request_parser parser(max_bytes);
    parser.restart(p.request);
    p.end = parser.parse(input.substr(0, first_part));
    if (p.end == outcome::more) p.end = parser.parse(input);
    p.status = p.end == outcome::failed ? parser.status() : 0;
    p.consumed = parser.consumed();
    p.framing = parser.framing();
    return p;
}

struct refused {
    int status;
    std::string_view head;
};

// NUL needs its own literal.
using std::string_view_literals::operator""sv;

const std::vector<refused> refusals{
    {400, "GET / HTTP/1.1\r\n\r\n"},                               // no Host
    {400, "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"},         // two
    {400, "GET / HTTP/1.1\r\nHost: a b\r\n\r\n"},                  // not a host
    {400, "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"},                  //
    {400, "GET / HTTP/1.1\nHost: a\n\n"},                          // bare LF
    {400, "GET / HTTP/1.1\r\nHost: a\n\r\n"},                      //
    {400, "GET / HTTP/1.1\r\nHost: a\r\n\n"},                      //
    {400, "GET / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n"},         // bare CR
    {400, "GET / HTTP/1.1\r\nHost: a\r\nX: a\r\r\n\r\n"},          //
    {400, "GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n"sv},       // NUL
    {400, "GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n"sv},                //
    {400, "GET / HTTP/1.1\r\nHost: a\r\nX\0: b\r\n\r\n"sv},        //
    {400, "GET / HTTP/1.1\r\nHost: a\r\nX: a\x01\r\n\r\n"},        // control character
    {400, "GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n"},      // obs-fold
    {400, "GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n\tb: c\r\n\r\n"},  //
    {400, "GET / HTTP/1.1\r\n Host: a\r\n\r\n"},                   // space before the first
    {400, "GET / HTTP/1.1\r\nHost : a\r\n\r\n"},                   // space before the colon
    {400, "GET / HTTP/1.1\r\nHost: a\r\nX\t: b\r\n\r\n"},          //
    {400, "GET / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n"},             // no name
    {400, "GET / HTTP/1.1\r\nHost: a\r\nX\r\n\r\n"},               // no colon
    {400, "GET / HTTP/1.1\r\nHost: a\r\nX(: b\r\n\r\n"},           // not a token
    {400, "GET\r\n\r\n"},                                          // no request line
    {400, "GET /\r\n\r\n"},                                        // HTTP/0.9
    {400, "GET  / HTTP/1.1\r\nHost: a\r\n\r\n"},                   // two spaces
    {400, "GET /  HTTP/1.1\r\nHost: a\r\n\r\n"},                   //
    {400, "GET / a HTTP/1.1\r\nHost: a\r\n\r\n"},                  //
    {400, " GET / HTTP/1.1\r\nHost: a\r\n\r\n"},                   //
    {400, "GET\t/\tHTTP/1.1\r\nHost: a\r\n\r\n"},                  //
    {400, "GET / HTTP/1.1 \r\nHost: a\r\n\r\n"},                   //
    {400, "G(T / HTTP/1.1\r\nHost: a\r\n\r\n"},                    // method
    {400, "GET a HTTP/1.1\r\nHost: a\r\n\r\n"},                    // target
    {400, "GET a:80 HTTP/1.1\r\nHost: a\r\n\r\n"},                 //
    {400, "GET * HTTP/1.1\r\nHost: a\r\n\r\n"},                    //
    {400, "GET /#a HTTP/1.1\r\nHost: a\r\n\r\n"},                  //
    {400, "GET /\xc3\xa4 HTTP/1.1\r\nHost: a\r\n\r\n"},            //
    {400, "GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n"},             //
    {400, "GET http:///a HTTP/1.1\r\nHost: a\r\n\r\n"},            //
    {400, "GET http://a/ HTTP/1.1\r\n\r\n"},                       // a Host all the same
    {501, "CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n"},             //
    {400, "GET / HTTP/1\r\nHost: a\r\n\r\n"},                      // version
    {400, "GET / http/1.1\r\nHost: a\r\n\r\n"},                    //
    {400, "GET / HTTP/1.10\r\nHost: a\r\n\r\n"},                   //
    {505, "GET / HTTP/1.2\r\nHost: a\r\n\r\n"},                    //
    {505, "GET / HTTP/0.9\r\nHost: a\r\n\r\n"},                    //
    {505, "PRI /x HTTP/2.0\r\n\r\nSM\r\n\r\n"},                    //
    {400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n"},
    {400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"},
    {400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1, 1\r\n\r\n"},
    {400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\n"},
    {400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n"},
    {400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x1\r\n\r\n"},
    {400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1 1\r\n\r\n"},
    {400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n"},
    {400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 18446744073709551616\r\n\r\n"},
    {400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"},
    {400, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n"},
    {400, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\ncontent-length: 0\r\n\r\n"},
    {400,
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
     "Transfer-Encoding: chunked\r\n\r\n"},
    {400, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, chunked\r\n\r\n"},
    {400, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\n\r\n"},
    {400, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, gzip\r\n\r\n"},
    {400, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n"},
    {400, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \"chunked\"\r\n\r\n"},
    {400, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked;a=b\r\n\r\n"},
    {400,
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\x0b"
     "chunked\r\n\r\n"},
    {400, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\r\n\r\n"},
    {501, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"},
    {400, "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"},
    {417, "POST / HTTP/1.1\r\nHost: a\r\nExpect: wonders\r\n\r\n"},
};

TEST(request_parser, refuses_with_the_status) {
    for (const refused& each : refusals) {
        const parsed p = parse(each.head);
        EXPECT_EQ(p.end, outcome::failed) << each.head;
        EXPECT_EQ(p.status, each.status) << each.head;
    }
}

TEST(request_parser, refuses_however_the_bytes_arrive) {
    for (const refused& each : refusals) {
        for (std::size_t split = 0; split <= each.head.size(); ++split)
            ASSERT_EQ(parse(each.head, split).status, each.status) << each.head << " at " << split;
    }
}

TEST(request_parser, reads_a_request_however_it_arrives) {
    constexpr std::string_view head =
        "\r\nPOST /a/b?c=d&e=%20|{} HTTP/1.1\r\nHost: [::1]:80\r\nX-A:\t 1 \r\nx-a: 2\r\n"
        "Empty:\r\nContent-Length: 007\r\nExpect: 100-Continue\r\n\r\n";
    const std::string input = std::string(head) + "payload";
    for (std::size_t split = 0; split <= input.size(); ++split) {
        const parsed p = parse(input, split);
        ASSERT_EQ(p.end, outcome::done) << split;
        EXPECT_EQ(p.consumed, head.size());
        EXPECT_EQ(p.request.method, "POST");
        EXPECT_EQ(p.request.target, "/a/b?c=d&e=%20|{}");
        EXPECT_EQ(p.request.fields.get_all("X-A"), "1, 2");
        EXPECT_EQ(p.request.fields.get("empty"), "");
        EXPECT_TRUE(p.request.has_body);
        EXPECT_EQ(p.framing.length, 7U);
        EXPECT_TRUE(p.framing.expects_continue);
        EXPECT_TRUE(p.framing.keep_alive);
    }
}

TEST(request_parser, is_done_with_one_before_it_reads_the_next) {
    server_request request;
    request_parser parser(1024);
    parser.restart(request);
    ASSERT_EQ(parser.parse("GET /1 HTTP/1.1\r\nHost: a\r\nX: y\r\n\r\nGET /2"), outcome::done);
    parser.restart(request);
    ASSERT_EQ(parser.parse("GET /2 HTTP/1.0\r\n\r\n"), outcome::done);
    EXPECT_EQ(request.target, "/2");
    EXPECT_TRUE(request.fields.empty());
    EXPECT_FALSE(parser.framing().keep_alive);
}

TEST(request_parser, knows_who_keeps_the_connection) {
    const auto keeps = [](std::string_view head) { return parse(head).framing.keep_alive; };
    EXPECT_TRUE(keeps("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
    EXPECT_FALSE(keeps("GET / HTTP/1.1\r\nHost: a\r\nConnection: Close\r\n\r\n"));
    EXPECT_FALSE(keeps("GET / HTTP/1.1\r\nHost: a\r\nConnection: x, close ,\r\n\r\n"));
    EXPECT_FALSE(keeps("GET / HTTP/1.1\r\nHost: a\r\nConnection: a\r\nConnection: close\r\n\r\n"));
    EXPECT_FALSE(keeps("GET / HTTP/1.0\r\n\r\n"));
    EXPECT_TRUE(keeps("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n"));
}

TEST(request_parser, takes_the_host_from_an_absolute_target) {
    const parsed p = parse("GET HTTP://b:81?q HTTP/1.1\r\nX: y\r\nHost: a\r\n\r\n");
    ASSERT_EQ(p.end, outcome::done);
    EXPECT_EQ(p.request.target, "/?q");
    EXPECT_EQ(p.request.fields.get_all("host"), "b:81");
    EXPECT_EQ(parse("GET http://b/c/d HTTP/1.1\r\nHost: a\r\n\r\n").request.target, "/c/d");
    EXPECT_EQ(parse("GET http://b HTTP/1.1\r\nHost: a\r\n\r\n").request.target, "/");
    EXPECT_EQ(parse("OPTIONS http://b HTTP/1.1\r\nHost: a\r\n\r\n").request.target, "*");
    EXPECT_EQ(parse("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n").request.target, "*");
}

TEST(request_parser, refuses_a_head_that_is_too_large) {
    const std::string head =
        "GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(200, 'x') + "\r\n\r\n";
    EXPECT_EQ(parse(head, 0, head.size()).end, outcome::done);
    EXPECT_EQ(parse(head, 0, head.size() - 1).status, 431);
    EXPECT_EQ(parse(head.substr(0, 100), 0, 100).status, 431);
    EXPECT_EQ(parse(head.substr(0, 99), 0, 100).end, outcome::more);
    // What follows the head is not counted.
    EXPECT_EQ(parse(head + std::string(500, 'b'), 0, head.size()).end, outcome::done);
}

}  // namespace
}  // namespace symphony::net::detail
