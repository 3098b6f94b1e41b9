#include "integration/expect_error.hpp"
#include "support/certificates.hpp"
#include "support/client_rig.hpp"
#include "support/misbehaving_server.hpp"
#include "support/nginx.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

// Mutual TLS: with nginx, and with a server that refuses in TLS itself.

namespace symphony::test_support {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

tls_identity identity_of(const certificate_files& files) {
    return {files.certificate, secret(files.key), {}};
}

class client_certificates : public ::testing::Test {
protected:
    enum port : std::size_t { h1, h2, only_1_2 };

    [[nodiscard]] std::string wanting(const char* listen, const char* protocols) const {
        return std::string("server { listen @LISTEN@ ") + listen + "; ssl_certificate " +
               server_files.certificate + "; ssl_certificate_key " + server_files.key +
               "; ssl_protocols " + protocols + "; ssl_verify_client on; ssl_verify_depth 3; " +
               "ssl_client_certificate " + ca.file() +
               "; location / { return 200 \"$ssl_client_s_dn $ssl_client_verify\"; } }\n";
    }
    [[nodiscard]] tls_options as(const tls_identity& who) const {
        tls_options tls;
        tls.ca = ca.file();
        tls.identity = who;
        return tls;
    }
    [[nodiscard]] std::shared_ptr<const net::destination> at(
        port which, const tls_options& tls, http_version version = http_version::automatic) {
        http_options http;
        http.version = version;
        return destination_at(server.port(which), tls, http, {}, "https://localhost");
    }
    [[nodiscard]] std::string body_of(const std::shared_ptr<const net::destination>& where) {
        const result<response> got = rig.get(where);
        return got ? std::to_string(got->status) + " " + got->body
                   : got.error().message + " [" + got.error().remote + "]";
    }

