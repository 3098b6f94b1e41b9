#include "support/certificates.hpp"
#include "unit/config/config_fixture.hpp"

#include <gmock/gmock.h>

// `auth: {type: mtls}`: what is wrong with the files is said where they are named.

namespace symphony {
namespace {

using test_support::certificate_files;
using test_support::content_of;
using test_support::throwaway_ca;
using ::testing::HasSubstr;
using ::testing::Not;
using namespace symphony::testing;

class mtls : public ::testing::Test {
protected:
    mtls() {
        place.write("client.pem", content_of(alice.certificate));
        place.write("client.key", content_of(alice.key));
        place.write("other.key", content_of(bob.key));
        place.write("locked.key",
                    content_of(test_support::rewrite_key(alice.key, {.passphrase = "sesame"})));
    }
    [[nodiscard]] loaded read(const std::string& certificate, const std::string& more = {},
                              const std::string& url = "https://x") const {
        return parse("version: 1\ntools: [{name: t, externalAPIs: {e: {url: '" + url +
                         "', auth: {type: mtls, credentials: {certificate: {" + certificate + "}" +
                         more + "}}}}}]\n",
                     {{"PHRASE", "sesame"}, {"KEY", content_of(alice.key)}},
                     place.file("symphony.yaml"));
    }

    temporary_directory place;
    throwaway_ca ca;
    certificate_files alice = ca.issue_client("alice");
    certificate_files bob = ca.issue_client("bob");
};

TEST_F(mtls, files_stand_next_to_the_configuration) {
    const auto e = only_endpoint(read("cert: client.pem, key: client.key"));
    ASSERT_TRUE(e.tls.identity);
    EXPECT_FALSE(e.auth);
    EXPECT_EQ(e.tls.identity->cert, place.file("client.pem"));
    EXPECT_TRUE(e.tls.identity->key.equals(place.file("client.key")));
    EXPECT_TRUE(e.tls.identity->passphrase.empty());
}

TEST_F(mtls, a_key_may_be_locked_or_given_as_text) {
    EXPECT_TRUE(only_endpoint(read("cert: client.pem, key: locked.key, passphrase: '${PHRASE}'"))
                    .tls.identity->passphrase.equals("sesame"));
    const auto e = only_endpoint(read("cert: '${file:client.pem}', key: '${KEY}'"));
    EXPECT_TRUE(e.tls.identity->cert.starts_with("-----BEGIN CERTIFICATE"));
    EXPECT_TRUE(e.tls.identity->key.equals(content_of(alice.key)));
}

TEST_F(mtls, an_expired_certificate_is_for_the_server_to_judge) {
    const auto late = ca.issue_client("late", {.from = -9, .to = -2});
    EXPECT_TRUE(read("cert: " + late.certificate + ", key: " + late.key));
}

TEST_F(mtls, faults_name_field_file_and_remedy) {
    struct row {
        std::string given;
        const char* at;
        std::vector<std::string> says;
    };
    for (const row& one :
         {row{"cert: client.pem, key: other.key", "key", {"does not belong", "other.key"}},
          row{"cert: none.pem, key: client.key", "cert", {"no such file"}},
          row{"cert: client.pem, key: none.key", "key", {"no such file"}},
          row{"cert: client.key, key: client.key", "cert", {"no PEM certificate", "client.key"}},
          row{"cert: client.pem, key: client.pem", "key", {"no usable PEM private key"}},
          row{"cert: client.pem, key: locked.key", "key", {"give its passphrase", "locked.key"}},
          row{"cert: client.pem, key: locked.key, passphrase: no", "passphrase", {"not open"}},
          row{"cert: client.pem, key: locked.key, passphrase: ''", "passphrase", {"give its"}},
          row{"cert: '', key: client.key", "cert", {"must not be empty"}},
          row{"cert: ., key: client.key", "cert", {"not a file"}},
          row{"cert: client.pem", "", {"'key' is missing"}},
          row{"cert: client.pem, key: client.key, pass: x", "?", {"unknown key"}}}) {
        const loaded faulty = read(one.given);
        ASSERT_FALSE(faulty) << one.given;
        const config_fault& fault = faulty.error().front();
        const std::string path = "tools[0].externalAPIs.e.auth.credentials.certificate";
        EXPECT_EQ(fault.path, one.at[0] == '\0' ? path : path + "." + one.at) << fault.message;
        for (const std::string& words : one.says)
            EXPECT_THAT(fault.message, HasSubstr(words));
        EXPECT_THAT(all_faults(faulty), Not(HasSubstr("PRIVATE KEY")));
    }
}

TEST_F(mtls, needs_a_certificate_and_nothing_else) {
    const auto says = [](const loaded& faulty) { return all_faults(faulty); };
    EXPECT_THAT(says(read("cert: client.pem, key: client.key", ", token: t")),
                HasSubstr("does not go with 'type: mtls'"));
    EXPECT_THAT(says(parse(endpoint_with("auth: {type: mtls}"))),
                HasSubstr("needs 'credentials.certificate' with 'cert' and 'key'"));
    EXPECT_THAT(says(parse(endpoint_with(
                    "auth: {type: bearer, credentials: {token: t, certificate: {cert: c}}}"))),
                HasSubstr("goes with 'type: mtls' only"));
}

TEST_F(mtls, needs_https) {
    const loaded faulty = read("cert: client.pem, key: client.key", "", "http://x");
    ASSERT_FALSE(faulty);
    EXPECT_EQ(faulty.error().front().path, "tools[0].externalAPIs.e.auth");
    EXPECT_THAT(faulty.error().front().message, HasSubstr("needs an https URL"));
}

TEST_F(mtls, lives_beside_the_tls_block_and_shows_in_the_description) {
    const loaded file = parse(
        "version: 1\ntools: [{name: t, externalAPIs: {e: {url: 'https://x', "
        "auth: {type: mtls, credentials: {certificate: {cert: client.pem, "
        "key: client.key}}}, tls: {serverName: y.test}}}}]\n",
        {}, place.file("symphony.yaml"));
    EXPECT_EQ(only_endpoint(file).tls.server_name, "y.test");
    EXPECT_TRUE(only_endpoint(file).tls.identity);
    EXPECT_THAT(describe(*file), HasSubstr("credentials      mtls"));
}

}  // namespace
}  // namespace symphony
