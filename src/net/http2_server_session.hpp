#pragma once

#include "net/flood_meter.hpp"
#include "net/http2_server_stream.hpp"
#include "net/server_channel.hpp"
#include "net/server_response_head.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct nghttp2_session;

namespace symphony::net::detail {

/// What the bytes at the beginning of a connection are to the client's preface (RFC 9113, 3.4).
enum class http2_preface : std::uint8_t { none, part, whole };
[[nodiscard]] http2_preface look_for_preface(std::string_view input) noexcept;

/// A client's connection that speaks HTTP/2 (RFC 9113), with nghttp2 for frames and header
/// compression. Each stream is a request with a coroutine for its handler; what they all have to
/// send within a turn of the loop leaves in one send. One thread.
class http2_server_session {
public:
    /// `owner` is what `channel` and the session are parts of: handlers keep it alive.
    http2_server_session(server_channel& channel, std::weak_ptr<void> owner,
                         const std::string& peer);
    ~http2_server_session();
    http2_server_session(const http2_server_session&) = delete;
    http2_server_session& operator=(const http2_server_session&) = delete;

    /// Serves until the connection is over. True: it ended in order, and the client was told.
    [[nodiscard]] boost::asio::awaitable<bool> run();
    /// GOAWAY: no new streams, and the end once those under way are over.
    void drain();
    /// The connection is no more: cancels all handlers. Timers are not touched again.
    void lost() noexcept;

    /// For a stream's body: so much of it was taken, the client may send as much again.
    void taken(http2_server_stream& stream, std::size_t bytes);
    /// For a stream's body: its reader is about to wait.
    void await_body(http2_server_stream& stream);

private:
    friend struct http2_server_callbacks;
    struct free_session {
        void operator()(nghttp2_session* gone) const noexcept;
    };

    [[nodiscard]] std::shared_ptr<http2_server_session> self() { return {owner_.lock(), this}; }
    [[nodiscard]] server_core& core() noexcept { return channel_.core(); }

    // The connection.
    [[nodiscard]] bool introduce();
    void take_input();
    void flush();
    void flush_soon();
    [[nodiscard]] bool fill();
    void wait_for_room();
    void end(std::uint32_t code);
    void finish() noexcept;
    void expect_by(instant due);
    void on_watch();
    [[nodiscard]] bool overdue(instant now);
    void reset_stalled(instant now);

    // Its streams.
    void settle();
    void begin(const std::shared_ptr<http2_server_stream>& stream);
    [[nodiscard]] boost::asio::awaitable<void> run_handler(http2_server_stream& stream);
    [[nodiscard]] boost::asio::awaitable<void> serve(http2_server_stream& stream);
    [[nodiscard]] boost::asio::awaitable<response> handle(http2_server_stream& stream);
    [[nodiscard]] boost::asio::awaitable<void> pass_on(http2_server_stream& stream,
                                                       body_source& source,
                                                       std::optional<std::uint64_t> length);
    [[nodiscard]] bool submit(http2_server_stream& stream, response& answer,
                              const answer_plan& plan);
    void append(http2_server_stream& stream, std::string_view piece);
    void reset(http2_server_stream& stream, std::uint32_t code);
    void discard_input(http2_server_stream& stream);
    void let_go(http2_server_stream& stream) noexcept;
    void let_all_go() noexcept;

    // What nghttp2 tells.
    void on_head_end(http2_server_stream& stream, bool ended);
    void on_data(http2_server_stream* stream, std::string_view bytes);
    void on_closed(http2_server_stream& stream, std::uint32_t code);
    [[nodiscard]] bool note_frame();
    void note_reset();

    server_channel& channel_;
    const std::weak_ptr<void> owner_;
    const std::string peer_;
    std::unique_ptr<nghttp2_session, free_session> native_;
    std::vector<std::shared_ptr<http2_server_stream>> streams_;
    // Not to be touched while nghttp2 is at work: requests that are whole, streams that are over.
    std::vector<std::shared_ptr<http2_server_stream>> ready_;
    std::vector<std::shared_ptr<http2_server_stream>> gone_;
    std::size_t running_ = 0;  // handlers; that of a stream that was reset may take its time
    lazy_timer watch_;
    instant watch_due_ = instant::max();
    instant begun_at_{};
    instant idle_since_{};                  // without a stream
    std::optional<instant> head_since_;     // a HEADERS block is under way
    std::optional<instant> blocked_since_;  // the kernel takes no more
    flood_meter frames_;                    // those that carry nothing
    flood_meter resets_;
    bool settled_ = false;   // the client's settings have come
    bool flushing_ = false;  // a turn of `flush` is posted
    bool over_ = false;
    bool in_order_ = false;
};

}  // namespace symphony::net::detail
