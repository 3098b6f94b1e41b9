#include "net/tls_context.hpp"

#include "net/tls_handshake.hpp"
#include "symphony/net/tls_client.hpp"

#include <boost/asio/ip/address.hpp>
#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <span>

namespace symphony::net {

namespace asio = boost::asio;

using detail::tls_files;

namespace {

std::unexpected<error> refuse(std::string message) {
    const char* const reason = ERR_reason_error_string(ERR_peek_last_error());
    auto why = fail(error_kind::tls_failed, std::move(message), reason == nullptr ? "" : reason);
    ERR_clear_error();
    return why;
}

result<void> trust(SSL_CTX* context, const tls_options& options, const tls_files& files) {
    if (SSL_CTX_set_default_verify_paths(context) != 1) {
        return refuse("the system's CA roots cannot be read");
    }
    if (options.ca.empty()) return {};
    const auto authorities = detail::certificates_in(files.ca.reveal());
    X509_STORE* const store = SSL_CTX_get_cert_store(context);
    bool added = !authorities.empty();
    for (const auto& one : authorities)
        added = added && X509_STORE_add_cert(store, one.get()) == 1;
    if (added) return {};
    return refuse(detail::ca_in_words(options) + " cannot be read as PEM certificates");
}

}  // namespace

result<void> detail::set_common_rules(SSL_CTX* context, const tls_options& options) {
    if (options.min_version != "1.2" && options.min_version != "1.3") {
        return fail(error_kind::invalid_request, "the least TLS version has to be 1.2 or 1.3");
    }
    SSL_CTX_set_min_proto_version(context,
                                  options.min_version == "1.3" ? TLS1_3_VERSION : TLS1_2_VERSION);
    // An end without close_notify is told apart from a whole answer by the protocol's own lengths.
    SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    return {};
}

// The whole chain goes out: the other side may know the root alone.
result<void> detail::show(SSL_CTX* context, const tls_identity& identity, const tls_files& files) {
    auto opened = detail::open_identity(identity, files.cert.reveal(), files.key.reveal());
    if (!opened) {
        return fail(
            error_kind::tls_failed,
            fmt::format("the certificate's {}: {}", opened.error().member, opened.error().message));
    }
    const auto& chain = opened->chain;
    bool used = SSL_CTX_use_certificate(context, chain.front().get()) == 1 &&
                SSL_CTX_use_PrivateKey(context, opened->key.get()) == 1;
    for (const auto& issuer : std::span(chain).subspan(1))
        used = used && SSL_CTX_add1_chain_cert(context, issuer.get()) == 1;
    if (used) return {};
    return refuse("the certificate cannot be used");
}

result<std::shared_ptr<asio::ssl::context>> detail::make_tls_context(const tls_options& options,
                                                                     const tls_files& files,
                                                                     X509_STORE* trusted) {
    auto made = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_client);
    SSL_CTX* const native = made->native_handle();
    if (auto set = set_common_rules(native, options); !set) {
        return std::unexpected(std::move(set.error()));
    }
    SSL_CTX_set_verify(native, SSL_VERIFY_PEER, nullptr);
    ERR_clear_error();
    if (trusted != nullptr) {
        SSL_CTX_set1_cert_store(native, trusted);
    } else if (auto done = trust(native, options, files); !done) {
        return std::unexpected(std::move(done.error()));
    }
    if (options.identity) {
        if (auto done = show(native, *options.identity, files); !done) {
            return std::unexpected(std::move(done.error()));
        }
    }
    tls_handshake::watch(native);
    return made;
}

result<std::shared_ptr<asio::ssl::context>> make_tls_client(const tls_options& options) {
    const auto files = tls_files::read(options);
    if (!files) return std::unexpected(files.error());
    return detail::make_tls_context(options, *files);
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

namespace detail {

void offer_http1(SSL_CTX* context) {
    constexpr unsigned char alpn[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
    SSL_CTX_set_alpn_protos(context, alpn, sizeof alpn);
}

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

}  // namespace detail

}  // namespace symphony::net
