#include "net/tls_bytes.hpp"

#include "support/certificates.hpp"

#include <boost/asio/ssl/error.hpp>
#include <gtest/gtest.h>
#include <openssl/bio.h>
#include <openssl/err.h>

#include <array>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace symphony::net::detail {
namespace {

using outcome = tls_bytes::outcome;
using context_ptr = std::unique_ptr<SSL_CTX, freed_by<SSL_CTX_free>>;

// A server by OpenSSL's own means, in memory as well.
class memory_server {
public:
    explicit memory_server(SSL_CTX* context) : tls_(SSL_new(context)) {
        SSL_set_bio(tls_.get(), in_, out_);
        SSL_set_accept_state(tls_.get());
    }
    void hear(std::string_view bytes) {
        BIO_write(in_, bytes.data(), static_cast<int>(bytes.size()));
    }
    // What it has to say to the client.
    [[nodiscard]] std::string said() {
        std::string all(BIO_ctrl_pending(out_), '\0');
        if (!all.empty()) BIO_read(out_, all.data(), static_cast<int>(all.size()));
        return all;
    }
    bool shake_hands() { return SSL_do_handshake(tls_.get()) == 1; }
    void write(std::string_view text) {
        EXPECT_EQ(SSL_write(tls_.get(), text.data(), static_cast<int>(text.size())),
                  static_cast<int>(text.size()));
    }
    [[nodiscard]] std::string read() {
        std::string all;
        std::array<char, 4096> room{};
        for (int size = 0; (size = SSL_read(tls_.get(), room.data(), room.size())) > 0;)
            all.append(room.data(), static_cast<std::size_t>(size));
        return all;
    }
    [[nodiscard]] SSL* native() const { return tls_.get(); }

private:
    BIO* in_ = BIO_new(BIO_s_mem());
    BIO* out_ = BIO_new(BIO_s_mem());
    std::unique_ptr<SSL, freed_by<SSL_free>> tls_;
};

void put(std::string_view bytes, tls_bytes& into) {
    std::memcpy(into.received.prepare(bytes.size()).data(), bytes.data(), bytes.size());
    into.received.commit(bytes.size());
}

struct read_out {
    std::string text;
    outcome last = outcome::done;  // why no more came
};

read_out read_all(tls_bytes& from, std::size_t at_once = 1000) {
    read_out all;
    std::string room(at_once, '\0');
    std::size_t size = 0;
    while ((all.last = from.read({room.data(), room.size()}, size)) == outcome::done)
        all.text.append(room, 0, size);
    return all;
}

class tls_bytes_test : public ::testing::Test {
protected:
    tls_bytes_test() {
        SSL_CTX_use_certificate_file(server_context.get(), files.certificate.c_str(),
                                     SSL_FILETYPE_PEM);
        SSL_CTX_use_PrivateKey_file(server_context.get(), files.key.c_str(), SSL_FILETYPE_PEM);
        SSL_CTX_load_verify_file(client_context.get(), ca.file().c_str());
        SSL_CTX_set_verify(client_context.get(), SSL_VERIFY_PEER, nullptr);
        SSL_CTX_set_mode(client_context.get(), SSL_MODE_RELEASE_BUFFERS);
    }

    // Pieces of what the server says, each so long, until both are content.
    void shake_hands(tls_bytes& client, memory_server& server, std::size_t piece = 100'000) {
        while (client.shake_hands() == outcome::wants_input) {
            server.hear(std::exchange(client.to_send, {}));
            server.shake_hands();
            const std::string said = server.said();
            ASSERT_FALSE(said.empty());
            std::string_view rest = said;
            while (rest.size() > piece) {
                put(rest.substr(0, piece), client);
                rest.remove_prefix(piece);
                ASSERT_EQ(client.shake_hands(), outcome::wants_input);
                EXPECT_TRUE(client.received.empty());
            }
            put(rest, client);
        }
        ASSERT_EQ(client.shake_hands(), outcome::done);
        server.hear(std::exchange(client.to_send, {}));
        ASSERT_TRUE(server.shake_hands());
    }

