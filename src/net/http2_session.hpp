#pragma once

#include "net/client_pool.hpp"
#include "net/http2_stream.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct nghttp2_session;
struct nghttp2_session_callbacks;

namespace symphony::net::detail {

/// A connection that speaks HTTP/2 (RFC 9113), with nghttp2 for frames and header compression. What
/// many streams have to send within a turn of the loop leaves in one send. One thread.
class http2_session : public std::enable_shared_from_this<http2_session> {
public:
    /// Called when there may be room for a stream again, or never more.
    using change = void (*)(void* owner) noexcept;

    /// `lease`: a connection that is open and speaks HTTP/2. It is used until the end. `owner`
    /// stays until `forget_owner`.
    [[nodiscard]] static std::shared_ptr<http2_session> start(
        std::shared_ptr<client_core> core, std::shared_ptr<const destination> where,
        client_lease lease, change on_change, void* owner);
    ~http2_session();
    http2_session(const http2_session&) = delete;
    http2_session& operator=(const http2_session&) = delete;

    /// Streams that may still be begun; 0 once it goes away.
    [[nodiscard]] std::size_t room() const noexcept;
    /// A place that is kept for a stream that will be begun: `begin` or `unreserve` ends that.
    void reserve() noexcept { ++reserved_; }
    void unreserve();
    /// How many streams the server allows is known.
    [[nodiscard]] bool settled() const noexcept { return settled_; }
    /// It was asked for a sign of life and gave none yet: no new streams meanwhile.
    [[nodiscard]] bool doubted() const noexcept { return asked_at_.has_value(); }
    [[nodiscard]] bool over() const noexcept { return over_; }
    /// Its connection was opened with a certificate, or a CA, that has changed since.
    [[nodiscard]] bool outdated() const noexcept { return !over_ && lease_->outdated(); }

    /// Puts the request on the wire, in the reserved place. What it points to outlives the stream's
    /// `closed`, or `abandon`. Errors: `invalid_request`.
    [[nodiscard]] result<void> begin(const std::shared_ptr<http2_stream>& stream,
                                     const wire_request& request);
    /// There is more in `stream.outgoing`, or it is the last.
    void send_more(http2_stream& stream);
    /// So much of the body was taken: the server may send as much again.
    void taken(http2_stream& stream, std::size_t bytes);
    /// Somebody waits for more of the answer: its bound, if it has one, begins anew.
    void await_bytes(http2_stream& stream) const;
    /// The stream is not wanted any more: RST_STREAM, unless it is over.
    void abandon(http2_stream& stream);

    /// No new streams; it ends when the last is over.
    void retire();
    void abort() noexcept;
    void forget_owner() noexcept { owner_ = nullptr; }

private:
    friend struct http2_callbacks;
    struct free_session {
        void operator()(nghttp2_session* gone) const noexcept;
    };

    http2_session(std::shared_ptr<client_core> core, std::shared_ptr<const destination> where,
                  client_lease lease, change on_change, void* owner);
    [[nodiscard]] bool introduce();
    [[nodiscard]] boost::asio::awaitable<void> run();
    void flush();
    void flush_soon();
    [[nodiscard]] bool take_input();
    void on_watch();
    void set_watch();
    void ask();
    void end(error_kind kind, std::string_view message, const std::string& remote);
    void end_lost();
    void end_if_idle();
    void close();
    void tell() noexcept {
        if (owner_ != nullptr) on_change_(owner_);
    }

    // What nghttp2 tells.
    void on_request_sent(http2_stream& stream) const;
    void on_head_end(http2_stream& stream);
    void on_closed(http2_stream& stream, std::uint32_t code);
    void refuse(http2_stream& stream, error_kind kind, std::string message);
    /// The server broke HTTP/2 before the request was sent.
    [[nodiscard]] error broken_before_request() const;
    /// False: too many since the last that was of use to a call.
    [[nodiscard]] bool note_frame() noexcept {
        constexpr std::uint32_t most_useless_frames = 10'000;
        return ++useless_frames_ < most_useless_frames;
    }
    void note_use() noexcept { useless_frames_ = 0; }

    const std::shared_ptr<client_core> core_;
    const std::shared_ptr<const destination> where_;
    client_lease lease_;
    const change on_change_;
    void* owner_;
    std::unique_ptr<nghttp2_session, free_session> native_;
    std::vector<std::shared_ptr<http2_stream>> streams_;
    std::size_t reserved_ = 0;
    lazy_timer watch_;
    instant
        quiet_since_{};  // nothing has come since; or, where nothing was owed, since a call began
    instant idle_since_{};             // without a stream
    std::optional<instant> asked_at_;  // a PING is out
    bool owes_ = false;       // the server: an answer, or what it said to one that was given up
    bool settled_ = false;    // the server's settings have come
    bool flushing_ = false;   // a turn of `flush` is posted
    bool goes_away_ = false;  // no new streams
    bool over_ = false;
    bool broken_ = false;  // it is over because the server breaks HTTP/2
    std::uint32_t useless_frames_ = 0;
};

}  // namespace symphony::net::detail
