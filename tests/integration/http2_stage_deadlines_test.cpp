#include "integration/stage_deadlines.hpp"
#include "support/http2_frames.hpp"

#include <string>

// Each stage of a call has its own bound and its own words: over HTTP/2.

namespace symphony::test_support {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using enum error_kind;

class http2_stage_deadlines : public stage_deadlines {
protected:
    http2_stage_deadlines() { http.version = http_version::http2; }
    // The request is on the wire, and so many packets of the server's have been read.
    [[nodiscard]] bool under_way(const misbehaving_server& server, std::size_t reads) {
        return rig.run_until([&] {
            return server.connections() > 0 && server.received(0).size() >= first_request &&
                   rig.seen.reads >= reads;
        });
    }
};

TEST_F(http2_stage_deadlines, the_first_byte) {
    const misbehaving_server server(
        after_request(settings() + head(1, field(":status", "103"))).to_end());
    http.first_byte_timeout = 2s;
    http.between_bytes_timeout = 1s;
    const auto where = at(server);
    const auto one = rig.start(where);
    ASSERT_TRUE(under_way(server, 1));
    expect_end(one, 2s,
               "no first byte within 2 s of sending the request to " + where->authority +
                   " (firstByteTimeout)",
               true);
}

TEST_F(http2_stage_deadlines, between_bytes) {
    http.first_byte_timeout = 9s;
    http.between_bytes_timeout = 2s;
    for (const std::string& text : {std::string(), body(1, "part", 0)}) {
        const misbehaving_server server(
            after_request(settings() + head(1, status_200) + text).to_end());
        const auto where = at(server);
        const std::size_t before = rig.seen.reads;
        const auto one = rig.start(where);
        ASSERT_TRUE(under_way(server, before + 1));
        expect_end(
            one, 2s,
            "no more bytes of the answer of " + where->authority + " for 2 s (betweenBytesTimeout)",
            true);
    }
}

// A server may begin its answer at once and need the whole request for the rest.
TEST_F(http2_stage_deadlines, between_bytes_counts_when_the_request_is_sent) {
    const std::string room = frame(h2::window_update, 0, 0, number32(1'000'000)) +
                             frame(h2::window_update, 0, 1, number32(1'000'000));
    misbehaving_server server(
        after_request(settings() + head(1, status_200)).until_told().send(room).to_end());
    http.between_bytes_timeout = 2s;
    auto upload = std::make_shared<call>();
    upload->method = "POST";
    upload->body = std::string(100'000, 'x');  // the window is smaller
    const auto one = rig.start(at(server), upload);
    ASSERT_TRUE(under_way(server, 1));
    rig.pass(10s);
    EXPECT_FALSE(one->outcome);
    server.go_on();
    ASSERT_TRUE(rig.run_until([&] { return server.received(0).size() > first_request; }));
    ASSERT_TRUE(rig.run_until([&] { return rig.seen.reads >= 2; }));
    rig.run_ready();
    expect_end(one, 2s, "(betweenBytesTimeout)", true);
}

TEST_F(http2_stage_deadlines, the_first_byte_alone_does_not_bound_the_rest) {
    misbehaving_server server(
        after_request(settings() + head(1, status_200)).until_told().send(body(1, "all")).to_end());
    http.first_byte_timeout = 2s;
    const auto one = rig.start(at(server));
    ASSERT_TRUE(under_way(server, 1));
    rig.pass(10s);
    server.go_on();
    const result<response> got = rig.outcome_of(one);
    ASSERT_TRUE(answered(got));
    EXPECT_EQ(got->body, "all");
}

TEST_F(http2_stage_deadlines, a_server_that_is_slow_and_steady_is_heard_to_the_end) {
    misbehaving_server server(after_request(settings())
                                  .until_told()
                                  .send(head(1, status_200))
                                  .until_told()
                                  .send(body(1, "st", 0))
                                  .until_told()
                                  .send(body(1, "ea", 0))
                                  .until_told()
                                  .send(body(1, "dy"))
                                  .to_end());
    http.first_byte_timeout = 2s;
    http.between_bytes_timeout = 2s;
    const auto one = rig.start(at(server));
    ASSERT_TRUE(under_way(server, 1));
    for (std::size_t packet = 2; packet <= 5; ++packet) {
        rig.pass(1900ms);
        server.go_on();
        ASSERT_TRUE(rig.run_until([&] { return rig.seen.reads >= packet || one->outcome; }));
    }
    const result<response> got = rig.outcome_of(one);
    ASSERT_TRUE(answered(got));
    EXPECT_EQ(got->body, "steady");
}

TEST_F(http2_stage_deadlines, a_reader_may_take_its_time_and_a_server_may_not) {
    misbehaving_server server(after_request(settings() + head(1, status_200) + body(1, "one", 0))
                                  .until_told()
                                  .send(body(1, "two", 0))
                                  .to_end());
    expect_time_for_the_reader_and_none_for(server);
}

TEST_F(http2_stage_deadlines, a_body_that_the_server_does_not_take_is_no_first_byte) {
    http.first_byte_timeout = 1s;
    const misbehaving_server server(
        after_request(settings(std::string("\0\4", 2) + number32(0))).to_end());
    auto put = within(5s);
    put->method = "PUT";
    put->body = std::string(100'000, 'x');
    const auto one = rig.start(at(server), put);
    ASSERT_TRUE(under_way(server, 1));
    expect_end(one, 5s, "the deadline passed while sending the request to", true);
}

TEST_F(http2_stage_deadlines, the_whole_call_says_where_it_was) {
    http.first_byte_timeout = 3s;
    http.between_bytes_timeout = 3s;
    {
        const misbehaving_server server(after_request(settings()).to_end());
        const auto waiting = rig.start(at(server), within(2s));
        ASSERT_TRUE(under_way(server, 1));
        expect_end(waiting, 2s, "the deadline passed while waiting for the answer of", true);
    }
    const misbehaving_server server(after_request(settings() + head(1, status_200)).to_end());
    const std::size_t before = rig.seen.reads;
    const auto reading = rig.start(at(server), within(2s));
    ASSERT_TRUE(under_way(server, before + 1));
    expect_end(reading, 2s, "the deadline passed while reading the answer of", true);
}

}  // namespace
}  // namespace symphony::test_support
