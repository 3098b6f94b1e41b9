#include "net/tls_failure.hpp"

#include "net/certificate_words.hpp"
#include "net/tls_handshake.hpp"
#include "symphony/net/tls_client.hpp"

#include <boost/asio/ssl/error.hpp>
#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <string_view>

namespace symphony::net {

namespace asio = boost::asio;

using detail::tls_handshake;

namespace {

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
    const std::string age = detail::date_fault_of(own);
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
        why.certificate_refused = true;
        why.message = detail::refusal_of(SSL_get_peer_cert_chain(connection), verified, server);
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
