#pragma once

#include "support/certificates.hpp"

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace symphony::test_support {

/// The steps of a misbehaving server on one connection. After the last one it closes the socket:
/// with unread bytes that resets the connection, otherwise it ends it. A step that fails because
/// the client has gone ends the script.
class script {
public:
    struct read_text {
        std::string last;
    };
    struct read_bytes {
        std::size_t count;
    };
    struct read_to_end {};
    struct send_bytes {
        std::string text;
        std::size_t piece;  // each its own packet
        std::chrono::milliseconds pause;
        bool for_ever;
    };
    struct tls_words {};
    struct wait {};
    struct half_close {};
    struct reset {};
    struct vanish {};
    struct handshake {
        certificate_files identity;
    };
    using step = std::variant<read_text, read_bytes, read_to_end, send_bytes, tls_words, wait,
                              half_close, reset, vanish, handshake>;

    /// Reads to the empty line.
    script& head() { return add(read_text{"\r\n\r\n"}); }
    /// Reads until this has come.
    script& text(std::string last) { return add(read_text{std::move(last)}); }
    script& bytes(std::size_t count) { return add(read_bytes{count}); }
    /// Reads until the client ends: also the way to stall.
    script& to_end() { return add(read_to_end{}); }
    script& send(std::string text) { return add(send_bytes{std::move(text), npos, {}, false}); }
    script& send_in_pieces(std::string text, std::size_t piece = 1) {
        return add(send_bytes{std::move(text), piece, {}, false});
    }
    /// A byte at a time, with a pause after each.
    script& drip(std::string text, std::chrono::milliseconds pause) {
        return add(send_bytes{std::move(text), 1, pause, false});
    }
    /// Again and again, until the client has enough.
    script& send_for_ever(std::string text) {
        return add(send_bytes{std::move(text), npos, {}, true});
    }
    /// Over TLS 1.3: a new ticket and new keys, which say nothing to the client's user.
    script& send_tls_words() { return add(tls_words{}); }
    /// Until the test says `go_on`.
    script& until_told() { return add(wait{}); }
    /// Ends its own side; over TLS without a word of it (a truncation).
    script& end_sending() { return add(half_close{}); }
    /// Breaks the connection.
    script& break_off() { return add(reset{}); }
    /// Is gone without a word to the client. Only where `may_vanish`.
    script& vanish_silently() { return add(vanish{}); }
    /// On a plain connection: what follows is said over TLS.
    script& over_tls(certificate_files identity) { return add(handshake{std::move(identity)}); }

    [[nodiscard]] const std::vector<step>& steps() const noexcept { return steps_; }

private:
    static constexpr std::size_t npos = std::string::npos;
    script& add(step next) {
        steps_.push_back(std::move(next));
        return *this;
    }

    std::vector<step> steps_;
};

/// An answer with Content-Length.
[[nodiscard]] inline std::string answer(std::string_view body, std::string_view fields = {},
                                        std::string_view status = "200 OK") {
    std::string text = "HTTP/1.1 ";
    text.append(status).append("\r\nContent-Length: ").append(std::to_string(body.size()));
    text.append("\r\n").append(fields).append("\r\n").append(body);
    return text;
}

}  // namespace symphony::test_support
