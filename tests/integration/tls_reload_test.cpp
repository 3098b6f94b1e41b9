#include "integration/expect_error.hpp"
#include "support/certificates.hpp"
#include "support/client_rig.hpp"
#include "support/nginx.hpp"
#include "support/temporary_directory.hpp"
#include "symphony/testing/manual_clock.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

// Certificate files that change under a running client.

namespace symphony::test_support {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class changed_files : public ::testing::Test {
protected:
    enum port : std::size_t { h1, h2, one_call };

    [[nodiscard]] std::string wanting(const char* listen, const char* more = "") const {
        return std::string("server { listen @LISTEN@ ") + listen + "; ssl_certificate " +
               server_files.certificate + "; ssl_certificate_key " + server_files.key +
               "; ssl_verify_client on; ssl_client_certificate " + ca.file() + "; " + more +
               " location / { return 200 $ssl_client_s_dn; } }\n";
    }
    [[nodiscard]] std::shared_ptr<const net::destination> at(port which) {
        tls_options tls;
        tls.ca = ca.file();
        tls.identity = {cert, secret(key), {}};
        const url base =
            url::parse("https://localhost:" + std::to_string(server.port(which))).value();
        return net::destination::make(
                   base, tls, {}, {},
                   [this](const net::tls_reload& one) {
                       told.push_back((one.taken ? "taken: " : "not taken: ") + one.message);
                   })
            .value();
    }
    void become(const certificate_files& who) const {
        swap_file(cert, content_of(who.certificate));
        swap_file(key, content_of(who.key));
    }
    [[nodiscard]] std::string ask(const std::shared_ptr<const net::destination>& where) {
        const result<response> got = rig.get(where);
        return got ? got->body : got.error().message;
    }
    void pass(duration time) { clock.advance(time); }

    temporary_directory directory;
    std::string cert = (directory.path() / "client.pem").string();
    std::string key = (directory.path() / "client.key").string();
    throwaway_ca ca;
    certificate_files server_files = ca.issue("DNS:localhost");
    certificate_files alice = ca.issue_client("alice");
    certificate_files bob = ca.issue_client("bob");
    nginx server{wanting("ssl") + wanting("ssl http2") + wanting("ssl", "keepalive_timeout 0;")};
    testing::manual_clock clock;
    client_rig rig{nullptr, &clock};
    std::vector<std::string> told;
};

TEST_F(changed_files, hold_for_new_connections) {
    become(alice);
    const auto where = at(one_call);
    EXPECT_EQ(ask(where), "CN=alice");
    become(bob);
    EXPECT_EQ(ask(where), "CN=alice") << "a second has not passed";
    pass(1s);
    EXPECT_EQ(ask(where), "CN=bob");
    EXPECT_THAT(told, ElementsAre(HasSubstr("taken: changed TLS files were read")));
    pass(5s);
    EXPECT_EQ(ask(where), "CN=bob");
    EXPECT_EQ(told.size(), 1U);
}

TEST_F(changed_files, are_not_looked_for_while_connections_are_reused) {
    become(alice);
    for (const port which : {h1, h2}) {
        const auto where = at(which);
        EXPECT_EQ(ask(where), "CN=alice");
        become(bob);
        pass(5s);
        EXPECT_EQ(ask(where), "CN=alice");
        become(alice);
    }
    EXPECT_THAT(told, IsEmpty());
}

TEST_F(changed_files, let_older_connections_finish_and_go) {
    for (const port which : {h1, h2}) {
        become(alice);
        const auto where = at(which);
        EXPECT_EQ(ask(where), "CN=alice");
        become(bob);
        pass(5s);
        // Another client, of the same destination, opens a connection.
        client_rig second(nullptr, &clock);
        EXPECT_EQ(second.get(where).value().body, "CN=bob");
        EXPECT_EQ(ask(where), "CN=bob");
        EXPECT_EQ(ask(where), "CN=bob");
        const auto seen = rig.client->look(*where);
        EXPECT_EQ(seen.opened, 2U);
        EXPECT_TRUE(rig.run_until([&] {
            const auto now = rig.client->look(*where);
            return now.idle + now.busy == 1;
        })) << "the first was left";
    }
}

TEST_F(changed_files, hold_at_once_after_a_configuration_was_read_again) {
    for (const port which : {h1, h2, one_call}) {
        become(alice);
        EXPECT_EQ(ask(at(which)), "CN=alice");
        EXPECT_EQ(ask(at(which)), "CN=alice");
        EXPECT_EQ(rig.client->look(*at(which)).opened, which == one_call ? 2U : 1U);
        become(bob);
        EXPECT_EQ(ask(at(which)), "CN=bob");
        become(alice);
        EXPECT_EQ(ask(at(which)), "CN=alice");
    }
    EXPECT_THAT(told, IsEmpty()) << "whoever reads the configuration knows";
}

TEST_F(changed_files, that_are_broken_change_nothing_and_are_told_of_once) {
    become(alice);
    const auto where = at(one_call);
    EXPECT_EQ(ask(where), "CN=alice");
    swap_file(key, content_of(bob.key));
    for (int connection = 0; connection < 3; ++connection) {
        pass(1s);
        EXPECT_EQ(ask(where), "CN=alice");
    }
    EXPECT_THAT(told, ElementsAre(AllOf(HasSubstr("not taken: "), HasSubstr("does not belong"),
                                        HasSubstr(key), Not(HasSubstr("PRIVATE")))));
    told.clear();
    write_file(cert, content_of(bob.certificate).substr(0, 200));
    pass(1s);
    EXPECT_EQ(ask(where), "CN=alice");
    EXPECT_THAT(told, ElementsAre(HasSubstr("not taken: ")));
    told.clear();
    std::filesystem::remove(cert);
    pass(1s);
    EXPECT_EQ(ask(where), "CN=alice");
    EXPECT_THAT(told, ElementsAre(HasSubstr("no such file")));
    told.clear();
    swap_file(cert, content_of(bob.certificate));
    pass(1s);
    EXPECT_EQ(ask(where), "CN=bob");
    EXPECT_THAT(told, ElementsAre(HasSubstr("taken: changed")));
}

TEST_F(changed_files, that_come_back_are_told_of) {
    become(alice);
    const auto where = at(one_call);
    std::filesystem::remove(key);
    EXPECT_EQ(ask(where), "CN=alice");
    become(alice);
    pass(1s);
    EXPECT_EQ(ask(where), "CN=alice");
    EXPECT_THAT(told, ElementsAre(HasSubstr("not taken"), HasSubstr("again what is in use")));
}

TEST_F(changed_files, a_changed_ca_counts_too) {
    become(alice);
    const std::string authorities = (directory.path() / "ca.pem").string();
    const throwaway_ca other;
    swap_file(authorities, content_of(other.file()));
    tls_options tls;
    tls.ca = authorities;
    tls.identity = {cert, secret(key), {}};
    const auto where = destination_at(server.port(h1), tls, {}, {}, "https://localhost");
    EXPECT_TRUE(failed_as(rig.get(where), error_kind::tls_failed, false));
    swap_file(authorities, content_of(ca.file()));
    pass(1s);
    EXPECT_EQ(ask(where), "CN=alice");
}

}  // namespace
}  // namespace symphony::test_support
