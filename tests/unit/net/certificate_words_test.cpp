#include "net/certificate_words.hpp"

#include "net/pem.hpp"
#include "symphony/net/tls_client.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace symphony::net::detail {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

struct name {
    int type;
    std::string bytes;
};

// With no key and no signature: nobody looks for one here.
certificate_ptr certificate_with(const std::vector<name>& names, long ends_in_seconds = 86400) {
    certificate_ptr made(X509_new());
    X509_gmtime_adj(X509_getm_notBefore(made.get()), -172800);
    X509_gmtime_adj(X509_getm_notAfter(made.get()), ends_in_seconds);
    const std::unique_ptr<GENERAL_NAMES, freed_by<GENERAL_NAMES_free>> all(
        sk_GENERAL_NAME_new_null());
    for (const auto& [type, bytes] : names) {
        ASN1_STRING* const text =
            ASN1_STRING_type_new(type == GEN_IPADD ? V_ASN1_OCTET_STRING : V_ASN1_IA5STRING);
        ASN1_STRING_set(text, bytes.data(), static_cast<int>(bytes.size()));
        GENERAL_NAME* const one = GENERAL_NAME_new();
        GENERAL_NAME_set0_value(one, type, text);
        sk_GENERAL_NAME_push(all.get(), one);
    }
    X509_add1_ext_i2d(made.get(), NID_subject_alt_name, all.get(), 0, X509V3_ADD_DEFAULT);
    return made;
}

std::string names_in(const std::vector<name>& names) {
    return names_of(certificate_with(names).get());
}

TEST(certificate_words, tell_the_names_of_hosts_and_addresses) {
    EXPECT_EQ(names_in({{GEN_DNS, "a.test"},
                        {GEN_DNS, "*.b.test"},
                        {GEN_IPADD, "\x7f" + std::string(2, '\0') + "\x01"},
                        {GEN_IPADD, std::string(15, '\0') + "\x01"}}),
              "a certificate for a.test, *.b.test, 127.0.0.1, ::1");
    EXPECT_EQ(names_in({}), "a certificate without a host name");
}

TEST(certificate_words, count_the_names_beyond_the_fifth) {
    EXPECT_EQ(names_in(std::vector<name>(7, {GEN_DNS, "a.test"})),
              "a certificate for a.test, a.test, a.test, a.test, a.test and 2 more");
}

TEST(certificate_words, repeat_nothing_that_is_no_name_of_a_host) {
    EXPECT_EQ(names_in({{GEN_DNS, "a\r\nb"},
                        {GEN_DNS, std::string("a.test\0.b", 9)},
                        {GEN_DNS, "\"quoted\""},
                        {GEN_DNS, "\x1b[31m"},
                        {GEN_DNS, ""},
                        {GEN_DNS, std::string(254, 'a')},
                        {GEN_URI, "http://a.test/"},
                        {GEN_IPADD, "abcde"},
                        {GEN_DNS, "good.test"}}),
              "a certificate for good.test");
}

TEST(certificate_words, tell_what_is_wrong_with_the_dates) {
    EXPECT_EQ(date_fault_of(certificate_with({}).get()), "");
    EXPECT_THAT(date_fault_of(certificate_with({}, -60).get()), HasSubstr("expired on 20"));
}

TEST(certificate_words, do_without_a_chain) {
    EXPECT_THAT(refusal_of(nullptr, X509_V_ERR_CERT_HAS_EXPIRED, "a.test"),
                HasSubstr("the certificate of a.test is not accepted: "));
    EXPECT_THAT(refusal_of(nullptr, X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, "a.test"),
                HasSubstr("give its CA as tls.ca"));
}

TEST(certificate_words, do_not_repeat_a_ca_that_is_given_as_text) {
    tls_options options;
    options.ca = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    const auto made = make_tls_client(options);
    ASSERT_FALSE(made);
    EXPECT_THAT(made.error().message, HasSubstr("the CA's PEM text cannot be read"));
    EXPECT_THAT(made.error().message, Not(HasSubstr("AAAA")));
}

}  // namespace
}  // namespace symphony::net::detail
