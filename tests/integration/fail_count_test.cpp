#include "symphony/testing/fail_count.hpp"

#include "integration/expect_error.hpp"
#include "support/certificates.hpp"
#include "support/client_rig.hpp"
#include "support/nginx.hpp"
#include "support/tinyproxy.hpp"
#include "symphony/testing/memory_body.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
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

    static const std::set<error_kind>& expected_kinds() {
        static const std::set<error_kind> all{error_kind::dns_failed, error_kind::connect_failed,
                                              error_kind::tls_failed, error_kind::connection_lost};
        return all;
    }

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

    // Calls at once: an error of several counts as one.
    static void judge_together(client_rig& rig, const client_rig::target_ptr& where,
                               std::vector<outgoing> all, run& seen) {
        std::vector<std::shared_ptr<pending_call>> calls;
        for (outgoing& one : all)
            calls.push_back(rig.start(where, std::move(one)));
        bool failed = false;
        for (const auto& call : calls) {
            ASSERT_TRUE(rig.run_until([&] { return call->outcome.has_value(); }));
            result<response>& got = *call->outcome;
            std::optional<error> why;
            if (!got) {
                why = got.error();
            } else if (got->stream) {
                const auto text = rig.read_all(*got->stream);
                if (!text) why = text.error();
                if (text) EXPECT_EQ(text->size(), 400'000U);
            }
            if (!why) continue;
            failed = true;
            seen.kinds.insert(why->kind);
            EXPECT_NE(why->message, "");
        }
        if (failed) ++seen.errors;
    }

    // The same over HTTP/2, where calls share a connection: what fails for one may fail for all
    // that are under way with it, here the last three, and for nobody after them.
    static run play_http2(fail_count& hook, const client_rig::target_ptr& where) {
        client_rig rig(&hook);
        run seen;
        const auto get = [](const char* target, bool streamed) {
            outgoing made;
            made.target = target;
            made.options.stream_response = streamed;
            return made;
        };
        const auto put = [] {
            outgoing made;
            made.method = "PUT";
            made.target = "/up/file";
            made.stream = std::make_unique<memory_body>(
                std::vector<std::string>{"one", std::string(100'000, 'x'), "three"});
            return made;
        };
        const auto play = [&](auto... all) {
            std::vector<outgoing> together;
            (together.push_back(std::move(all)), ...);
            judge_together(rig, where, std::move(together), seen);
        };
        play(get("/page", false));
        play(get("/part", true));
        play(put());
        play(get("/page", false), get("/part", true), put());
        EXPECT_EQ(rig.client->look(*where).waiting, 0U);
        rig.client->close();
        EXPECT_TRUE(rig.run_until([&] { return rig.client->look(*where).busy == 0; }))
            << "a stream is left";
        return seen;
    }

    throwaway_ca ca;
    certificate_files identity = ca.issue("DNS:localhost");
    nginx server{in_the_clear("") + with_tls("ssl") + in_the_clear("http2") +
                 with_tls("ssl http2")};
    static std::string in_the_clear(const std::string& protocol) {
        return "server { listen @LISTEN@ " + protocol + "; root @ROOT@; " + uploads + " }\n";
    }
    [[nodiscard]] std::string with_tls(const std::string& protocol) const {
        return "server { listen @LISTEN@ " + protocol + "; root @ROOT@; ssl_certificate " +
               identity.certificate + "; ssl_certificate_key " + identity.key + "; " + uploads +
               " }\n";
    }
    static constexpr const char* uploads =
        "location /up/ { dav_methods PUT; create_full_put_path on; }";
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
    for (const error_kind kind : kinds)
        EXPECT_TRUE(expected_kinds().contains(kind)) << to_string(kind);
}

TEST_F(every_failure, over_http2_is_one_for_who_shares_the_connection_at_most) {
    server.add_file("page", "content");
    server.add_file("part", std::string(400'000, 'x'));
    http_options http;
    http.version = http_version::http2;
    using enum net::io_operation;
    const std::set in_the_clear{resolve, connect, write, read};
    const std::set with_tls{resolve, connect, handshake, write, read};
    for (const bool secured : {false, true}) {
        const auto where =
            secured ? destination_at(server.port(3), trusting(), http, {}, "https://localhost")
                    : destination_at(server.port(2), {}, http, {}, "http://localhost");
        constexpr std::size_t most_operations = 500;
        std::set<net::io_operation> tried;
        std::size_t number = 0;
        for (; number < most_operations; ++number) {
            fail_count hook(number);
            SCOPED_TRACE((secured ? "tls, operation " : "operation ") + std::to_string(number));
            const run seen = play_http2(hook, where);
            if (!hook.failed()) {
                EXPECT_EQ(seen.errors, 0);
                break;
            }
            tried.insert(*hook.failed());
            EXPECT_LE(seen.errors, 1) << "a failure must not touch whoever comes later";
            for (const error_kind kind : seen.kinds)
                EXPECT_TRUE(expected_kinds().contains(kind)) << to_string(kind);
            if (HasFailure()) return;
        }
        EXPECT_LT(number, most_operations) << "the scenario never came to its end";
        EXPECT_GE(number, 10U);
        EXPECT_EQ(tried, secured ? with_tls : in_the_clear);
    }
}

}  // namespace
}  // namespace symphony::test_support