    throwaway_ca ca;
    throwaway_ca other_ca;
    certificate_files server_files = ca.issue("DNS:localhost");
    nginx server{wanting("ssl", "TLSv1.2 TLSv1.3") + wanting("ssl http2", "TLSv1.2 TLSv1.3") +
                 wanting("ssl", "TLSv1.2")};
    client_rig rig;
};

TEST_F(client_certificates, are_shown_where_they_are_asked_for) {
    const tls_options alice = as(identity_of(ca.issue_client("alice")));
    for (const port which : {h1, h2, only_1_2})
        EXPECT_EQ(body_of(at(which, alice)), "200 CN=alice SUCCESS") << which;
}

TEST_F(client_certificates, work_with_every_usual_form_of_key) {
    for (const key_kind kind : {key_kind::ec, key_kind::rsa}) {
        const certificate_files plain = ca.issue_client("bob", {}, kind);
        for (const key_form& form : {key_form{false, ""}, key_form{true, ""},
                                     key_form{false, "sesame"}, key_form{true, "sesame"}}) {
            const tls_identity bob{plain.certificate, secret(rewrite_key(plain.key, form)),
                                   secret(form.passphrase)};
            EXPECT_EQ(body_of(at(h1, as(bob))), "200 CN=bob SUCCESS")
                << static_cast<int>(kind) << form.traditional << form.passphrase;
        }
        const tls_identity inlined{
            content_of(plain.certificate), secret(content_of(plain.key)), {}};
        EXPECT_EQ(body_of(at(h1, as(inlined))), "200 CN=bob SUCCESS");
    }
}

TEST_F(client_certificates, are_sent_with_all_their_issuers) {
    throwaway_ca department(ca, "Department");
    const certificate_files carol = department.issue_client("carol");
    EXPECT_THAT(body_of(at(h1, as(identity_of(carol)))), HasSubstr("400"));
    write_file(carol.certificate, content_of(carol.certificate) + content_of(department.file()));
    EXPECT_EQ(body_of(at(h2, as(identity_of(carol)))), "200 CN=carol SUCCESS");
}

TEST_F(client_certificates, that_are_missing_or_wrong_are_an_answer_of_nginx) {
    tls_options nobody;
    nobody.ca = ca.file();
    EXPECT_THAT(body_of(at(h1, nobody)), HasSubstr("No required SSL certificate was sent"));
    const tls_options stranger = as(identity_of(other_ca.issue_client("mallory")));
    EXPECT_THAT(body_of(at(h1, stranger)), HasSubstr("The SSL certificate error"));
    const tls_options late = as(identity_of(ca.issue_client("dave", {.from = -9, .to = -2})));
    EXPECT_THAT(body_of(at(h2, late)), HasSubstr("The SSL certificate error"));
}

TEST_F(client_certificates, of_two_never_share_a_connection_or_a_session) {
    const tls_options alice = as(identity_of(ca.issue_client("alice")));
    const tls_options bob = as(identity_of(ca.issue_client("bob")));
    for (const port which : {h1, h2, only_1_2}) {
        for (int turn = 0; turn < 3; ++turn) {
            EXPECT_EQ(body_of(at(which, alice)), "200 CN=alice SUCCESS");
            EXPECT_EQ(body_of(at(which, bob)), "200 CN=bob SUCCESS");
        }
        EXPECT_NE(at(which, alice)->key, at(which, bob)->key);
        EXPECT_EQ(rig.client->look(*at(which, alice)).opened, 1U);
        EXPECT_EQ(rig.client->look(*at(which, bob)).opened, 1U);
    }
}

TEST_F(client_certificates, are_in_the_key_of_the_pool_without_giving_anything_away) {
    const certificate_files plain = ca.issue_client("eve");
    const tls_identity eve{plain.certificate,
                           secret(rewrite_key(plain.key, {.passphrase = "sesame"})),
                           secret("sesame")};
    const tls_identity inlined{content_of(plain.certificate), secret(content_of(plain.key)), {}};
    for (const tls_identity& who : {eve, inlined}) {
        const std::string key = at(h1, as(who))->key;
        EXPECT_THAT(key, Not(HasSubstr("sesame")));
        EXPECT_THAT(key, Not(HasSubstr("PRIVATE")));
    }
}

TEST_F(client_certificates, that_cannot_be_used_are_an_error_at_once) {
    const certificate_files good = ca.issue_client("alice");
    const certificate_files other = ca.issue_client("bob");
    const std::string locked = rewrite_key(good.key, {.passphrase = "sesame"});
    struct row {
        tls_identity who;
        const char* member;
        std::vector<std::string> words;
    };
    const std::string missing = (server.root() / "missing.pem").string();
    for (const row& one :
         {row{{good.certificate, secret(other.key), {}}, "key", {"does not belong", other.key}},
          row{{missing, secret(good.key), {}}, "cert", {"no such file"}},
          row{{good.certificate, secret(missing), {}}, "key", {"no such file"}},
          row{{good.key, secret(good.key), {}}, "cert", {"no PEM certificate", good.key}},
          row{{good.certificate, secret(good.certificate), {}}, "key", {"no usable PEM"}},
          row{{good.certificate, secret(locked), {}}, "passphrase", {"is encrypted", locked}},
          row{{good.certificate, secret(locked), secret("wrong")}, "passphrase", {"does not open"}},
          row{{"", secret(good.key), {}}, "cert", {"empty"}},
          row{{server.root().string(), secret(good.key), {}}, "cert", {"not a file"}}}) {
        const auto wrong = one.who.problem();
        ASSERT_TRUE(wrong) << one.words.front();
        EXPECT_EQ(wrong->member, one.member) << wrong->message;
        const auto made =
            net::destination::make(url::parse("https://localhost").value(), as(one.who));
        ASSERT_FALSE(made);
        EXPECT_EQ(made.error().kind, error_kind::tls_failed);
        for (const std::string& word : one.words) {
            EXPECT_THAT(wrong->message, HasSubstr(word));
            EXPECT_THAT(made.error().message, HasSubstr(word));
        }
        EXPECT_THAT(wrong->message, Not(HasSubstr("wrong")));
    }
    EXPECT_FALSE(identity_of(ca.issue_client("late", {.from = -9, .to = -2})).problem());
    const auto plain =
        net::destination::make(url::parse("http://localhost").value(), as(identity_of(good)));
    ASSERT_FALSE(plain);
    EXPECT_THAT(plain.error().message, HasSubstr("https"));
}

// A key that was given where a file's name belongs is not repeated.
TEST_F(client_certificates, a_key_in_the_wrong_form_appears_nowhere) {
    const certificate_files good = ca.issue_client("alice");
    const tls_identity odd{good.certificate, secret("MIGHAgEAMBMGByqGSM49"), {}};
    const auto wrong = odd.problem();
    ASSERT_TRUE(wrong);
    EXPECT_THAT(wrong->message, Not(HasSubstr("MIGH")));
}

// What a server that refuses in TLS makes of the request it was sent.
class refused_certificates : public client_certificates,
                             public ::testing::WithParamInterface<bool> {
protected:
    [[nodiscard]] result<response> ask(const tls_options& tls, http_version version) {
        const misbehaving_server strict({script().to_end()}, server_files, {ca.file(), GetParam()});
        http_options http;
        http.version = version;
        const auto where = destination_at(strict.port(), tls, http, {}, "https://localhost");
        outgoing call;
        call.method = "POST";
        call.body = "once";
        result<response> got = rig.send(where, std::move(call));
        EXPECT_EQ(rig.client->look(*where).busy, 0U);
        EXPECT_EQ(rig.client->look(*where).idle, 0U);
        return got;
    }
};

TEST_P(refused_certificates, a_missing_one_is_said_to_be_missing) {
    tls_options nobody;
    nobody.ca = ca.file();
    const result<response> got = ask(nobody, http_version::automatic);
    ASSERT_TRUE(failed_as(got, error_kind::tls_failed, false));
    EXPECT_THAT(got.error().message, HasSubstr("wants a client certificate"));
    EXPECT_THAT(got.error().message, HasSubstr("localhost"));
}

TEST_P(refused_certificates, a_strangers_is_said_to_be_refused) {
    throwaway_ca unknown(other_ca, "Nobody's CA");
    const tls_options stranger = as(identity_of(unknown.issue_client("mallory")));
    for (const http_version version : {http_version::automatic, http_version::http1}) {
        const result<response> got = ask(stranger, version);
        ASSERT_TRUE(failed_as(got, error_kind::tls_failed, false));
        EXPECT_THAT(got.error().message, HasSubstr("refused our client certificate"));
        EXPECT_THAT(got.error().message, HasSubstr("does not know the certificate's issuer"));
    }
}

TEST_P(refused_certificates, an_expired_one_is_said_to_have_expired) {
    const tls_options late = as(identity_of(ca.issue_client("dave", {.from = -9, .to = -2})));
    const result<response> got = ask(late, http_version::http1);
    ASSERT_TRUE(failed_as(got, error_kind::tls_failed, false));
    EXPECT_THAT(got.error().message, HasSubstr("it expired on 20"));
}

INSTANTIATE_TEST_SUITE_P(versions, refused_certificates, ::testing::Bool(), [](const auto& one) {
    return std::string(one.param ? "tls_1_2" : "tls_1_3");
});

}  // namespace
}  // namespace symphony::test_support