    test_support::throwaway_ca ca;
    test_support::certificate_files files = ca.issue("DNS:localhost");
    context_ptr server_context{SSL_CTX_new(TLS_server_method())};
    context_ptr client_context{SSL_CTX_new(TLS_client_method())};
};

TEST_F(tls_bytes_test, a_handshake_and_text_in_pieces_of_any_size) {
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        SSL_CTX_set_max_proto_version(client_context.get(), version);
        for (const std::size_t piece : {1U, 5U, 1000U, 100'000U}) {
            SCOPED_TRACE(piece);
            tls_bytes client(client_context.get());
            memory_server server(server_context.get());
            shake_hands(client, server, piece);
            if (HasFatalFailure()) return;
            const std::string text(50'000, 't');
            server.write(text);
            std::string got;
            const std::string said = server.said();
            for (std::size_t at = 0; at < said.size(); at += piece) {
                put(std::string_view(said).substr(at, piece), client);
                const read_out more = read_all(client);
                got += more.text;
                EXPECT_EQ(more.last, outcome::wants_input);
                EXPECT_FALSE(client.has_more());  // so that all there is can be received again
            }
            EXPECT_EQ(got, text);
            ASSERT_EQ(client.write("hello "), outcome::done);
            ASSERT_EQ(client.write(text), outcome::done);
            server.hear(client.to_send);
            EXPECT_EQ(server.read(), "hello " + text);
        }
    }
}

TEST_F(tls_bytes_test, text_that_finds_no_room_is_still_there) {
    tls_bytes client(client_context.get());
    memory_server server(server_context.get());
    shake_hands(client, server);
    put(server.said(), client);
    EXPECT_EQ(read_all(client).text, "");  // tickets
    server.write("seven letters");
    put(server.said(), client);
    std::array<char, 5> room{};
    std::size_t size = 0;
    ASSERT_EQ(client.read({room.data(), room.size()}, size), outcome::done);
    EXPECT_EQ(std::string_view(room.data(), size), "seven");
    EXPECT_TRUE(client.has_more());
    EXPECT_EQ(client.readable(), 8U);
    EXPECT_EQ(read_all(client).text, " letters");
}

TEST_F(tls_bytes_test, words_of_tls_are_nothing_to_read) {
    tls_bytes client(client_context.get());
    memory_server server(server_context.get());
    shake_hands(client, server);
    SSL_new_session_ticket(server.native());
    SSL_do_handshake(server.native());
    SSL_key_update(server.native(), SSL_KEY_UPDATE_REQUESTED);
    SSL_do_handshake(server.native());
    put(server.said(), client);
    const read_out nothing = read_all(client);
    EXPECT_EQ(nothing.text, "");
    EXPECT_EQ(nothing.last, outcome::wants_input);
    EXPECT_FALSE(client.has_more());
    ASSERT_EQ(client.write("with new keys"), outcome::done);
    server.hear(client.to_send);
    EXPECT_EQ(server.read(), "with new keys");
    server.write("on both sides");
    put(server.said(), client);
    EXPECT_EQ(read_all(client).text, "on both sides");
}

// The server may speak as soon as it has said all that its handshake needs.
TEST_F(tls_bytes_test, text_behind_the_handshake_is_kept) {
    tls_bytes client(client_context.get());
    memory_server server(server_context.get());
    ASSERT_EQ(client.shake_hands(), outcome::wants_input);
    server.hear(std::exchange(client.to_send, {}));
    std::size_t size = 0;
    std::array<char, 1> room{};
    static_cast<void>(SSL_read_early_data(server.native(), room.data(), room.size(), &size));
    ASSERT_EQ(SSL_write_early_data(server.native(), "early", 5, &size), 1);
    put(server.said(), client);
    ASSERT_EQ(client.shake_hands(), outcome::done);
    EXPECT_TRUE(client.has_more());
    EXPECT_EQ(read_all(client).text, "early");
}

TEST_F(tls_bytes_test, an_end_is_known_as_one_where_it_was_announced) {
    tls_bytes client(client_context.get());
    memory_server server(server_context.get());
    shake_hands(client, server);
    server.write("the last");
    put(server.said(), client);
    EXPECT_EQ(read_all(client).last, outcome::wants_input);
    EXPECT_FALSE(client.has_ended());
    SSL_shutdown(server.native());
    put(server.said(), client);
    EXPECT_EQ(read_all(client).last, outcome::ended);
    EXPECT_TRUE(client.has_ended());
    EXPECT_EQ(client.write("heard still"), outcome::done);
    server.hear(client.to_send);
    EXPECT_EQ(server.read(), "heard still");
}

TEST_F(tls_bytes_test, what_is_no_tls_fails) {
    tls_bytes client(client_context.get());
    ASSERT_EQ(client.shake_hands(), outcome::wants_input);
    client.to_send.clear();
    put("HTTP/1.1 400 Bad Request\r\n\r\n", client);
    EXPECT_EQ(client.shake_hands(), outcome::failed);
    EXPECT_EQ(client.fault().category(), boost::asio::error::get_ssl_category());
    EXPECT_EQ(ERR_GET_REASON(static_cast<unsigned long>(client.fault().value())),
              SSL_R_WRONG_VERSION_NUMBER);
    EXPECT_EQ(ERR_peek_error(), 0U);  // nobody else is to find it
}

TEST_F(tls_bytes_test, a_server_that_cannot_be_trusted_fails) {
    const test_support::throwaway_ca other;
    const context_ptr trusting(SSL_CTX_new(TLS_client_method()));
    SSL_CTX_load_verify_file(trusting.get(), other.file().c_str());
    SSL_CTX_set_verify(trusting.get(), SSL_VERIFY_PEER, nullptr);
    tls_bytes client(trusting.get());
    memory_server server(server_context.get());
    ASSERT_EQ(client.shake_hands(), outcome::wants_input);
    server.hear(std::exchange(client.to_send, {}));
    server.shake_hands();
    put(server.said(), client);
    EXPECT_EQ(client.shake_hands(), outcome::failed);
    EXPECT_NE(SSL_get_verify_result(client.native()), X509_V_OK);
    EXPECT_FALSE(client.to_send.empty());
}

TEST_F(tls_bytes_test, what_came_before_a_forged_record_is_read) {
    tls_bytes client(client_context.get());
    memory_server server(server_context.get());
    shake_hands(client, server);
    server.write("true");
    std::string said = server.said();
    server.write("false");
    std::string forged = server.said();
    forged.back() = static_cast<char>(forged.back() ^ 1);
    put(said + forged, client);
    const read_out got = read_all(client);
    EXPECT_EQ(got.text, "true");
    EXPECT_EQ(got.last, outcome::failed);
    server.hear(client.to_send);
    EXPECT_EQ(server.read(), "");
    EXPECT_EQ(ERR_GET_REASON(ERR_get_error()), SSL_R_SSLV3_ALERT_BAD_RECORD_MAC);
    EXPECT_EQ(client.write("more"), outcome::failed);
}

TEST_F(tls_bytes_test, a_session_outlives_a_connection_that_ends_without_a_word) {
    SSL_CTX_set_max_proto_version(client_context.get(), TLS1_2_VERSION);
    std::unique_ptr<SSL_SESSION, freed_by<SSL_SESSION_free>> session;
    for (const bool resumed : {false, true}) {
        tls_bytes client(client_context.get());
        memory_server server(server_context.get());
        if (session) SSL_set_session(client.native(), session.get());
        shake_hands(client, server);
        EXPECT_EQ(SSL_session_reused(client.native()) == 1, resumed);
        session.reset(SSL_get1_session(client.native()));
    }
}

}  // namespace
}  // namespace symphony::net::detail
