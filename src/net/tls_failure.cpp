#include "net/tls_failure.hpp"

#include "net/pem.hpp"
#include "net/tls_handshake.hpp"
#include "symphony/net/tls_client.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/error.hpp>
#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <string_view>
#include <vector>

namespace symphony::net {

namespace asio = boost::asio;

using detail::date_of;
using detail::tls_handshake;

namespace {

constexpr std::size_t most_names = 5;

// As many names of the certificate as help. What a server sent does not get into our messages but
// for characters that host names are made of.
std::string names_of(const X509* certificate) {
    using names_ptr = std::unique_ptr<GENERAL_NAMES, detail::freed_by<GENERAL_NAMES_free>>;
    const names_ptr names(static_cast<GENERAL_NAMES*>(
        X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
    std::vector<std::string> shown;
    for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
        int type = 0;
        const void* const value =
            GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names.get(), i), &type);
        if (type != GEN_DNS && type != GEN_IPADD) continue;
        const auto* const text = static_cast<const ASN1_STRING*>(value);
        const unsigned char* const bytes = ASN1_STRING_get0_data(text);
        const auto size = static_cast<std::size_t>(ASN1_STRING_length(text));
        std::string name(reinterpret_cast<const char*>(bytes), size);
        if (type == GEN_IPADD && size == 4) {
            asio::ip::address_v4::bytes_type four{};
            std::copy_n(bytes, size, four.begin());
            name = asio::ip::address_v4(four).to_string();
        } else if (type == GEN_IPADD && size == 16) {
            asio::ip::address_v6::bytes_type sixteen{};
            std::copy_n(bytes, size, sixteen.begin());
            name = asio::ip::address_v6(sixteen).to_string();
        }
        constexpr std::string_view fine =
            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.*:";
        if (name.empty() || name.size() > 253 ||
            name.find_first_not_of(fine) != std::string::npos) {
            continue;
        }
        shown.push_back(std::move(name));
    }
    if (shown.empty()) return "a certificate without a host name";
    const std::size_t more = shown.size() - std::min(shown.size(), most_names);
    shown.resize(shown.size() - more);
    std::string all = fmt::format("a certificate for {}", fmt::join(shown, ", "));
    if (more > 0) all += fmt::format(" and {} more", more);
    return all;
}

enum class age : std::uint8_t { fine, not_yet, over };

age age_of(const X509* certificate) {
    if (X509_cmp_current_time(X509_get0_notBefore(certificate)) > 0) return age::not_yet;
    if (X509_cmp_current_time(X509_get0_notAfter(certificate)) < 0) return age::over;
    return age::fine;
}

// "expired on …" of that certificate; empty while it is valid.
std::string date_fault_of(const X509* certificate) {
    switch (age_of(certificate)) {
        case age::not_yet:
            return "is not yet valid: it begins on " + date_of(X509_get0_notBefore(certificate));
        case age::over:
            return "expired on " + date_of(X509_get0_notAfter(certificate));
        default:
            return {};
    }
}

std::string refused_server(SSL* connection, long verified, const std::string& server) {
    const STACK_OF(X509)* const chain = SSL_get_peer_cert_chain(connection);
    const int length = chain == nullptr ? 0 : sk_X509_num(chain);
    std::string remedy;
    switch (verified) {
        case X509_V_ERR_CERT_HAS_EXPIRED:
        case X509_V_ERR_CERT_NOT_YET_VALID:
            for (int i = 0; i < length; ++i) {
                const std::string fault = date_fault_of(sk_X509_value(chain, i));
                if (fault.empty()) continue;
                return fmt::format("{} of {} {}",
                                   i == 0 ? "the certificate" : "an issuer of the certificate",
                                   server, fault);
            }
            break;
        case X509_V_ERR_HOSTNAME_MISMATCH:
        case X509_V_ERR_IP_ADDRESS_MISMATCH:
            if (length > 0) {
                return fmt::format(
                    "{} does not prove that name: it shows {} (tls.serverName says "
                    "which name to expect)",
                    server, names_of(sk_X509_value(chain, 0)));
            }
            break;
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
        case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
        case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
        case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
            remedy = "; if it is to be trusted, give its CA as tls.ca";
            break;
        default:
            break;
    }
    return fmt::format("the certificate of {} is not accepted: {}{}", server,
                       X509_verify_cert_error_string(verified), remedy);
}

// The alert that the peer sent (RFC 8446, 6), or 0.
int alert_in(const boost::system::error_code& fault) {
    if (fault.category() != asio::error::get_ssl_category()) return 0;
    const auto code = static_cast<unsigned long>(static_cast<unsigned>(fault.value()));
    const int reason = ERR_GET_REASON(code);
    const bool is_alert = ERR_GET_LIB(code) == ERR_LIB_SSL && reason > SSL_AD_REASON_OFFSET &&
                          reason <= SSL_AD_REASON_OFFSET + 255;
    return is_alert ? reason - SSL_AD_REASON_OFFSET : 0;
}

// What an alert says about our certificate; empty when it is about something else.
std::string_view word_of(int alert) {
    switch (alert) {
        case SSL_AD_BAD_CERTIFICATE:
            return "it calls it bad";
        case SSL_AD_UNSUPPORTED_CERTIFICATE:
            return "it does not support its kind";
        case SSL_AD_CERTIFICATE_REVOKED:
            return "it was revoked";
        case SSL_AD_CERTIFICATE_EXPIRED:
            return "it has expired or is not yet valid";
        case SSL_AD_CERTIFICATE_UNKNOWN:
            return "it gives no closer reason";
        case SSL_AD_UNKNOWN_CA:
            return "it does not know the certificate's issuer";
        case SSL_AD_ACCESS_DENIED:
            return "access is denied";
        case SSL_AD_DECRYPT_ERROR:
            return "it cannot verify a signature";
        case SSL_AD_CERTIFICATE_REQUIRED:
            return "it saw none";
        default:
            return {};
    }
}

std::string refused_client(SSL* connection, const boost::system::error_code& fault,
                           const std::string& server) {
    const tls_handshake* const noted = tls_handshake::of(connection);
    const bool wanted = noted != nullptr && noted->certificate_wanted;
    const int alert = alert_in(fault);
    const X509* const own = SSL_get_certificate(connection);
    const std::string_view word = word_of(alert);
    if (own == nullptr && (alert == SSL_AD_CERTIFICATE_REQUIRED ||
                           (wanted && (alert == SSL_AD_HANDSHAKE_FAILURE || !word.empty())))) {
        return fmt::format(
            "{} wants a client certificate, and none is configured (auth.type: mtls)", server);
    }
    if (own == nullptr || !wanted || word.empty()) return {};
    const std::string age = date_fault_of(own);
    return fmt::format("{} refused our client certificate: {}{}{}", server, word,
                       age.empty() ? "" : "; it ", age);
}

}  // namespace

error tls_failure(SSL* connection, const boost::system::error_code& fault,
                  const std::string& server) {
    error why;
    why.kind = error_kind::tls_failed;
    const long verified = SSL_get_verify_result(connection);
    if (verified != X509_V_OK) {
        why.message = refused_server(connection, verified, server);
        return why;
    }
    why.message = refused_client(connection, fault, server);
    if (why.message.empty()) why.message = fmt::format("the TLS handshake with {} failed", server);
    why.remote = fault.message();
    return why;
}

std::optional<error> detail::refused_certificate(SSL* connection,
                                                 const boost::system::error_code& fault,
                                                 const std::string& server) {
    std::string message = refused_client(connection, fault, server);
    if (message.empty()) return std::nullopt;
    error why;
    why.kind = error_kind::tls_failed;
    why.message = std::move(message);
    why.remote = fault.message();
    return why;
}

}  // namespace symphony::net
