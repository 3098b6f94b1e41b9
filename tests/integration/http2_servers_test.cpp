#include "integration/expect_error.hpp"
#include "support/certificates.hpp"
#include "support/client_rig.hpp"
#include "support/nginx.hpp"
#include "symphony/testing/memory_body.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

// HTTP/2 with nginx, over TLS and in the clear.

namespace symphony::test_support {
namespace {

using symphony::testing::memory_body;
using ::testing::HasSubstr;

std::vector<std::string> pieces_of(const std::string& text, std::size_t size) {
    std::vector<std::string> pieces;
    for (std::size_t at = 0; at < text.size(); at += size)
        pieces.push_back(text.substr(at, size));
    return pieces;
}

class http2_nginx : public ::testing::Test {
protected:
    enum port : std::size_t { both, only_http1, in_the_clear };

    static std::string with_tls(const certificate_files& identity, const char* listen) {
        return std::string("server { listen @LISTEN@ ") + listen +
               "; root @ROOT@; ssl_certificate " + identity.certificate + "; ssl_certificate_key " +
               identity.key + ";" + more + " }\n";
    }
    [[nodiscard]] std::shared_ptr<const net::destination> at(
        port which, http_version version = http_version::automatic) {
        tls_options tls;
        tls.ca = ca.file();
        http_options http;
        http.version = version;
        return destination_at(server.port(which), which == in_the_clear ? tls_options() : tls, http,
                              {}, which == in_the_clear ? "http://127.0.0.1" : "https://localhost");
    }

