#include "net/connect_reply.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace symphony::net::detail {
namespace {

std::shared_ptr<const destination> behind(const std::string& proxy, const std::string& base) {
    http_options http;
    http.proxy = proxy_options::to(secret(proxy));
    return *destination::make(*url::parse(base), {}, http);
}

TEST(connect_reply, the_request_names_host_and_port) {
    std::string text;
    write_connect_request(*behind("p:3128", "https://api.test/path?query"), text);
    EXPECT_EQ(text, "CONNECT api.test:443 HTTP/1.1\r\nHost: api.test:443\r\n\r\n");
    text.clear();
    write_connect_request(*behind("u:p@p:3128", "https://[2001:db8::1]:8443"), text);
    EXPECT_EQ(text,
              "CONNECT [2001:db8::1]:8443 HTTP/1.1\r\nHost: [2001:db8::1]:8443\r\n"
              "Proxy-Authorization: Basic dTpw\r\n\r\n");
}

// What comes of `text` when it arrives byte by byte: "tunnel", "more", or the message.
std::string outcome(const std::string& text, const std::string& proxy = "p:3128") {
    const auto where = behind(proxy, "https://api.test");
    connect_reply reply(*where);
    for (std::size_t size = 1; size <= text.size(); ++size) {
        const auto taken = reply.take(std::string_view(text).substr(0, size));
        if (!taken) {
            EXPECT_EQ(taken.error().kind, error_kind::connect_failed);
            EXPECT_FALSE(taken.error().maybe_sent);
            return taken.error().message;
        }
        if (*taken) return size == text.size() ? "tunnel" : "tunnel before the end";
    }
    return "more";
}

TEST(connect_reply, a_tunnel_begins_with_any_2xx_and_no_body) {
    EXPECT_EQ(outcome("HTTP/1.1 200 Connection established\r\n\r\n"), "tunnel");
    EXPECT_EQ(outcome("HTTP/1.0 200 OK\r\nVia: x\r\n\r\n"), "tunnel");
    EXPECT_EQ(outcome("HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n"), "tunnel");
    EXPECT_EQ(outcome("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"), "tunnel");
    EXPECT_EQ(outcome("HTTP/1.1 103 Hints\r\na: b\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"), "tunnel");
    EXPECT_EQ(outcome("HTTP/1.1 200 OK\r\nVia: x\r\n"), "more");
    EXPECT_EQ(outcome("HTTP/1.1 100 Continue\r\n\r\n"), "more");
}

TEST(connect_reply, bytes_that_come_with_it_are_refused) {
    const auto where = behind("p:3128", "https://api.test");
    connect_reply reply(*where);
    EXPECT_FALSE(reply.take("HTTP/1.1 200 OK\r\n\r\nx"));
}

TEST(connect_reply, every_refusal_says_who_and_why) {
    EXPECT_EQ(outcome("HTTP/1.1 502 Bad Gateway\r\n\r\n"),
              "the proxy p:3128 did not connect to api.test: status 502");
    EXPECT_EQ(outcome("HTTP/1.1 407 Authenticate\r\nProxy-Authenticate: Basic\r\n\r\n"),
              "the proxy p:3128 wants credentials (status 407), and there are none");
    EXPECT_EQ(outcome("HTTP/1.1 407 Authenticate\r\n\r\n", "ann:hunter2@p:3128"),
              "the proxy p:3128 does not accept the credentials (status 407)");
    EXPECT_EQ(outcome("SSH-2.0-OpenSSH\r\n\r\n"),
              "the proxy p:3128 answers CONNECT with something that is not HTTP");
    EXPECT_EQ(outcome("HTTP/1.1 101 Switching Protocols\r\n\r\n"),
              "the proxy p:3128 switched protocols unasked");
}

TEST(connect_reply, is_bounded_with_all_interim_answers) {
    const std::string fits = std::string(connect_reply::most_bytes - 23, 'x');
    const std::string too_long = "the proxy p:3128 answers CONNECT without an end";
    EXPECT_EQ(outcome("HTTP/1.1 200 OK\r\na: " + fits.substr(1) + "\r\n\r\n").substr(0, 6),
              "tunnel");
    EXPECT_EQ(outcome("HTTP/1.1 200 OK\r\na: " + fits + "xx\r\n\r\n"), too_long);
    std::string interim;
    while (interim.size() <= connect_reply::most_bytes)
        interim += "HTTP/1.1 100 Continue\r\n\r\n";
    EXPECT_EQ(outcome(interim), too_long);
}

}  // namespace
}  // namespace symphony::net::detail
