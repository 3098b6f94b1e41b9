#include "integration/clean_pool.hpp"
#include "integration/expect_error.hpp"
#include "support/certificates.hpp"
#include "support/client_rig.hpp"
#include "support/misbehaving_server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

namespace symphony::test_support {
namespace {

using namespace std::chrono_literals;
using enum error_kind;
using ::testing::HasSubstr;

http_options through(const misbehaving_server& proxy, const std::string& user = {}) {
    http_options http;
    http.proxy =
        proxy_options::to(secret("http://" + user + "127.0.0.1:" + std::to_string(proxy.port())));
    return http;
}

// After each misbehaviour the proxy does what it should, for the same client.
class misbehaving_proxy : public ::testing::Test {
protected:
    [[nodiscard]] client_rig::target_ptr behind(const http_options& http) const {
        tls_options tls;
        tls.ca = ca.file();
        return destination_at(443, tls, http, {}, "https://api.invalid");
    }
    [[nodiscard]] client_rig::target_ptr behind(const misbehaving_server& proxy) const {
        return behind(through(proxy));
    }

    throwaway_ca ca;
    script tunnel = script()
                        .head()
                        .send("HTTP/1.1 200 OK\r\n\r\n")
                        .over_tls(ca.issue("DNS:api.invalid"))
                        .head()
                        .send(answer("good"))
                        .to_end();
};

struct row {
    const char* name;
    script what;
    error_kind kind;
    std::string says;
};

script reply(std::string text) {
    return script().head().send(std::move(text)).to_end();
}

std::vector<row> misbehaviours() {
    const std::string ok = "HTTP/1.1 200 OK\r\n\r\n";
    return {
        {"closes_at_once", script(), connect_failed, "closed the connection"},
        {"closes_after_the_request", script().head(), connect_failed, "closed the connection"},
        {"resets", script().head().break_off(), connect_failed, "closed the connection"},
        {"closes_in_its_answer", script().head().send("HTTP/1.1 200 O"), connect_failed,
         "closed the connection"},
        {"garbage", reply("\x05\x01\r\n\r\n"), connect_failed, "not HTTP"},
        {"another_protocol", reply("220 mail.test ESMTP\r\n\r\n"), connect_failed, "not HTTP"},
        {"lengths_that_differ",
         reply("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"), connect_failed,
         "not HTTP"},
        {"endless_line", script().head().send_for_ever(std::string(1000, 'x')), connect_failed,
         "without an end"},
        {"endless_fields", script().head().send("HTTP/1.1 200 OK\r\n").send_for_ever("a: b\r\n"),
         connect_failed, "without an end"},
        {"endless_interim_answers", script().head().send_for_ever("HTTP/1.1 100 Continue\r\n\r\n"),
         connect_failed, "without an end"},
        {"switches_protocols", reply("HTTP/1.1 101 Switching Protocols\r\n\r\n"), connect_failed,
         "switched protocols"},
        {"redirects", reply("HTTP/1.1 302 Found\r\nLocation: http://login.test/\r\n\r\n"),
         connect_failed, "status 302"},
        {"forbids", reply(answer("no", {}, "403 Forbidden")), connect_failed, "status 403"},
        {"bad_gateway", reply(answer("no", {}, "502 Bad Gateway")), connect_failed, "status 502"},
        {"wants_credentials", reply(answer("", {}, "407 Proxy Authentication Required")),
         connect_failed, "wants credentials"},
        {"early_bytes", reply(ok + "HTTP/1.1 200 OK\r\n\r\nfrom the proxy"), connect_failed,
         "bytes into the tunnel"},
        {"closes_the_tunnel", script().head().send(ok), tls_failed, "api.invalid"},
        {"no_tls_in_the_tunnel", script().head().send(ok).bytes(5).send("plain text\r\n").to_end(),
         tls_failed, "api.invalid"},
    };
}

TEST_F(misbehaving_proxy, each_way_is_one_precise_error_and_the_pool_is_clean) {
    for (const row& one : misbehaviours()) {
        misbehaving_server proxy(one.what);
        SCOPED_TRACE(one.name);
        client_rig rig;
        const clean_pool pool(rig);
        const auto where = behind(proxy);
        const result<response> got = rig.get(where);
        EXPECT_TRUE(failed_as(got, one.kind, false)) << one.name;
        if (got) continue;
        EXPECT_THAT(got.error().message, HasSubstr(one.says)) << one.name;
        if (one.kind == connect_failed) {
            EXPECT_THAT(got.error().message,
                        HasSubstr("the proxy 127.0.0.1:" + std::to_string(proxy.port())))
                << one.name;
        }
        EXPECT_EQ(rig.client->look(*where).busy, 0U) << one.name;
        EXPECT_EQ(rig.client->look(*where).idle, 0U) << one.name;
        proxy.from_now_on(tunnel);
        pool.expect(where, proxy, "good");
        EXPECT_EQ(proxy.connections(), 2U) << one.name;
    }
}

TEST_F(misbehaving_proxy, sees_the_name_and_its_credentials_only) {
    misbehaving_server proxy(reply("HTTP/1.1 403 Forbidden\r\n\r\n"));
    client_rig rig;
    const clean_pool pool(rig);
    const auto where = behind(through(proxy, "ann:pass@"));
    outgoing call;
    call.target = "/secret?path";
    call.fields = {{"authorization", "Bearer origin"}};
    EXPECT_TRUE(failed_as(rig.send(where, std::move(call)), connect_failed));
    EXPECT_EQ(proxy.received(0),
              "CONNECT api.invalid:443 HTTP/1.1\r\nHost: api.invalid:443\r\n"
              "Proxy-Authorization: Basic YW5uOnBhc3M=\r\n\r\n");
    proxy.from_now_on(tunnel);
    pool.expect(where, proxy, "good");
}

TEST_F(misbehaving_proxy, absolute_form_carries_its_credentials) {
    const misbehaving_server proxy(
        script().head().send(answer("fine")).head().send(answer("good")).to_end());
    client_rig rig;
    const clean_pool pool(rig);
    const auto where = destination_at(80, {}, through(proxy, "ann@"), {}, "http://api.invalid");
    ASSERT_TRUE(answered(rig.get(where, "/a?b")));
    EXPECT_EQ(proxy.received(0),
              "GET http://api.invalid/a?b HTTP/1.1\r\nHost: api.invalid\r\n"
              "Proxy-Authorization: Basic YW5uOg==\r\n\r\n");
    pool.expect(where, proxy, "good");
}

TEST_F(misbehaving_proxy, asks_for_credentials_in_absolute_form_too) {
    const misbehaving_server proxy(script()
                                       .head()
                                       .send(answer("", {}, "407 Proxy Authentication Required"))
                                       .head()
                                       .send(answer("good"))
                                       .to_end());
    client_rig rig;
    const clean_pool pool(rig);
    const auto where = destination_at(80, {}, through(proxy, "ann@"), {}, "http://api.invalid");
    const result<response> got = rig.get(where);
    EXPECT_TRUE(failed_as(got, connect_failed, false));
    EXPECT_THAT(got.error().message, HasSubstr("does not accept the credentials (status 407)"));
    pool.expect(where, proxy, "good");
    EXPECT_EQ(proxy.connections(), 1U) << "the answer was whole";
}

TEST_F(misbehaving_proxy, interim_answers_come_before_the_tunnel) {
    misbehaving_server proxy(
        script()
            .head()
            .send_in_pieces("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 Connected\r\n"
                            "Content-Length: 5\r\n\r\n",
                            3)
            .bytes(5)
            .break_off());
    client_rig rig;
    const clean_pool pool(rig);
    const auto where = behind(proxy);
    EXPECT_TRUE(failed_as(rig.get(where), tls_failed, false)) << "the handshake began";
    proxy.from_now_on(tunnel);
    pool.expect(where, proxy, "good");
}

TEST_F(misbehaving_proxy, the_deadline_and_the_connect_timeout_hold_while_it_is_silent_or_drips) {
    for (const script& what : {script().head().to_end(), script().to_end(),
                               script().head().drip(std::string(10'000, 'x'), 20ms)}) {
        misbehaving_server proxy(what);
        client_rig rig;
        const clean_pool pool(rig);
        const auto patient = behind(proxy);
        outgoing call;
        call.options.until = rig.in(100ms);
        const result<response> late = rig.send(patient, std::move(call));
        EXPECT_TRUE(failed_as(late, timeout, false));
        EXPECT_THAT(late.error().message, HasSubstr("asking the proxy 127.0.0.1:"));
        EXPECT_THAT(late.error().message, HasSubstr("for a connection to api.invalid"));

        http_options http = through(proxy);
        http.connect_timeout = 100ms;
        const auto hasty = behind(http);
        EXPECT_TRUE(failed_as(rig.get(hasty), timeout, false));
        EXPECT_EQ(rig.client->look(*hasty).busy, 0U);
        proxy.from_now_on(tunnel);
        pool.expect(patient, proxy, "good");
    }
}

TEST_F(misbehaving_proxy, a_call_may_be_cancelled_while_it_is_asked) {
    misbehaving_server proxy(script().head().to_end());
    client_rig rig;
    const clean_pool pool(rig);
    const auto where = behind(proxy);
    const auto call = rig.start(where);
    ASSERT_TRUE(rig.run_until([&] { return !proxy.received(0).empty(); }));
    call->cancel.emit(boost::asio::cancellation_type::terminal);
    ASSERT_TRUE(rig.run_until([&] { return call->outcome.has_value(); }));
    EXPECT_TRUE(failed_as(*call->outcome, cancelled, false));
    EXPECT_EQ(rig.client->look(*where).busy, 0U);
    proxy.from_now_on(tunnel);
    pool.expect(where, proxy, "good");
}

TEST_F(misbehaving_proxy, a_client_may_be_aborted_while_it_is_asked) {
    const misbehaving_server proxy(script().head().to_end());
    client_rig rig;
    const clean_pool pool(rig);
    const auto where = behind(proxy);
    const auto aborted = rig.start(where);
    ASSERT_TRUE(rig.run_until([&] { return proxy.connections() == 1; }));
    rig.client->abort();
    ASSERT_TRUE(rig.run_until([&] { return aborted->outcome.has_value(); }));
    EXPECT_TRUE(failed_as(*aborted->outcome, cancelled, false));
    pool.expect_nothing_left(where, proxy);
}

TEST_F(misbehaving_proxy, a_name_that_does_not_resolve_is_said_to_be_the_proxys) {
    const misbehaving_server proxy(tunnel);  // another one, which can be found
    client_rig rig;
    const clean_pool pool(rig);
    http_options http;
    http.proxy = proxy_options::to(secret("http://ann:pass@nowhere.invalid:3128"));
    const auto where = behind(http);
    const result<response> got = rig.get(where);
    EXPECT_TRUE(failed_as(got, dns_failed, false));
    EXPECT_EQ(rig.client->look(*where).busy, 0U);
    EXPECT_EQ(rig.client->look(*where).idle, 0U);
    EXPECT_EQ(got.error().message, "the host name nowhere.invalid of the proxy did not resolve");
    pool.expect(behind(proxy), proxy, "good");
}

}  // namespace
}  // namespace symphony::test_support
