#include "integration/expect_error.hpp"
#include "support/certificates.hpp"
#include "support/client_rig.hpp"
#include "support/http2_frames.hpp"
#include "support/misbehaving_server.hpp"

#include <boost/asio/co_spawn.hpp>
#include <gtest/gtest.h>

#include <optional>
#include <string>

namespace symphony::test_support {
namespace {

class warm_up : public ::testing::Test {
protected:
    [[nodiscard]] result<void> warm(const std::shared_ptr<const net::destination>& where,
                                    std::size_t count) {
        std::optional<result<void>> done;
        boost::asio::co_spawn(
            rig.loop, rig.client->warm_up(where, count),
            [&](const std::exception_ptr&, result<void> got) { done = std::move(got); });
        if (!rig.run_until([&] { return done.has_value(); })) std::terminate();
        return *done;
    }

    client_rig rig;
};

TEST_F(warm_up, the_first_calls_need_no_connection_of_their_own) {
    throwaway_ca ca;
    const misbehaving_server server({script().head().send(answer("warm")).to_end()},
                                    ca.issue("DNS:localhost"));
    tls_options tls;
    tls.ca = ca.file();
    const auto where = destination_at(server.port(), tls, {}, {}, "https://localhost");
    ASSERT_TRUE(warm(where, 3));
    EXPECT_EQ(server.connections(), 3U);
    EXPECT_EQ(rig.client->look(*where).idle, 3U);
    EXPECT_EQ(rig.client->look(*where).busy, 0U);
    std::vector<std::shared_ptr<pending_call>> calls;
    for (int i = 0; i < 3; ++i)
        calls.push_back(rig.start(where));
    for (const auto& call : calls) {
        ASSERT_TRUE(rig.run_until([&] { return call->outcome.has_value(); }));
        EXPECT_TRUE(answered(*call->outcome));
    }
    EXPECT_EQ(server.connections(), 3U);
    EXPECT_EQ(rig.client->look(*where).opened, 3U);
}

TEST_F(warm_up, what_is_there_counts_and_no_more_are_opened_than_may_be) {
    const misbehaving_server server(script().head().send(answer("x")).to_end());
    http_options http;
    http.max_connections = 2;
    const auto where = destination_at(server.port(), {}, http);
    EXPECT_TRUE(answered(rig.get(where)));
    EXPECT_EQ(server.connections(), 1U);
    ASSERT_TRUE(warm(where, 1));
    EXPECT_EQ(rig.client->look(*where).opened, 1U);
    ASSERT_TRUE(warm(where, 100));
    EXPECT_EQ(rig.client->look(*where).opened, 2U);
    ASSERT_TRUE(warm(where, 0));
    EXPECT_EQ(rig.client->look(*where).idle, 2U);
}

TEST_F(warm_up, two_at_once_open_no_more_than_one) {
    const misbehaving_server server(script().to_end());
    const auto where = destination_at(server.port());
    int done = 0;
    for (int i = 0; i < 2; ++i) {
        boost::asio::co_spawn(rig.loop, rig.client->warm_up(where, 3),
                              [&](const std::exception_ptr&, const result<void>& got) {
                                  EXPECT_TRUE(got);
                                  ++done;
                              });
    }
    ASSERT_TRUE(rig.run_until([&] { return done == 2; }));
    EXPECT_EQ(rig.client->look(*where).opened, 3U);
}

TEST_F(warm_up, over_http2_one_connection_is_enough) {
    misbehaving_server server(script()
                                  .bytes(24 + 27 + 13)
                                  .send(settings())
                                  .text(request_on(1))
                                  .send(answer_on(1, "warm"))
                                  .to_end());
    http_options http;
    http.version = http_version::http2;
    const auto where = destination_at(server.port(), {}, http);
    ASSERT_TRUE(warm(where, 5));
    ASSERT_TRUE(warm(where, 5));
    const result<response> got = rig.get(where);
    ASSERT_TRUE(answered(got));
    EXPECT_EQ(got->body, "warm");
    EXPECT_EQ(server.connections(), 1U);
}

TEST_F(warm_up, says_what_went_wrong_and_leaves_nothing) {
    std::uint16_t port = 0;
    {
        const misbehaving_server gone{script()};
        port = gone.port();
    }
    const auto where = destination_at(port);
    const result<void> done = warm(where, 3);
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().kind, error_kind::connect_failed);
    EXPECT_EQ(rig.client->look(*where).busy, 0U);
    rig.client->close();
    EXPECT_EQ(warm(where, 1).error().kind, error_kind::cancelled);
}

TEST_F(warm_up, ends_with_its_client) {
    const misbehaving_server server(script().to_end());  // plain, and silent
    const auto where = destination_at(server.port(), {}, {}, {}, "https://localhost");
    std::optional<result<void>> done;
    boost::asio::co_spawn(
        rig.loop, rig.client->warm_up(where, 2),
        [&](const std::exception_ptr&, result<void> got) { done = std::move(got); });
    ASSERT_TRUE(rig.run_until([&] { return server.connections() == 1; }));
    rig.client.reset();
    ASSERT_TRUE(rig.run_until([&] { return done.has_value(); }));
    EXPECT_EQ(done->error().kind, error_kind::cancelled);
}

}  // namespace
}  // namespace symphony::test_support
