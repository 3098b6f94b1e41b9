#include "unit/net/blocking_client.hpp"
#include "unit/net/running_server.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace symphony::net::server_test {
namespace {

namespace asio = boost::asio;
using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

// Pieces that the test hands over one by one, on the server's thread.
struct tap {
    void give(std::string piece) {
        pieces.push_back(std::move(piece));
        if (waiting) waiting->cancel();
    }
    std::deque<std::string> pieces;  // an empty one is the end, "!" an error
    asio::steady_timer* waiting = nullptr;
    std::atomic<bool> cancelled{false};
};

class tap_stream final : public body_source {
public:
    explicit tap_stream(tap& from, std::optional<std::uint64_t> size) : tap_(from), size_(size) {}
    asio::awaitable<result<std::string_view>> read() override {
        while (tap_.pieces.empty()) {
            asio::steady_timer more(co_await asio::this_coro::executor);
            more.expires_at(asio::steady_timer::time_point::max());
            tap_.waiting = &more;
            co_await more.async_wait(asio::as_tuple(asio::use_awaitable));
            tap_.waiting = nullptr;
            const auto state = co_await asio::this_coro::cancellation_state;
            if (state.cancelled() != asio::cancellation_type::none) {
                tap_.cancelled = true;
                co_return fail(error_kind::cancelled, "cancelled");
            }
        }
        piece_ = std::move(tap_.pieces.front());
        tap_.pieces.pop_front();
        if (piece_ == "!") co_return fail(error_kind::connection_lost, "broken");
        co_return std::string_view(piece_);
    }
    std::optional<std::uint64_t> size() const noexcept override { return size_; }

private:
    tap& tap_;
    std::optional<std::uint64_t> size_;
    std::string piece_;
};

http_server::handler from(tap& source, std::optional<std::uint64_t> size = {}) {
    return [&source, size](server_request&) -> asio::awaitable<response> {
        response answer;
        answer.status = 200;
        answer.stream = std::make_unique<tap_stream>(source, size);
        co_return answer;
    };
}

constexpr std::string_view get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

TEST(http_server_stream, passes_each_piece_on_as_it_comes) {
    tap source;
    running_server server(from(source));
    blocking_client client(server.port, get);
    // The head is here before there is any piece, each piece before the next.
    EXPECT_THAT(client.read_until("\r\n\r\n"), HasSubstr("Transfer-Encoding: chunked\r\n"));
    for (const char* event : {"data: 1\n\n", "data: 2\n\n"}) {
        server.on_loop([&] { source.give(event); });
        EXPECT_EQ(client.read(14), "9\r\n" + std::string(event) + "\r\n");
    }
    server.on_loop([&] { source.give(""); });
    EXPECT_EQ(client.read(5), "0\r\n\r\n");
    source.pieces = {"again", ""};
    client.send(get);
    EXPECT_THAT(client.read_until("0\r\n\r\n"), EndsWith("\r\n\r\n5\r\nagain\r\n0\r\n\r\n"));
}

TEST(http_server_stream, says_the_length_when_it_is_known) {
    tap source;
    source.pieces = {"abc", "def", ""};
    running_server server(from(source, 6));
    blocking_client client(server.port, get);
    EXPECT_THAT(client.read_answer(), AllOf(HasSubstr("Content-Length: 6\r\n"), EndsWith("abcdef"),
                                            Not(HasSubstr("chunked"))));
    EXPECT_EQ(server.connections(), 1U);
}

TEST(http_server_stream, ends_with_the_connection_for_http_1_0) {
    tap source;
    source.pieces = {"abc", "def", ""};
    running_server server(from(source));
    blocking_client client(server.port, "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    EXPECT_THAT(client.read_all(),
                AllOf(EndsWith("Connection: close\r\n\r\nabcdef"), Not(HasSubstr("chunked"))));
}

TEST(http_server_stream, cuts_a_broken_stream_short) {
    for (const std::optional<std::uint64_t> size : {std::optional<std::uint64_t>(), {10}}) {
        tap source;
        source.pieces = {"abc", "!"};
        running_server server(from(source, size));
        blocking_client client(server.port, get);
        const std::string answer = client.read_all();
        EXPECT_THAT(answer, HasSubstr("abc"));
        EXPECT_THAT(answer, Not(EndsWith("0\r\n\r\n")));
    }
}

TEST(http_server_stream, never_sends_more_or_less_than_it_said) {
    for (const std::uint64_t said : {2U, 5U}) {
        tap source;
        source.pieces = {"abc", ""};
        running_server server(from(source, said));
        blocking_client client(server.port, get);
        const std::string answer = client.read_all();  // it closes: what follows would be garbled
        EXPECT_THAT(answer, AllOf(HasSubstr("200 OK"), Not(HasSubstr("abcabc"))));
        EXPECT_LE(answer.size() - answer.find("\r\n\r\n") - 4, said);
    }
}

TEST(http_server_stream, gives_up_for_a_client_that_leaves) {
    for (const bool reset : {false, true}) {
        tap source;
        running_server server(from(source));
        blocking_client client(server.port, get);
        client.read_until("\r\n\r\n");
        reset ? client.reset() : client.close();
        EXPECT_TRUE(server.wait_for_connections(0));
        EXPECT_TRUE(source.cancelled);
    }
}

TEST(http_server_stream, sends_large_pieces_to_a_slow_reader) {
    tap source;
    std::string all;
    for (int i = 0; i < 40; ++i) {
        source.pieces.emplace_back(i % 2 ? 100'000 : 100, static_cast<char>('a' + i % 26));
        all += source.pieces.back();
    }
    source.pieces.emplace_back();
    running_server server(from(source, all.size()));
    blocking_client client(server.port, 4096);
    client.send(get);
    const std::string answer = client.read_answer();
    EXPECT_TRUE(answer.ends_with(all));
}

TEST(http_server_stream, sends_what_a_slow_reader_left_though_the_source_waits) {
    tap source;
    running_server server(from(source, std::uint64_t{1} << 30));
    blocking_client client(server.port, 4096);
    client.send(get);
    client.read_until("\r\n\r\n");
    // Pieces small enough to be copied, until the kernel takes no more; then the source is silent.
    server.on_loop([&] {
        for (int i = 0; i < 2'000; ++i)
            source.give(std::string(10'000, 'x'));
    });
    EXPECT_EQ(client.read(20'000'000).size(), 20'000'000U);
}

TEST(http_server_stream, does_not_ask_for_a_body_that_is_not_sent) {
    tap source;
    running_server server(from(source, 6));
    blocking_client client(server.port, "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_THAT(client.read_until("\r\n\r\n"), HasSubstr("Content-Length: 6\r\n"));
    client.send("HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    EXPECT_THAT(client.read_all(), EndsWith("Connection: close\r\n\r\n"));
}

class counted_body final : public body_source {
public:
    explicit counted_body(body_source& origin) : origin_(origin) {}
    asio::awaitable<result<std::string_view>> read() override { return origin_.read(); }
    std::optional<std::uint64_t> size() const noexcept override { return origin_.size(); }

private:
    body_source& origin_;
};

TEST(http_server_stream, gives_each_request_its_body_whatever_became_of_the_last) {
    running_server server([](server_request& request) -> asio::awaitable<response> {
        const auto own = std::make_unique<counted_body>(*request.body);
        request.body = own.get();
        response answer;
        answer.status = 200;
        for (;;) {
            const result<std::string_view> piece = co_await request.body->read();
            if (!piece || piece->empty()) co_return answer;
            answer.body.append(*piece);
        }
    });
    blocking_client client(server.port);
    for (const char* const word : {"first", "other"}) {
        client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n" + std::string(word));
        EXPECT_THAT(client.read_answer(), HasSubstr(word));
    }
}

}  // namespace
}  // namespace symphony::net::server_test
