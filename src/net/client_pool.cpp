#include "net/client_pool.hpp"

#include "net/tls_origin.hpp"

#include <algorithm>

namespace symphony::net::detail {

namespace asio = boost::asio;

namespace {

// After a rest longer than this the connection's end may have come without the loop having seen it
// yet. Under load connections rest for less, and the look is saved.
constexpr auto trusted_rest = std::chrono::milliseconds(1);

}  // namespace

std::optional<instant> client_lease::give_back() {
    if (!connection_) return std::nullopt;
    return pool_->give_back(std::exchange(connection_, nullptr));
}

void client_lease::discard() noexcept {
    if (!connection_) return;
    const auto connection = std::exchange(connection_, nullptr);
    pool_->discard(*connection);
}

client_pool::waiter::waiter(const client_core& core, std::deque<waiter*>& in, deadline until)
    : line(in), place(core.executor), timeout(core.wakeups, this, [](void* self) noexcept {
          auto& late = *static_cast<waiter*>(self);
          late.stopped = client_connection::stop::timed_out;
          late.place.wake_later();
      }) {
    if (until.is_set()) timeout.set(until.at());
    line.push_back(this);
}

client_pool::client_pool(std::shared_ptr<client_core> core,
                         std::shared_ptr<const destination> where)
    : core_(std::move(core)),
      where_(std::move(where)),
      old_age_(core_->wakeups, this,
               [](void* self) noexcept { static_cast<client_pool*>(self)->close_old(); }) {}

client_pool::~client_pool() {
    if (core_->stopped) old_age_.stop();
    close_idle();
}

// The files were read anew with the configuration. A connection is held against those that it was
// opened with, so these have to be looked at.
void client_pool::change_to(const std::shared_ptr<const destination>& where) {
    const std::uint64_t revision = where->secured ? where->secured->revision() : 0;
    if (where_->secured && where_->secured->revision() != revision) {
        for (const auto* const all : {&idle_, &busy_}) {
            for (const auto& connection : *all)
                connection->catch_up(revision);
        }
        where_->secured->catch_up(core_->time.now(), revision);
    }
    where_ = where;
}

client_lease client_pool::take_idle() {
    while (!idle_.empty()) {
        auto connection = std::move(idle_.back());
        idle_.pop_back();
        const instant now = core_->time.now();
        const bool known_alive = now - connection->rested_at <= trusted_rest;
        if (now - connection->rested_at < where_->http.idle_timeout && !connection->outdated() &&
            (known_alive || connection->is_still_quiet())) {
            ++reused_;
            add_busy(connection);
            return {shared_from_this(), std::move(connection)};
        }
        connection->close();
    }
    return {};
}

asio::awaitable<result<client_lease>> client_pool::acquire(deadline until) {
    if (busy_.size() + promised_ < where_->http.max_connections) return open(until);
    return stand_in_line(until);
}

asio::awaitable<result<client_lease>> client_pool::open(deadline until) {
    auto connection = std::make_shared<client_connection>(core_, where_, sessions_);
    connection->offer_http2(offers_http2_);
    add_busy(connection);
    client_lease lease(shared_from_this(), connection);
    ++opened_;
    const result<void> done = co_await connection->open(until);
    if (!done) co_return std::unexpected(done.error());
    co_return std::move(lease);
}

asio::awaitable<result<client_lease>> client_pool::stand_in_line(deadline until) {
    waiter me(*core_, line_, until);
    const std::uint64_t generation = aborts_;
    while (!me.turn && !me.given && me.stopped == client_connection::stop::none) {
        co_await me.place.wait();
        if (me.place.cancelled()) me.stopped = client_connection::stop::cancelled;
    }
    std::erase(line_, &me);
    if (me.turn) --promised_;
    // Cancelled in the moment between its turn and here.
    if (me.place.cancelled() && me.stopped == client_connection::stop::none) {
        me.stopped = client_connection::stop::cancelled;
    }
    // Its turn came first, the abort before it ran: it stood in the line no more.
    if (generation != aborts_) me.stopped = client_connection::stop::aborted;
    if (me.stopped != client_connection::stop::none) {
        // What it was given meanwhile goes to the next.
        if (me.given) give_back(std::move(me.given));
        if (me.turn) next_in_line();
        if (me.stopped != client_connection::stop::timed_out) {
            co_return fail(error_kind::cancelled, "the call was cancelled");
        }
        co_return fail(
            error_kind::timeout,
            "the deadline passed while waiting for a free connection to " + where_->authority);
    }
    if (me.given && !me.given->broken() && !me.given->ended()) {
        ++reused_;
        co_return client_lease(shared_from_this(), std::move(me.given));
    }
    if (me.given) {  // it died in the moment between, and its place is ours
        remove_busy(*me.given);
        me.given->close();
    }
    co_return co_await open(until);
}

std::optional<instant> client_pool::give_back(std::shared_ptr<client_connection> connection) {
    const bool whole = !retired_ && !core_->stopped && !connection->broken() &&
                       !connection->ended() && !connection->outdated() &&
                       connection->stopped() == client_connection::stop::none;
    if (!whole) {
        discard(*connection);
        return std::nullopt;
    }
    if (!line_.empty()) {
        waiter* const first = line_.front();
        line_.pop_front();
        connection->reused = true;
        first->given = std::move(connection);  // it stays among the busy
        first->place.wake_later();
        return std::nullopt;
    }
    remove_busy(*connection);
    const instant now = core_->time.now();
    connection->rested_at = now;
    client_connection& resting = *connection;
    idle_.push_back(std::move(connection));
    if (idle_.size() == 1) old_age_.set(later(now, where_->http.idle_timeout));
    resting.rest(
        [](client_connection& dead) noexcept {
            static_cast<client_pool*>(dead.keeper())->drop_idle(dead);
        },
        this);
    return now;
}

void client_pool::discard(client_connection& connection) noexcept {
    connection.close();
    remove_busy(connection);
    next_in_line();
}

void client_pool::add_busy(const std::shared_ptr<client_connection>& connection) {
    connection->place = busy_.size();
    busy_.push_back(connection);
}

void client_pool::remove_busy(client_connection& connection) noexcept {
    const std::size_t place = connection.place;
    busy_[place].swap(busy_.back());
    busy_[place]->place = place;
    busy_.pop_back();
}

void client_pool::drop_idle(client_connection& connection) noexcept {
    const auto found =
        std::ranges::find(idle_, &connection, &std::shared_ptr<client_connection>::get);
    if (found == idle_.end()) return;
    const auto dead = std::move(*found);
    idle_.erase(found);
    dead->close();
}

// A place has become free: whoever waits longest may open a connection.
void client_pool::next_in_line() noexcept {
    if (line_.empty()) return;
    waiter* const first = line_.front();
    line_.pop_front();
    first->turn = true;
    ++promised_;
    first->place.wake_later();
}

void client_pool::close_old() noexcept {
    const instant limit = core_->time.now() - where_->http.idle_timeout;
    const auto young = std::ranges::find_if(
        idle_, [&](const auto& connection) { return connection->rested_at > limit; });
    for (auto old = idle_.begin(); old != young; ++old)
        (*old)->close();
    idle_.erase(idle_.begin(), young);
    if (!idle_.empty()) {
        old_age_.set(later(idle_.front()->rested_at, where_->http.idle_timeout));
    }
}

void client_pool::close_unusable() noexcept {
    close_old();
    std::erase_if(idle_, [](const auto& connection) {
        if (!connection->outdated()) return false;
        connection->close();
        return true;
    });
}

void client_pool::close_idle() noexcept {
    for (const auto& connection : idle_)
        connection->close();
    idle_.clear();
}

void client_pool::abort() noexcept {
    ++aborts_;
    for (const auto& connection : busy_)
        connection->abort();
    for (waiter* const one : line_) {
        one->stopped = client_connection::stop::aborted;
        one->place.wake_later();
    }
}

void client_pool::retire() noexcept {
    retired_ = true;
    close_idle();
}

}  // namespace symphony::net::detail