    static constexpr const char* more =
        " location = /version { return 200 $server_protocol; }"
        " location = /head { add_header x-seen $http_x_mixed; return 200 text; }"
        " location = /none { return 204; }"
        " location /up/ { dav_methods PUT; create_full_put_path on; client_max_body_size 20m; }"
        " http2_max_concurrent_streams 8;";
    throwaway_ca ca;
    certificate_files identity = ca.issue("DNS:localhost,IP:127.0.0.1");
    nginx server{with_tls(identity, "ssl http2") + with_tls(identity, "ssl") +
                 "server { listen @LISTEN@ http2; root @ROOT@;" + more + " }\n"};
    client_rig rig;
};

TEST_F(http2_nginx, what_is_spoken_is_agreed_on) {
    const auto version = [this](const auto& where) {
        const result<response> got = rig.get(where, "/version");
        return got ? got->body : got.error().message;
    };
    EXPECT_EQ(version(at(both)), "HTTP/2.0");
    EXPECT_EQ(version(at(both, http_version::http1)), "HTTP/1.1");
    EXPECT_EQ(version(at(only_http1)), "HTTP/1.1");
    EXPECT_EQ(version(at(in_the_clear, http_version::http2)), "HTTP/2.0");
    EXPECT_EQ(version(at(both, http_version::http2)), "HTTP/2.0");
}

TEST_F(http2_nginx, http2_that_is_demanded_and_not_to_be_had_is_said) {
    const result<response> got = rig.get(at(only_http1, http_version::http2), "/version");
    ASSERT_FALSE(got);
    EXPECT_THAT(got.error().message + got.error().remote,
                ::testing::AnyOf(HasSubstr("does not speak HTTP/2"), HasSubstr("handshake")));
    EXPECT_FALSE(got.error().maybe_sent);
}

TEST_F(http2_nginx, many_calls_at_once_share_few_connections) {
    for (const auto& where : {at(both), at(in_the_clear, http_version::http2)}) {
        std::vector<std::shared_ptr<pending_call>> all;
        for (int i = 0; i < 300; ++i) {
            outgoing call;
            call.target = "/version";
            all.push_back(rig.start(where, std::move(call)));
        }
        ASSERT_TRUE(rig.run_until([&] {
            return std::ranges::all_of(all, [](const auto& c) { return c->outcome.has_value(); });
        }));
        for (const auto& call : all) {
            ASSERT_TRUE(answered(*call->outcome));
            EXPECT_EQ((*call->outcome)->body, "HTTP/2.0");
        }
        // Eight streams each; a further connection is opened while the others are full.
        EXPECT_LE(rig.client->look(*where).opened, 38U);
    }
}

TEST_F(http2_nginx, calls_to_a_server_of_http_1_wait_for_the_first_handshake_only) {
    const auto where = at(only_http1);
    std::vector<std::shared_ptr<pending_call>> all;
    for (int i = 0; i < 50; ++i) {
        outgoing call;
        call.target = "/version";
        all.push_back(rig.start(where, std::move(call)));
    }
    ASSERT_TRUE(rig.run_until([&] {
        return std::ranges::all_of(all, [](const auto& c) { return c->outcome.has_value(); });
    }));
    for (const auto& call : all)
        EXPECT_TRUE(answered(*call->outcome));
}

TEST_F(http2_nginx, heads_are_translated) {
    outgoing call;
    call.target = "/head";
    call.fields = {{"X-Mixed", "Case"}};
    const result<response> got = rig.send(at(both), std::move(call));
    ASSERT_TRUE(answered(got));
    EXPECT_EQ(got->fields.get("x-seen"), "Case");
    EXPECT_EQ(got->body, "text");
    outgoing only_head;
    only_head.method = "HEAD";
    only_head.target = "/head";
    const result<response> head = rig.send(at(both), std::move(only_head));
    ASSERT_TRUE(answered(head));
    EXPECT_EQ(head->body, "");
    EXPECT_TRUE(answered(rig.get(at(both), "/none"), 204));
}

TEST_F(http2_nginx, bodies_go_both_ways) {
    std::string large(3'000'000, '\0');
    for (std::size_t i = 0; i < large.size(); ++i)
        large[i] = static_cast<char>('a' + i * 7 % 26);
    for (const auto& where : {at(both), at(in_the_clear, http_version::http2)}) {
        outgoing up;
        up.method = "PUT";
        up.target = "/up/whole";
        up.body = large;
        const result<response> put = rig.send(where, std::move(up));
        ASSERT_TRUE(put) << put.error().message;
        EXPECT_LT(put->status, 300);
        const result<response> got = rig.get(where, "/up/whole");
        ASSERT_TRUE(answered(got));
        EXPECT_EQ(got->body == large, true);

        outgoing in_pieces;
        in_pieces.method = "PUT";
        in_pieces.target = "/up/pieces";
        in_pieces.stream = std::make_unique<memory_body>(pieces_of(large, 5000));
        const result<response> streamed = rig.send(where, std::move(in_pieces));
        ASSERT_TRUE(streamed) << streamed.error().message;
        EXPECT_LT(streamed->status, 300);
        outgoing down;
        down.target = "/up/pieces";
        down.options.stream_response = true;
        result<response> stream = rig.send(where, std::move(down));
        ASSERT_TRUE(answered(stream));
        ASSERT_TRUE(stream->stream);
        EXPECT_EQ(stream->stream->size(), large.size());
        const result<std::string> all = rig.read_all(*stream->stream);
        ASSERT_TRUE(all) << all.error().message;
        EXPECT_EQ(*all == large, true);
    }
}

TEST_F(http2_nginx, a_reader_that_stands_still_holds_up_no_other) {
    server.add_file("large", std::string(8'000'000, 'x'));
    server.add_file("small", "small");
    const auto where = at(both);
    outgoing slow;
    slow.target = "/large";
    slow.options.stream_response = true;
    result<response> stream = rig.send(where, std::move(slow));
    ASSERT_TRUE(answered(stream));
    for (int i = 0; i < 20; ++i)
        EXPECT_TRUE(answered(rig.get(where, "/small")));
    const result<std::string> all = rig.read_all(*stream->stream);
    ASSERT_TRUE(all);
    EXPECT_EQ(all->size(), 8'000'000U);
    EXPECT_EQ(rig.client->look(*where).opened, 1U);
}

TEST_F(http2_nginx, an_abandoned_answer_frees_its_place) {
    server.add_file("large", std::string(8'000'000, 'x'));
    const auto where = at(both);
    for (int i = 0; i < 20; ++i) {
        outgoing call;
        call.target = "/large";
        call.options.stream_response = true;
        result<response> stream = rig.send(where, std::move(call));
        ASSERT_TRUE(answered(stream));
    }
    EXPECT_TRUE(answered(rig.get(where, "/version")));
    EXPECT_LE(rig.client->look(*where).opened, 3U);
}

TEST_F(http2_nginx, a_restart_costs_at_most_the_calls_under_way) {
    const auto where = at(both);
    EXPECT_TRUE(answered(rig.get(where, "/version")));
    server.restart();
    EXPECT_TRUE(rig.run_until([&] { return rig.client->look(*where).busy == 0; }));
    EXPECT_TRUE(answered(rig.get(where, "/version")));
}

}  // namespace
}  // namespace symphony::test_support
