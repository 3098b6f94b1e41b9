#include "symphony/testing/fail_count.hpp"

#include "integration/expect_error.hpp"
#include "support/certificates.hpp"
#include "support/client_rig.hpp"
#include "support/nginx.hpp"
#include "support/tinyproxy.hpp"
#include "symphony/testing/memory_body.hpp"

#include <gtest/gtest.h>

#include <array>
#include <set>
#include <string>
#include <vector>

namespace symphony::test_support {
namespace {

using testing::fail_count;
using testing::memory_body;

// Every I/O operation of a client fails once, each in a run of its own.
class every_failure : public ::testing::Test {
protected:
    struct run {
        int errors = 0;
        std::set<error_kind> kinds;
    };

    // Two calls in turn over one connection, one over TLS, one through a proxy, one whose body is
    // streamed and whose answer is too. Host names are resolved. All calls go on after one has
    // failed.
    run play(fail_count& hook) {
        client_rig rig(&hook);
        run seen;
        const auto judge = [&](const result<response>& got) {
            if (got) return;
            ++seen.errors;
            seen.kinds.insert(got.error().kind);
            EXPECT_NE(got.error().message, "");
        };
        judge(rig.get(plain, "/page"));
        judge(rig.get(plain, "/page"));
        judge(rig.get(secured, "/page"));

        outgoing put;
        put.method = "PUT";
        put.target = "/up/file";
        put.stream = std::make_unique<memory_body>(
            std::vector<std::string>{"one", std::string(100'000, 'x'), "three"});
        put.options.stream_response = true;
        judge(rig.send(plain, std::move(put)));

        outgoing get;
        get.target = "/large";
        get.options.stream_response = true;
        result<response> got = rig.send(plain, std::move(get));
        judge(got);
        if (got && got->stream) {
            if (const auto text = rig.read_all(*got->stream); !text) {
                ++seen.errors;
                seen.kinds.insert(text.error().kind);
            }
        }

        judge(rig.get(tunnelled, "/page"));

        for (const auto& where : {plain, secured, tunnelled}) {
            EXPECT_EQ(rig.client->look(*where).busy, 0U);
            EXPECT_EQ(rig.client->look(*where).waiting, 0U);
            EXPECT_LE(rig.client->look(*where).idle, 1U);
        }
        return seen;
    }

    throwaway_ca ca;
    certificate_files identity = ca.issue("DNS:localhost");
    nginx server{
        "server { listen @LISTEN@; root @ROOT@; location /up/ { dav_methods PUT; "
        "create_full_put_path on; } }\n"
        "server { listen @LISTEN@ ssl; root @ROOT@; ssl_certificate " +
        identity.certificate + "; ssl_certificate_key " + identity.key + "; }"};
    [[nodiscard]] tls_options trusting() const {
        tls_options tls;
        tls.ca = ca.file();
        return tls;
    }
    client_rig::target_ptr plain = destination_at(server.port(0), {}, {}, {}, "http://localhost");
    client_rig::target_ptr secured =
        destination_at(server.port(1), trusting(), {}, {}, "https://localhost");
    tinyproxy proxy;
    [[nodiscard]] http_options through_proxy() const {
        http_options http;
        http.proxy = proxy_options::to(secret(proxy.authority()));
        return http;
    }
    client_rig::target_ptr tunnelled =
        destination_at(server.port(1), trusting(), through_proxy(), {}, "https://localhost");
};

TEST_F(every_failure, is_one_error_of_one_call_at_most) {
    server.add_file("page", "content");
    server.add_file("large", std::string(1'000'000, 'x'));
    constexpr std::size_t most_operations = 500;
    std::set<net::io_operation> tried;
    std::set<error_kind> kinds;
    std::size_t number = 0;
    for (; number < most_operations; ++number) {
        fail_count hook(number);
        SCOPED_TRACE("operation " + std::to_string(number));
        const run seen = play(hook);
        if (!hook.failed()) {
            EXPECT_EQ(seen.errors, 0);
            break;
        }
        tried.insert(*hook.failed());
        EXPECT_LE(seen.errors, 1) << "a failure of one call must not touch the next";
        kinds.insert(seen.kinds.begin(), seen.kinds.end());
        if (HasFatalFailure()) return;
    }
    EXPECT_LT(number, most_operations) << "the scenario never came to its end";
    EXPECT_GE(number, 20U);
    using enum net::io_operation;
    EXPECT_EQ(tried, (std::set{resolve, connect, handshake, write, read}));
    const std::set<error_kind> expected{error_kind::dns_failed, error_kind::connect_failed,
                                        error_kind::tls_failed, error_kind::connection_lost};
    for (const error_kind kind : kinds)
        EXPECT_TRUE(expected.contains(kind)) << to_string(kind);
}

}  // namespace
}  // namespace symphony::test_support
