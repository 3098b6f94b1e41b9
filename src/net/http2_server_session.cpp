#include "net/http2_server_session.hpp"

#include "net/http2_server_callbacks.hpp"

#include <boost/asio/post.hpp>
#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <array>
#include <utility>

// The connection: bytes in and out, time, and the end. Its streams are in http2_server_streams.cpp.

namespace symphony::net::detail {

namespace asio = boost::asio;

namespace {

// What a handler that does not read holds in memory, and what all of a connection do.
constexpr std::int32_t stream_window = 256 << 10;
constexpr std::int32_t connection_window = 4 << 20;
constexpr std::size_t least_room = std::size_t{4} << 10;
constexpr std::size_t most_room = std::size_t{64} << 10;
constexpr std::size_t idle_input_bytes = std::size_t{8} << 10;
constexpr std::size_t most_unsent = std::size_t{64} << 10;
constexpr std::size_t kept_unsent = std::size_t{8} << 10;  // of memory, without a stream
constexpr std::size_t most_in_one_turn = std::size_t{1} << 20;
// Frames beside DATA that wait for a client that does not read: it makes us say so much, and
// listens to none of it.
constexpr std::size_t most_queued = 2000;
// A client that gives up now and then is welcome. One that makes requests only to give them up has
// the work done for nothing (CVE-2023-44487), and so has one that provokes our RST_STREAM
// (CVE-2025-8671). An answer that is taken makes up for one: a client that hedges gives up many.
constexpr flood_meter allowed_resets(200, 20);
// PING, SETTINGS, PRIORITY, WINDOW_UPDATE, empty DATA and what is invalid, unless something that
// carries content comes in between (CVE-2019-9511 to 9518).
constexpr flood_meter allowed_frames(10'000, 100);

}  // namespace

http2_preface look_for_preface(std::string_view input) noexcept {
    constexpr std::string_view preface(NGHTTP2_CLIENT_MAGIC, NGHTTP2_CLIENT_MAGIC_LEN);
    const std::size_t size = std::min(input.size(), preface.size());
    if (input.substr(0, size) != preface.substr(0, size)) return http2_preface::none;
    return size == preface.size() ? http2_preface::whole : http2_preface::part;
}

void http2_server_session::free_session::operator()(nghttp2_session* gone) const noexcept {
    nghttp2_session_del(gone);
}

http2_server_session::http2_server_session(server_channel& channel, std::weak_ptr<void> owner,
                                           const std::string& peer)
    : channel_(channel),
      owner_(std::move(owner)),
      peer_(peer),
      watch_(core().wakeups, this,
             [](void* self) noexcept { static_cast<http2_server_session*>(self)->on_watch(); }),
      frames_(allowed_frames),
      resets_(allowed_resets) {}

http2_server_session::~http2_server_session() = default;

// The settings are the server's preface (RFC 9113, 3.4). False: out of memory.
bool http2_server_session::introduce() {
    nghttp2_session* native = nullptr;
    if (!http2_server_callbacks::make_session(*this, native)) return false;
    native_.reset(native);
    const server_options& options = core().options;
    const auto most_head =
        static_cast<std::uint32_t>(std::min<std::size_t>(options.max_header_bytes, UINT32_MAX));
    const std::array<nghttp2_settings_entry, 3> settings{{
        {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, options.max_streams},
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, static_cast<std::uint32_t>(stream_window)},
        {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, most_head},
    }};
    begun_at_ = idle_since_ = channel_.now();
    expect_by(later(begun_at_, options.header_timeout));
    return nghttp2_submit_settings(native, NGHTTP2_FLAG_NONE, settings.data(), settings.size()) ==
               0 &&
           nghttp2_session_set_local_window_size(native, NGHTTP2_FLAG_NONE, 0, connection_window) ==
               0;
}

asio::awaitable<bool> http2_server_session::run() {
    if (!introduce()) co_return false;
    if (core().draining) drain();
    for (std::size_t room = least_room;;) {
        const std::size_t size = channel_.input.view().size();
        if (size > 0) take_input();
        flush();
        if (over_) break;
        // As much room as what comes makes use of: most connections are idle most of the time.
        room = size >= room ? std::min(room * 4, most_room) : least_room;
        if (room == least_room) channel_.input.shrink(idle_input_bytes);
        const auto got = co_await channel_.receive(room, instant::max());
        if (got != server_channel::received::bytes) lost();
        while (!over_ && channel_.input.view().size() < most_room && channel_.has_more_at_hand() &&
               channel_.receive_now(least_room)) {
        }
        if (over_) break;
    }
    if (!in_order_ || !co_await channel_.send({})) co_return false;
    // A client that is still sending would otherwise see a reset, not why.
    co_await channel_.linger();
    co_return true;
}

void http2_server_session::take_input() {
    const std::string_view input = channel_.input.view();
    const auto used = nghttp2_session_mem_recv(
        native_.get(), reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
    channel_.input.consume(input.size());
    settle();
    if (used < 0)
        end(used == NGHTTP2_ERR_FLOODED ? NGHTTP2_ENHANCE_YOUR_CALM : NGHTTP2_PROTOCOL_ERROR);
}

// Many streams that have something to say within this turn say it in one send.
void http2_server_session::flush_soon() {
    if (over_ || std::exchange(flushing_, true)) return;
    asio::post(core().executor, [self = self()] {
        self->flushing_ = false;
        self->flush();
    });
}

// False: frames cannot be made any more.
bool http2_server_session::fill() {
    while (channel_.out.size() < most_unsent) {
        const std::uint8_t* bytes = nullptr;
        const auto size = nghttp2_session_mem_send(native_.get(), &bytes);
        if (size == 0) break;
        if (size < 0) return false;
        channel_.out.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
    }
    return true;
}

void http2_server_session::flush() {
    std::size_t total = 0;
    while (!over_ && !channel_.has_unsent()) {
        if (!fill()) lost();
        if (over_ || !channel_.has_unsent()) break;
        total += channel_.out.size();
        std::string_view nothing;
        const auto outcome = channel_.try_send(nothing);
        if (outcome == server_channel::sent::broken) lost();
        if (outcome == server_channel::sent::blocked) wait_for_room();
        if (total < most_in_one_turn) continue;
        flush_soon();  // others have their turn
        break;
    }
    if (!over_) settle();
    if (over_) return;
    if (streams_.empty() && channel_.out.empty() && channel_.out.capacity() > kept_unsent)
        std::string().swap(channel_.out);
    if (nghttp2_session_get_outbound_queue_size(native_.get()) > most_queued) {
        lost();
    } else if (!channel_.has_unsent() && nghttp2_session_want_read(native_.get()) == 0 &&
               nghttp2_session_want_write(native_.get()) == 0) {
        finish();  // either side said goodbye, or the client broke the protocol and was told so
    }
}

void http2_server_session::wait_for_room() {
    blocked_since_ = channel_.now();
    expect_by(later(*blocked_since_, core().options.write_timeout));
    channel_.socket.async_wait(asio::socket_base::wait_write,
                               [self = self()](const boost::system::error_code& fault) {
                                   if (self->over_ || fault) return;
                                   std::string_view nothing;
                                   switch (self->channel_.try_send(nothing)) {
                                       case server_channel::sent::all:
                                           self->blocked_since_.reset();
                                           self->flush();
                                           break;
                                       case server_channel::sent::blocked:
                                           self->wait_for_room();
                                           break;
                                       case server_channel::sent::broken:
                                           self->lost();
                                           break;
                                   }
                               });
}

void http2_server_session::drain() {
    if (over_ || !native_) return;
    // What the client began after the last stream was provably not processed: it may repeat it.
    nghttp2_submit_goaway(native_.get(), NGHTTP2_FLAG_NONE,
                          nghttp2_session_get_last_proc_stream_id(native_.get()), NGHTTP2_NO_ERROR,
                          nullptr, 0);
    flush_soon();
}

// With a word to the client; all streams end.
void http2_server_session::end(std::uint32_t code) {
    if (over_) return;
    nghttp2_session_terminate_session(native_.get(), code);
    static_cast<void>(fill());
    finish();
}

void http2_server_session::finish() noexcept {
    in_order_ = true;
    lost();
}

void http2_server_session::lost() noexcept {
    if (std::exchange(over_, true)) return;
    watch_.stop();
    channel_.stop_waiting();  // `run` ends
    let_all_go();
}

void http2_server_session::expect_by(instant due) {
    if (over_ || due >= watch_due_) return;
    watch_due_ = due;
    watch_.set(due);
}

void http2_server_session::on_watch() {
    watch_due_ = instant::max();
    const instant now = channel_.now();
    if (over_ || overdue(now)) return;
    reset_stalled(now);
    const server_options& options = core().options;
    if (!settled_) expect_by(later(begun_at_, options.header_timeout));
    if (head_since_) expect_by(later(*head_since_, options.header_timeout));
    if (blocked_since_) expect_by(later(*blocked_since_, options.write_timeout));
    if (streams_.empty()) expect_by(later(idle_since_, options.idle_timeout));
}

// Whether the connection has come to its end by that.
bool http2_server_session::overdue(instant now) {
    const server_options& options = core().options;
    if (blocked_since_ && now - *blocked_since_ >= options.write_timeout) {
        lost();
    } else if (!settled_ && now - begun_at_ >= options.header_timeout) {
        end(NGHTTP2_SETTINGS_TIMEOUT);
    } else if (head_since_ && now - *head_since_ >= options.header_timeout) {
        end(NGHTTP2_ENHANCE_YOUR_CALM);
    } else if (streams_.empty() && now - idle_since_ >= options.idle_timeout) {
        end(NGHTTP2_NO_ERROR);
    }
    return over_;
}

// Streams whose client gives them no window, or whose turn never comes.
void http2_server_session::reset_stalled(instant now) {
    const duration patience = core().options.write_timeout;
    for (const auto& stream : streams_) {
        if (stream->unsent() == 0 || stream->reset_by_us) continue;
        if (now - stream->stalled_since >= patience) {
            reset(*stream, NGHTTP2_CANCEL);
        } else {
            expect_by(later(stream->stalled_since, patience));
        }
    }
}

}  // namespace symphony::net::detail
