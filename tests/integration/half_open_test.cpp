#include "integration/clean_pool.hpp"
#include "integration/expect_error.hpp"
#include "support/certificates.hpp"
#include "support/client_rig.hpp"
#include "support/http2_frames.hpp"
#include "support/misbehaving_server.hpp"
#include "symphony/testing/manual_clock.hpp"
#include "symphony/testing/memory_body.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

// Servers that are gone without FIN or RST, as after a loss of power. The client's side of the
// connection looks alive until it sends: what it sends then is answered by a reset.

namespace symphony::test_support {
namespace {

using namespace std::chrono_literals;
using enum error_kind;

enum class spoken : std::uint8_t { http1, http1_over_tls, http2 };

const std::string settings_taken = frame(h2::settings, 1, 0);

class half_open : public ::testing::Test {
protected:
    void SetUp() override {
        if (!may_vanish())
            GTEST_SKIP() << "closing a socket unheard (TCP_REPAIR) takes CAP_NET_ADMIN";
    }

    // Reads a request and answers `text`; over HTTP/2 to the end of what the client says at first.
    [[nodiscard]] script serve(spoken how, const std::string& text) const {
        if (how == spoken::http2) return after_request(settings() + text).text(settings_taken);
        script made;
        if (how == spoken::http1_over_tls) made.over_tls(identity);
        return made.head().send(text);
    }
    [[nodiscard]] static std::string whole(spoken how, const std::string& body) {
        return how == spoken::http2 ? answer_on(1, body) : answer(body);
    }
    [[nodiscard]] client_rig::target_ptr at(const misbehaving_server& server, spoken how) const {
        tls_options tls;
        tls.ca = ca.file();
        http_options http;
        http.expect_continue = false;
        http.version = how == spoken::http2 ? http_version::http2 : http_version::http1;
        const bool secured = how == spoken::http1_over_tls;
        return destination_at(server.port(), tls, http, {},
                              secured ? "https://localhost" : "http://127.0.0.1");
    }
    // All that the client says by itself has been said.
    [[nodiscard]] static bool wait_until_said(client_rig& rig, const misbehaving_server& server,
                                              spoken how) {
        const std::string last = how == spoken::http2 ? settings_taken : "\r\n\r\n";
        return rig.run_until([&] { return server.received(0).find(last) != std::string::npos; });
    }

    throwaway_ca ca;
    certificate_files identity = ca.issue("DNS:localhost");
};

// Nothing tells whether the server had the request before it was gone: it took the bytes as far as
// the client can see. So it is not repeated here (docs/retries.md says who may).
TEST_F(half_open, a_call_over_a_pooled_connection_is_lost_and_not_repeated) {
    for (const spoken how : {spoken::http1, spoken::http1_over_tls, spoken::http2}) {
        for (const bool uploads : {false, true}) {
            SCOPED_TRACE(static_cast<int>(how));
            SCOPED_TRACE(uploads ? "a streamed upload" : "without a body");
            misbehaving_server server(
                {serve(how, whole(how, "first")).until_told().vanish_silently(),
                 serve(how, whole(how, "second")).to_end()});
            testing::manual_clock time;
            client_rig rig(nullptr, &time);
            const clean_pool pool(rig);
            const auto where = at(server, how);
            EXPECT_EQ(rig.get(where).value().body, "first");
            ASSERT_TRUE(wait_until_said(rig, server, how));
            server.go_on();
            ASSERT_TRUE(server.wait_until_finished(0));
            time.advance(5ms);  // long enough for a look at the socket, which shows nothing
            rig.loop.restart();
            rig.loop.poll();
            EXPECT_EQ(rig.client->look(*where).idle + rig.client->look(*where).busy, 1U);

            outgoing call;
            if (uploads) {
                call.method = "PUT";
                call.stream = std::make_unique<testing::memory_body>(
                    std::vector<std::string>{"one", "two", "three"});
            }
            EXPECT_TRUE(failed_as(rig.send(where, std::move(call)), connection_lost, true));
            EXPECT_EQ(server.connections(), 1U);
            pool.expect(where, server, "second");
            EXPECT_EQ(server.connections(), 2U);
        }
    }
}

// Nothing is sent while an answer is waited for, so nothing but the deadline helps.
TEST_F(half_open, an_answer_that_stops_in_the_middle_costs_the_deadline) {
    const std::string ok = "HTTP/1.1 200 OK\r\n";
    const std::string length = "Content-Length: 9\r\n\r\n";
    struct row {
        const char* name;
        spoken how;
        std::string text;
    };
    for (const row& one : {
             row{"before the answer", spoken::http1, ""},
             row{"in the head", spoken::http1, ok},
             row{"in the body", spoken::http1, ok + length + "short"},
             row{"in a chunk", spoken::http1, ok + "Transfer-Encoding: chunked\r\n\r\n9\r\nshort"},
             row{"in a body without length", spoken::http1, ok + "\r\nshort"},
             row{"in the body over TLS", spoken::http1_over_tls, ok + length + "short"},
             row{"before the answer over HTTP/2", spoken::http2, ""},
             row{"in the body over HTTP/2", spoken::http2,
                 head(1, status_200) + body(1, "short", 0)},
         }) {
        SCOPED_TRACE(one.name);
        misbehaving_server server({serve(one.how, one.text).vanish_silently(),
                                   serve(one.how, whole(one.how, "next")).to_end()});
        client_rig rig;
        const clean_pool pool(rig);
        const auto where = at(server, one.how);
        outgoing get;
        get.options.until = rig.in(200ms);
        const auto call = rig.start(where, std::move(get));
        ASSERT_TRUE(wait_until_said(rig, server, one.how));
        ASSERT_TRUE(server.wait_until_finished(0));
        ASSERT_TRUE(rig.run_until([&] { return call->outcome.has_value(); }));
        EXPECT_TRUE(failed_as(*call->outcome, timeout, true));
        // Over HTTP/2 the stream is given up with a word to the server, and the reset comes.
        EXPECT_TRUE(rig.run_until([&] { return rig.client->look(*where).busy == 0; }));
        EXPECT_EQ(rig.client->look(*where).idle, 0U);
        pool.expect(where, server, "next");
        EXPECT_EQ(server.connections(), 2U);
    }
}

TEST_F(half_open, an_upload_meets_the_reset) {
    for (const spoken how : {spoken::http1, spoken::http1_over_tls}) {
        SCOPED_TRACE(static_cast<int>(how));
        script first;
        if (how == spoken::http1_over_tls) first.over_tls(identity);
        misbehaving_server server({first.head().bytes(100'000).vanish_silently(),
                                   serve(how, whole(how, "next")).to_end()});
        client_rig rig;
        const clean_pool pool(rig);
        const auto where = at(server, how);
        outgoing put;
        put.method = "PUT";
        put.body = std::string(std::size_t{20} << 20, 'x');
        EXPECT_TRUE(failed_as(rig.send(where, std::move(put)), connection_lost, true));
        EXPECT_EQ(rig.client->look(*where).busy, 0U);
        pool.expect(where, server, "next");
        EXPECT_EQ(server.connections(), 2U);
    }
}

}  // namespace
}  // namespace symphony::test_support
