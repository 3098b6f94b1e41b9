#include "net/tls_context.hpp"

#include "symphony/net/tls_client.hpp"

#include <boost/asio/ip/address.hpp>
#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

namespace symphony::net {

namespace asio = boost::asio;

namespace {

// The length-prefixed list ALPN wants (RFC 7301).
constexpr unsigned char alpn[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};

}  // namespace

result<std::shared_ptr<asio::ssl::context>> make_tls_client(const tls_options& options) {
    if (options.min_version != "1.2" && options.min_version != "1.3") {
        return fail(error_kind::invalid_request, "the least TLS version has to be 1.2 or 1.3");
    }
    auto made = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_client);
    SSL_CTX* const native = made->native_handle();
    SSL_CTX_set_min_proto_version(native,
                                  options.min_version == "1.3" ? TLS1_3_VERSION : TLS1_2_VERSION);
    // An end without close_notify is told apart from a whole answer by the protocol's own lengths.
    SSL_CTX_set_options(native, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_mode(native, SSL_MODE_RELEASE_BUFFERS);
    boost::system::error_code fault;
    made->set_verify_mode(asio::ssl::verify_peer, fault);
    if (!fault) made->set_default_verify_paths(fault);
    if (fault) return fail(error_kind::tls_failed, "the system's CA roots cannot be read");
    if (!options.ca.empty()) {
        made->load_verify_file(options.ca, fault);
        if (fault) {
            return fail(
                error_kind::tls_failed,
                fmt::format("the CA file {} cannot be read as PEM certificates", options.ca),
                fault.message());
        }
    }
    return made;
}

bool expect_tls_server(SSL* connection, const std::string& name) {
    boost::system::error_code no_address;
    asio::ip::make_address(name, no_address);
    if (!no_address) {
        return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(connection), name.c_str()) == 1;
    }
    SSL_set_hostflags(connection, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return SSL_set1_host(connection, name.c_str()) == 1 &&
           SSL_set_tlsext_host_name(connection, name.c_str()) == 1;
}

error tls_failure(SSL* connection, const boost::system::error_code& fault,
                  const std::string& server) {
    error why;
    why.kind = error_kind::tls_failed;
    const long verified = SSL_get_verify_result(connection);
    if (verified != X509_V_OK) {
        why.message = fmt::format("the certificate of {} is not accepted: {}", server,
                                  X509_verify_cert_error_string(verified));
    } else {
        why.message = fmt::format("the TLS handshake with {} failed", server);
        why.remote = fault.message();
    }
    return why;
}

namespace detail {

void offer_protocols(SSL* connection, http_version wanted) {
    constexpr unsigned char both[] = {2, 'h', '2', 8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
    const unsigned size = wanted == http_version::http2 ? 3 : sizeof both;
    SSL_set_alpn_protos(connection, both, size);
}

bool has_agreed_on_http2(SSL* connection) noexcept {
    const unsigned char* name = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(connection, &name, &size);
    return size == 2 && name[0] == 'h' && name[1] == '2';
}

result<std::shared_ptr<asio::ssl::context>> make_tls_context(const tls_options& options) {
    auto made = make_tls_client(options);
    if (made) SSL_CTX_set_alpn_protos((*made)->native_handle(), alpn, sizeof alpn);
    return made;
}

}  // namespace detail

}  // namespace symphony::net
