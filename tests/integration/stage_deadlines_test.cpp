#include "integration/stage_deadlines.hpp"

#include "symphony/net/asio_timers.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <gmock/gmock.h>

#include <list>

// Each stage of a call has its own bound and its own words: before the request, and over HTTP/1.1.

namespace symphony::test_support {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using enum error_kind;

// Before the request.

TEST_F(stage_deadlines, resolving) {
    http.resolve_timeout = 2s;
    const auto where = destination_at(1, {}, http, {}, "http://localhost");
    const auto one = rig.start(where);
    // From the question on nothing runs but what time wakes: the answer stays unheard.
    rig.loop.restart();
    while (rig.wakeups.pending() == 0)
        rig.loop.poll_one();
    rig.frozen = true;
    rig.wakeups.advance(2s);
    const result<response> got = rig.outcome_of(one);
    EXPECT_TRUE(failed_as(got, timeout, false));
    EXPECT_THAT(got.error().message,
                HasSubstr("localhost:1 did not resolve within 2 s (resolveTimeout)"));
}

// A listener whose backlog is full: the kernel lets further requests go unheard.
class unheard {
public:
    unheard() {
        using boost::asio::ip::tcp;
        full_.open(tcp::v4());
        full_.bind({boost::asio::ip::make_address("127.0.0.1"), 0});
        full_.listen(0);
        for (int i = 0; i < 4; ++i) {
            auto& filler = fillers_.emplace_back(loop_);
            filler.open(tcp::v4());
            filler.async_connect(full_.local_endpoint(), [](const boost::system::error_code&) {});
        }
        loop_.run_for(50ms);
    }
    [[nodiscard]] std::uint16_t port() const { return full_.local_endpoint().port(); }

private:
    boost::asio::io_context loop_;
    boost::asio::ip::tcp::acceptor full_{loop_};
    std::list<boost::asio::ip::tcp::socket> fillers_;
};

TEST_F(stage_deadlines, connecting) {
    const unheard server;
    http.connect_timeout = 3s;
    const auto where = destination_at(server.port(), {}, http);
    expect_end(rig.start(where), 3s,
               "no connection within 3 s (connectTimeout), which ended while connecting to "
               "127.0.0.1",
               false);
    expect_end(rig.start(where, within(1s)), 1s, "the deadline passed while connecting to", false);
}

TEST_F(stage_deadlines, shaking_hands) {
    const misbehaving_server server(script().bytes(5).to_end());  // plain, and silent
    const auto try_with = [&](const std::shared_ptr<call>& what, duration bound,
                              const char* words) {
        const auto where = destination_at(server.port(), {}, http, {}, "https://localhost");
        const std::size_t before = server.connections();
        const auto one = rig.start(where, what);
        ASSERT_TRUE(rig.run_until(
            [&] { return server.connections() > before && server.received(before).size() >= 5; }));
        expect_end(one, bound, words, false);
        EXPECT_EQ(rig.client->look(*where).busy, 0U);
    };
    http.connect_timeout = 3s;
    const std::string connect =
        "no connection within 3 s (connectTimeout), which ended while shaking hands with localhost";
    const std::string shake = "no TLS handshake with localhost";
    for (const auto version : {http_version::http1, http_version::automatic}) {
        http.version = version;
        http.tls_timeout.reset();
        try_with({}, 3s, connect.c_str());
        try_with(within(1s), 1s, "the deadline passed while shaking hands with localhost");
        http.tls_timeout = 1500ms;
        try_with({}, 1500ms, shake.c_str());
        http.tls_timeout = 4s;
        try_with({}, 3s, connect.c_str());
    }
}

// HTTP/1.1.

TEST_F(stage_deadlines, the_first_byte) {
    const misbehaving_server server(script().head().to_end());
    http.first_byte_timeout = 2s;
    const auto where = at(server);
    const auto one = rig.start(where);
    ASSERT_TRUE(sent_to(server, "\r\n\r\n"));
    expect_end(one, 2s,
               "no first byte within 2 s of sending the request to " + where->authority +
                   " (firstByteTimeout)",
               true);
    EXPECT_EQ(rig.client->look(*where).busy, 0U);
    EXPECT_EQ(rig.client->look(*where).idle, 0U);
    EXPECT_TRUE(server.wait_until_finished(0));
}

TEST_F(stage_deadlines, an_interim_answer_is_no_first_byte) {
    misbehaving_server server(script()
                                  .head()
                                  .until_told()
                                  .send("HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n")
                                  .to_end());
    http.first_byte_timeout = 3s;
    http.between_bytes_timeout = 1s;
    const auto one = rig.start(at(server));
    ASSERT_TRUE(sent_to(server, "\r\n\r\n"));
    rig.pass(1s);
    server.go_on();
    ASSERT_TRUE(rig.has_read(1));
    expect_end(one, 2s, "(firstByteTimeout)", true);
}

TEST_F(stage_deadlines, the_first_byte_alone_does_not_bound_the_rest) {
    misbehaving_server server(script()
                                  .head()
                                  .send("HTTP/1.1 200")
                                  .until_told()
                                  .send(" OK\r\nContent-Length: 4\r\n\r\nfo")
                                  .until_told()
                                  .send("ur")
                                  .to_end());
    http.first_byte_timeout = 2s;
    const auto one = rig.start(at(server));
    ASSERT_TRUE(rig.has_read(1));
    rig.pass(10s);
    server.go_on();
    ASSERT_TRUE(rig.has_read(2));
    rig.pass(10s);
    server.go_on();
    const result<response> got = rig.outcome_of(one);
    ASSERT_TRUE(answered(got));
    EXPECT_EQ(got->body, "four");
}

/// A body whose next piece comes when the test says so.
class slow_body final : public body_source {
public:
    explicit slow_body(stage_rig& rig) : rig_(rig) {}
    boost::asio::awaitable<result<std::string_view>> read() override {
        if (read_++ > 0) co_return std::string_view();
        (void)co_await net::wait_until(rig_.wakeups, later(rig_.time.now(), 10s));
        co_return std::string_view("x");
    }
    [[nodiscard]] std::optional<std::uint64_t> size() const noexcept override { return 1; }

private:
    stage_rig& rig_;
    int read_ = 0;
};

TEST_F(stage_deadlines, the_first_byte_is_waited_for_from_the_last_byte_sent) {
    http.first_byte_timeout = 2s;
    const misbehaving_server server(script().head().bytes(1).to_end());
    auto what = std::make_shared<call>();
    what->method = "PUT";
    what->stream = std::make_unique<slow_body>(rig);
    const auto one = rig.start(at(server), what);
    ASSERT_TRUE(sent_to(server, "\r\n\r\n"));
    rig.pass(10s);
    ASSERT_TRUE(sent_to(server, "x"));
    expect_end(one, 2s, "(firstByteTimeout)", true);
}

TEST_F(stage_deadlines, between_bytes) {
    http.between_bytes_timeout = 2s;
    for (const std::string text : {"HTTP/1.1 20", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n",
                                   "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort",
                                   "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nx"}) {
        SCOPED_TRACE(text);
        const misbehaving_server server(script().head().send(text).to_end());
        const auto where = at(server);
        const std::size_t before = rig.seen.reads;
        const auto one = rig.start(where);
        ASSERT_TRUE(rig.has_read(before + 1));
        expect_end(
            one, 2s,
            "no more bytes of the answer of " + where->authority + " for 2 s (betweenBytesTimeout)",
            true);
        EXPECT_EQ(rig.client->look(*where).idle, 0U);
    }
}

TEST_F(stage_deadlines, a_server_that_is_slow_and_steady_is_heard_to_the_end) {
    script slow;
    slow.head();
    const std::string text = answer("steady");
    for (const char c : text)
        slow.until_told().send(std::string(1, c));
    misbehaving_server server(slow.to_end());
    http.first_byte_timeout = 2s;
    http.between_bytes_timeout = 2s;
    const auto one = rig.start(at(server));
    ASSERT_TRUE(sent_to(server, "\r\n\r\n"));
    for (std::size_t i = 0; i < text.size(); ++i) {
        rig.pass(1900ms);
        server.go_on();
        ASSERT_TRUE(rig.run_until([&] { return rig.seen.reads > i || one->outcome; }));
    }
    const result<response> got = rig.outcome_of(one);
    ASSERT_TRUE(answered(got));
    EXPECT_EQ(got->body, "steady");
}

TEST_F(stage_deadlines, a_reader_may_take_its_time_and_a_server_may_not) {
    misbehaving_server server(script()
                                  .head()
                                  .send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\none")
                                  .until_told()
                                  .send("two")
                                  .to_end());
    expect_time_for_the_reader_and_none_for(server);
}

TEST_F(stage_deadlines, a_connection_that_rests_is_not_bounded) {
    const misbehaving_server server(
        script().head().send(answer("one")).head().send(answer("two")).to_end());
    http.first_byte_timeout = 1s;
    http.between_bytes_timeout = 1s;
    const auto where = at(server);
    EXPECT_EQ(rig.send(where).value().body, "one");
    rig.pass(30s);
    EXPECT_EQ(rig.send(where).value().body, "two");
    EXPECT_EQ(server.connections(), 1U);
}

TEST_F(stage_deadlines, the_whole_call_says_where_it_was) {
    http.first_byte_timeout = 3s;
    http.between_bytes_timeout = 3s;
    const misbehaving_server server(
        {script().head().to_end(),
         script().head().send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort").to_end()});
    const auto waiting = rig.start(at(server), within(2s));
    ASSERT_TRUE(sent_to(server, "\r\n\r\n"));
    expect_end(waiting, 2s, "the deadline passed while waiting for the answer of", true);
    const auto reading = rig.start(at(server), within(2s));
    ASSERT_TRUE(rig.has_read(1));
    expect_end(reading, 2s, "the deadline passed while reading the answer of", true);
}

}  // namespace
}  // namespace symphony::test_support
