#include "net/http2_head_reader.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

// What the wire cannot show, since nghttp2 refuses it first: the reader does not rely on that.

namespace symphony::net::detail {
namespace {

using fields = std::vector<std::pair<std::string, std::string>>;

int status_of(fields more, bool ended = true) {
    server_request request;
    http2_head_reader reader(1000);
    fields all{{":method", "GET"}, {":scheme", "http"}, {":authority", "a"}, {":path", "/"}};
    all.insert(all.end(), more.begin(), more.end());
    for (const auto& [name, value] : all)
        EXPECT_TRUE(reader.add(request, name, value));
    return reader.finish(request, ended);
}

TEST(http2_head_reader, takes_nothing_for_granted) {
    EXPECT_EQ(status_of({}), 0);
    EXPECT_EQ(status_of({{"host", "A"}, {"te", "trailers"}}), 0);
    for (const fields& bad : std::vector<fields>{{{"transfer-encoding", "chunked"}},
                                                 {{"connection", "close"}},
                                                 {{"te", "gzip"}},
                                                 {{"a", "1\r\nb: 2"}},
                                                 {{"a b", "1"}},
                                                 {{"cookie", "a\n"}},
                                                 {{"host", "b"}},
                                                 {{"content-length", "1"}},
                                                 {{"content-length", "+0"}},
                                                 {{"content-length", "0"}, {"content-length", "0"}},
                                                 {{":method", "G ET"}},
                                                 {{":path", "*"}},
                                                 {{":path", ""}},
                                                 {{":path", "//a b"}},
                                                 {{":protocol", "websocket"}}}) {
        EXPECT_EQ(status_of(bad), 400) << bad.front().first << ": " << bad.front().second;
    }
    EXPECT_EQ(status_of({{":method", "CONNECT"}}), 501);
    EXPECT_EQ(status_of({{"expect", "wonders"}}), 417);
    EXPECT_EQ(status_of({{"a", std::string(1000, 'x')}}), 431);
    EXPECT_EQ(status_of({{"content-length", "5"}}, false), 0);
}

TEST(http2_head_reader, gives_up_on_a_head_that_goes_on) {
    server_request request;
    http2_head_reader reader(100);
    int count = 0;
    while (count < 1000 && reader.add(request, "name", "value"))
        ++count;
    EXPECT_EQ(count, 9);  // of 41 bytes, within four times the bound
    EXPECT_EQ(reader.finish(request, true), 431);
}

}  // namespace
}  // namespace symphony::net::detail
