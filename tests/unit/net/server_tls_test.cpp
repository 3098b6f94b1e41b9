#include "symphony/net/server_tls.hpp"

#include "running_server.hpp"
#include "support/certificates.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace symphony::net {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using server_test::hand_time;
using server_test::running_server;

// A body that breaks off after its first piece, or does not.
class two_pieces final : public body_source {
public:
    explicit two_pieces(bool breaks) : breaks_(breaks) {}
    asio::awaitable<result<std::string_view>> read() override {
        ++read_;
        if (read_ == 1) co_return std::string_view("first ");
        if (read_ == 2 && breaks_) co_return fail(error_kind::connection_lost, "for the test");
        co_return read_ == 2 ? std::string_view("second") : std::string_view();
    }

    std::optional<std::uint64_t> size() const noexcept override { return std::nullopt; }

private:
    bool breaks_;
    int read_ = 0;
};

struct server_tls_test : ::testing::Test {
    server_options options() {
        const auto files = ca.issue("IP:127.0.0.1");
        server_tls_options tls;
        tls.identity.cert = files.certificate;
        tls.identity.key = secret(files.key);
        server_options made;
        made.tls = make_server_tls(tls).value();
        return made;
    }
    static http_server::handler streams(bool breaks) {
        return [breaks](server_request&) -> asio::awaitable<response> {
            response answer;
            answer.status = 200;
            answer.stream = std::make_unique<two_pieces>(breaks);
            co_return answer;
        };
    }
    asio::ip::tcp::socket connect(std::uint16_t port) {
        asio::ip::tcp::socket made(context);
        made.connect({asio::ip::make_address("127.0.0.1"), port});
        return made;
    }
    // All that comes on one connection, and how it ends.
    std::pair<std::string, boost::system::error_code> ask(std::uint16_t port,
                                                          const std::string& request) {
        asio::ssl::context trust(asio::ssl::context::tls_client);
        trust.load_verify_file(ca.file());
        trust.set_verify_mode(asio::ssl::verify_peer);
        asio::ssl::stream<asio::ip::tcp::socket> stream(connect(port), trust);
        stream.handshake(asio::ssl::stream_base::client);
        asio::write(stream, asio::buffer(request));
        std::string got;
        boost::system::error_code end;
        asio::read(stream, asio::dynamic_buffer(got), end);
        return {got, end};
    }

    asio::io_context context{1};
    test_support::throwaway_ca ca;
};

// To a client of HTTP/1.0 the end of the connection is the end of the body.
TEST_F(server_tls_test, the_end_is_in_order_only_where_the_answer_is_whole) {
    running_server whole(streams(false), options());
    const auto [all, end] = ask(whole.port, "GET / HTTP/1.0\r\n\r\n");
    EXPECT_TRUE(all.ends_with("\r\n\r\nfirst second")) << all;
    EXPECT_EQ(end, asio::error::eof);
    running_server broken(streams(true), options());
    const auto [part, cut] = ask(broken.port, "GET / HTTP/1.0\r\n\r\n");
    EXPECT_TRUE(part.ends_with("\r\n\r\nfirst ")) << part;
    EXPECT_EQ(cut, asio::ssl::error::stream_truncated);
}

TEST_F(server_tls_test, a_client_that_never_shakes_hands_is_left) {
    hand_time time;
    running_server server(streams(false), options(), &time);
    auto silent = connect(server.port);
    ASSERT_TRUE(server.wait_for_connections(1));
    server.advance(10s);
    char byte = 0;
    boost::system::error_code end;
    EXPECT_EQ(silent.read_some(asio::buffer(&byte, 1), end), 0u);
    EXPECT_EQ(end, asio::error::eof);
    EXPECT_TRUE(server.wait_for_connections(0));
}

TEST_F(server_tls_test, draining_leaves_who_is_shaking_hands) {
    running_server server(streams(false), options());
    auto silent = connect(server.port);
    ASSERT_TRUE(server.wait_for_connections(1));
    server.drain();
    EXPECT_TRUE(server.wait_for_connections(0));
}

TEST_F(server_tls_test, files_that_cannot_be_used_are_named) {
    const auto files = ca.issue("IP:127.0.0.1");
    server_tls_options tls;
    tls.identity.cert = files.certificate;
    tls.identity.key = secret(ca.issue("IP:127.0.0.1").key);
    const auto wrong_key = make_server_tls(tls);
    ASSERT_FALSE(wrong_key);
    EXPECT_EQ(wrong_key.error().kind, error_kind::tls_failed);
    EXPECT_NE(wrong_key.error().message.find("does not belong"), std::string::npos);
    tls.identity.key = secret(files.key);
    tls.client_ca = files.key;
    const auto wrong_ca = make_server_tls(tls);
    ASSERT_FALSE(wrong_ca);
    EXPECT_NE(wrong_ca.error().message.find(files.key), std::string::npos);
    tls.client_ca.clear();
    tls.min_version = "1.1";
    EXPECT_EQ(make_server_tls(tls).error().kind, error_kind::invalid_request);
}

}  // namespace
}  // namespace symphony::net
