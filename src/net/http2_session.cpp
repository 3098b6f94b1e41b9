#include "net/http2_session.hpp"

#include "net/http2_callbacks.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <fmt/format.h>
#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <array>
#include <utility>

namespace symphony::net::detail {

namespace asio = boost::asio;

namespace {

// Of all streams together, and of one: what a reader that stands still holds in memory.
constexpr std::int32_t connection_window = 16 << 20;
constexpr std::int32_t stream_window = 256 << 10;
constexpr std::size_t most_unsent = std::size_t{64} << 10;
// A server that is silent for so long while it owes answers is asked whether it is there, and given
// up when it does not say so in time.
constexpr duration silence = std::chrono::seconds(30);
constexpr duration ping_time = std::chrono::seconds(10);

}  // namespace

void http2_session::free_session::operator()(nghttp2_session* gone) const noexcept {
    nghttp2_session_del(gone);
}

http2_session::http2_session(std::shared_ptr<client_core> core,
                             std::shared_ptr<const destination> where, client_lease lease,
                             change on_change, void* owner)
    : core_(std::move(core)),
      where_(std::move(where)),
      lease_(std::move(lease)),
      on_change_(on_change),
      owner_(owner),
      watch_(core_->wakeups, this,
             [](void* self) noexcept { static_cast<http2_session*>(self)->on_watch(); }) {
    quiet_since_ = idle_since_ = core_->time.now();
}

http2_session::~http2_session() {
    if (core_->stopped) watch_.stop();
}

std::shared_ptr<http2_session> http2_session::start(std::shared_ptr<client_core> core,
                                                    std::shared_ptr<const destination> where,
                                                    client_lease lease, change on_change,
                                                    void* owner) {
    lease->begin_use(deadline());  // that of connecting is over
    std::shared_ptr<http2_session> made(
        new http2_session(std::move(core), std::move(where), std::move(lease), on_change, owner));
    if (!made->introduce()) {
        made->close();
        return made;
    }
    made->set_watch();
    asio::co_spawn(made->core_->executor, made->run(), asio::detached);
    return made;
}

// The connection's preface and the settings (RFC 9113, 3.4). False: out of memory.
bool http2_session::introduce() {
    nghttp2_session* native = nullptr;
    if (!http2_callbacks::make_session(*this, native)) return false;
    native_.reset(native);
    const auto most_head = static_cast<std::uint32_t>(
        std::min<std::size_t>(where_->limits.max_header_bytes, UINT32_MAX));
    const std::array<nghttp2_settings_entry, 3> settings{{
        {NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, static_cast<std::uint32_t>(stream_window)},
        {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, most_head},
    }};
    return nghttp2_submit_settings(native, NGHTTP2_FLAG_NONE, settings.data(), settings.size()) ==
               0 &&
           nghttp2_session_set_local_window_size(native, NGHTTP2_FLAG_NONE, 0, connection_window) ==
               0;
}

void http2_session::retire() {
    if (over_ || goes_away_) return;
    goes_away_ = true;
    end_if_idle();
}

void http2_session::abort() noexcept {
    owner_ = nullptr;
    goes_away_ = true;
    for (const auto& stream : streams_) {
        stream->timeout.stop();
        stream->stop_with(http2_stream::stop::aborted);
    }
    watch_.stop();
    if (lease_) lease_->abort();
}

// Many streams that have something to say within this turn say it in one send.
void http2_session::flush_soon() {
    if (std::exchange(flushing_, true)) return;
    asio::post(core_->executor, [self = shared_from_this()] {
        self->flushing_ = false;
        self->flush();
    });
}

void http2_session::flush() {
    if (core_->stopped) return;
    while (!over_ && !lease_->sending()) {
        while (lease_->out.size() < most_unsent) {
            const std::uint8_t* bytes = nullptr;
            const auto size = nghttp2_session_mem_send(native_.get(), &bytes);
            if (size < 0) {
                end(error_kind::internal, "HTTP/2 frames cannot be made",
                    nghttp2_strerror(static_cast<int>(size)));
                return;
            }
            if (size == 0) break;
            lease_->out.append(reinterpret_cast<const char*>(bytes),
                               static_cast<std::size_t>(size));
        }
        if (lease_->out.empty()) break;
        if (lease_->push() == client_connection::sent::broken) {
            end_lost();
            return;
        }
    }
    if (!over_ && nghttp2_session_want_read(native_.get()) == 0 &&
        nghttp2_session_want_write(native_.get()) == 0) {
        // A fault of the server's, of which it was told by a GOAWAY.
        end(error_kind::protocol_error, "the server breaks HTTP/2", {});
    }
    end_if_idle();
}

asio::awaitable<void> http2_session::run() {
    const auto self = shared_from_this();
    flush();
    while (!over_) {
        co_await lease_->next_event();
        if (over_) break;
        if (lease_->stopped() != client_connection::stop::none) {
            end(error_kind::cancelled, "the call was cancelled", {});
        } else if (take_input()) {
            flush();
        }
    }
    close();
}

bool http2_session::take_input() {
    const std::string_view input = lease_->input.view();
    if (!input.empty()) {
        const bool was_asked = std::exchange(asked_at_, std::nullopt).has_value();
        const auto used = nghttp2_session_mem_recv(
            native_.get(), reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
        if (used < 0) {
            end(error_kind::protocol_error, "the server breaks HTTP/2",
                nghttp2_strerror(static_cast<int>(used)));
            return false;
        }
        lease_->input.consume(static_cast<std::size_t>(used));
        quiet_since_ = core_->time.now();
        owes_ = !streams_.empty();
        if (was_asked) tell();
    }
    if (lease_->broken() || lease_->ended()) {
        end_lost();
        return false;
    }
    return true;
}

void http2_session::set_watch() {
    instant due = instant::max();
    if (streams_.empty() && !goes_away_) due = later(idle_since_, where_->http.idle_timeout);
    if (asked_at_) {
        due = std::min(due, later(*asked_at_, ping_time));
    } else if (owes_) {
        due = std::min(due, later(quiet_since_, silence));
    }
    if (due == instant::max()) {
        watch_.clear();
    } else {
        watch_.set(due);
    }
}

void http2_session::on_watch() {
    if (over_) return;
    const instant now = core_->time.now();
    if (asked_at_ && now - *asked_at_ >= ping_time) {
        end(error_kind::connection_lost, "the server gave no sign of life", {});
    } else if (streams_.empty() && now - idle_since_ >= where_->http.idle_timeout) {
        retire();
    } else if (owes_ && !asked_at_ && now - quiet_since_ >= silence) {
        ask();
    }
    if (!over_) set_watch();
}

void http2_session::ask() {
    if (asked_at_) return;
    asked_at_ = core_->time.now();
    nghttp2_submit_ping(native_.get(), NGHTTP2_FLAG_NONE, nullptr);
    set_watch();
    flush_soon();
    tell();  // whoever waits for room here need not
}

void http2_session::end_if_idle() {
    if (!goes_away_ || over_ || !streams_.empty() || reserved_ > 0) return;
    nghttp2_session_terminate_session(native_.get(), NGHTTP2_NO_ERROR);
    const std::uint8_t* bytes = nullptr;
    for (auto size = nghttp2_session_mem_send(native_.get(), &bytes); size > 0;
         size = nghttp2_session_mem_send(native_.get(), &bytes)) {
        if (!lease_->sending()) {
            lease_->out.append(reinterpret_cast<const char*>(bytes),
                               static_cast<std::size_t>(size));
        }
    }
    if (!lease_->sending() && !lease_->out.empty()) (void)lease_->push();
    end(error_kind::connection_lost, "the connection is over", {});
}

void http2_session::end_lost() {
    if (const auto& refusal = lease_->refusal()) {
        end(refusal->kind, refusal->message, refusal->remote);
    } else {
        end(error_kind::connection_lost, "the connection was lost", lease_->reason());
    }
}

// Streams that the server has not seen a byte of are provably not processed, and neither is
// anything by a server that does not accept the client's certificate.
void http2_session::end(error_kind kind, std::string_view message, const std::string& remote) {
    if (std::exchange(over_, true)) return;
    // After a GOAWAY nghttp2 wants no more either.
    broken_ = kind == error_kind::protocol_error && !goes_away_;
    const auto streams = std::exchange(streams_, {});
    const bool unseen = lease_ && lease_->refusal() && !lease_->refusal()->maybe_sent;
    for (const auto& stream : streams) {
        stream->closed = true;
        stream->timeout.stop();
        stream->refused = stream->refused || !stream->head_sent;
        error why;
        why.kind = kind;
        why.message = fmt::format("{}: {}", where_->authority, message);
        why.remote = remote;
        why.maybe_sent = stream->head_sent && !unseen;
        stream->fail(std::move(why));
    }
    if (lease_) lease_->wake();  // `run` ends
    tell();
}

void http2_session::close() {
    over_ = true;
    if (core_->stopped) {
        watch_.stop();
    } else {
        watch_.clear();
    }
    lease_.discard();
}

}  // namespace symphony::net::detail
