#include "net/http2_hub.hpp"

#include <algorithm>
#include <utility>

namespace symphony::net::detail {

namespace asio = boost::asio;

using stop = client_connection::stop;

http2_hub::waiter::waiter(const client_core& core, std::deque<waiter*>& in, deadline until)
    : line(in), place(core.executor), timeout(core.wakeups, this, [](void* self) noexcept {
          auto& late = *static_cast<waiter*>(self);
          late.stopped = stop::timed_out;
          late.place.wake_later();
      }) {
    if (until.is_set()) timeout.set(until.at());
    line.push_back(this);
}

http2_hub::http2_hub(std::shared_ptr<client_core> core, std::shared_ptr<client_pool> pool,
                     std::shared_ptr<const destination> where)
    : core_(std::move(core)), pool_(std::move(pool)), where_(std::move(where)) {}

http2_hub::~http2_hub() {
    for (const auto& session : sessions_)
        session->forget_owner();
}

std::shared_ptr<http2_session> http2_hub::find_room() const {
    for (const auto& session : sessions_) {
        if (session->room() > 0) return session;
    }
    return nullptr;
}

// A certificate has changed: what is under way is finished, and new calls take a new connection.
void http2_hub::leave_outdated() {
    if (std::ranges::none_of(sessions_, [](const auto& one) { return one->outdated(); })) return;
    const auto sessions = sessions_;  // one that is idle ends, and leaves
    for (const auto& session : sessions) {
        if (session->outdated()) session->retire();
    }
}

bool http2_hub::may_connect() const noexcept {
    // One whose settings are still to come may have room for many.
    const bool known = std::ranges::all_of(sessions_, [](const auto& session) {
        return session->settled() || session->doubted() || session->over();
    });
    return !connecting_ && known && sessions_.size() < where_->http.max_connections;
}

asio::awaitable<result<http2_hub::way>> http2_hub::acquire(deadline until) {
    if (core_->stopped) co_return fail(error_kind::cancelled, "the call was cancelled");
    if (speaks_ == protocol::http1) {
        if (pool_->idle() + pool_->busy() > 0) co_return way();
        speaks_ = protocol::unknown;  // it may have learned more since
    }
    leave_outdated();
    if (line_.empty()) {
        if (auto session = find_room()) {
            session->reserve();
            co_return way{std::move(session), {}};
        }
        if (may_connect()) co_return co_await connect(until);
    }
    co_return co_await stand_in_line(until);
}

asio::awaitable<result<http2_hub::way>> http2_hub::connect(deadline until) {
    const auto self = shared_from_this();
    result<client_lease> lease = co_await open(until);
    if (!lease) {
        on_failure(lease.error(), until);
        co_return std::unexpected(std::move(lease.error()));
    }
    if (!(*lease)->speaks_http2()) {
        speaks_ = protocol::http1;
        for (waiter* const one : line_) {
            one->http1 = true;
            one->place.wake_later();
        }
        line_.clear();
        co_return way{nullptr, std::move(*lease)};
    }
    speaks_ = protocol::http2;
    auto session =
        http2_session::start(core_, where_, std::move(*lease), &http2_hub::on_change, this);
    sessions_.push_back(session);
    session->reserve();
    if (retired_) session->retire();
    serve_line();
    co_return way{std::move(session), {}};
}

asio::awaitable<result<client_lease>> http2_hub::open(deadline until) {
    // Ends also with an exception, or nobody would connect again.
    struct in_progress {
        explicit in_progress(http2_hub& of) noexcept : hub(of) {
            hub.connecting_ = true;
            hub.pool_->offer_http2(true);
        }
        ~in_progress() {
            hub.pool_->offer_http2(false);
            hub.connecting_ = false;
        }
        in_progress(const in_progress&) = delete;
        in_progress& operator=(const in_progress&) = delete;
        http2_hub& hub;
    };
    const in_progress now(*this);
    co_return co_await pool_->acquire(until);
}

// What failed for one would fail for all who waited for it, unless it had no more time.
void http2_hub::on_failure(const error& why, deadline until) {
    const bool own = why.kind == error_kind::cancelled || until.passed(core_->time.now());
    if (!own) {
        for (waiter* const one : std::exchange(line_, {})) {
            one->failed = why;
            one->place.wake_later();
        }
    }
    serve_line();
}

asio::awaitable<result<http2_hub::way>> http2_hub::stand_in_line(deadline until) {
    const auto self = shared_from_this();
    waiter me(*core_, line_, until);
    const std::uint64_t generation = aborts_;
    while (!me.turn && !me.given && !me.failed && !me.http1 && me.stopped == stop::none) {
        co_await me.place.wait();
        if (me.place.cancelled()) me.stopped = stop::cancelled;
    }
    if (me.turn && me.stopped == stop::none && generation == aborts_) {
        connecting_ = false;
        co_return co_await connect(until);
    }
    co_return leave_line(me, generation);
}

result<http2_hub::way> http2_hub::leave_line(waiter& me, std::uint64_t generation) {
    std::erase(line_, &me);
    if (me.place.cancelled() && me.stopped == stop::none) me.stopped = stop::cancelled;
    if (generation != aborts_) me.stopped = stop::aborted;
    if (me.stopped != stop::none) {
        // What it was given meanwhile goes to the next.
        if (me.given) me.given->unreserve();
        if (me.turn) connecting_ = false;
        serve_line();
        if (me.stopped != stop::timed_out) {
            return fail(error_kind::cancelled, "the call was cancelled");
        }
        return fail(error_kind::timeout, std::string("the deadline passed while waiting for a ") +
                                             (connecting_ ? "connection" : "free stream") + " to " +
                                             where_->authority);
    }
    if (me.failed) return std::unexpected(std::move(*me.failed));
    return way{std::move(me.given), {}};
}

// Whoever waits longest has what there is.
void http2_hub::serve_line() {
    while (!line_.empty()) {
        waiter* const first = line_.front();
        if (auto session = find_room()) {
            session->reserve();
            first->given = std::move(session);
        } else if (may_connect()) {
            connecting_ = true;  // until its turn has come
            first->turn = true;
        } else {
            return;
        }
        line_.pop_front();
        first->place.wake_later();
    }
}

void http2_hub::on_change(void* self) noexcept {
    auto& hub = *static_cast<http2_hub*>(self);
    std::erase_if(hub.sessions_, [](const auto& session) { return session->over(); });
    hub.serve_line();
}

void http2_hub::retire() {
    retired_ = true;
    const auto sessions = sessions_;
    for (const auto& session : sessions)
        session->retire();
}

void http2_hub::abort() noexcept {
    ++aborts_;
    for (const auto& session : std::exchange(sessions_, {}))
        session->abort();
    for (waiter* const one : std::exchange(line_, {})) {
        one->timeout.stop();
        one->stopped = stop::aborted;
        one->place.wake_later();
    }
}

}  // namespace symphony::net::detail
