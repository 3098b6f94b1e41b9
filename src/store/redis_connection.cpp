#include "store/redis_connection.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace symphony::detail {

namespace asio = boost::asio;

namespace {

using namespace std::chrono_literals;

constexpr duration kept_up_unused = 5s;  // attempts go on so long after the last command
constexpr duration least_silence = 200ms;
constexpr int silent_timeouts = 4;
constexpr std::size_t most_unsent = 16;  // so that Redis works while more is being asked for
constexpr std::size_t most_slots = 65'536;
constexpr std::size_t most_out_bytes = std::size_t{16} << 20;

error cancelled_error() {
    error made;
    made.kind = error_kind::cancelled;
    made.message = "the call was cancelled";
    return made;
}

}  // namespace

// Lies in the frame of `ask`, which may go at any time: then nobody wants the reply any more.
struct redis_connection::pending {
    pending(redis_connection& to, const redis_request& asked)
        : home(to), what(asked), place(*to.core_) {}
    ~pending() { home.leave(*this); }
    pending(const pending&) = delete;
    pending& operator=(const pending&) = delete;

    void finish(error why) {
        fault = std::move(why);
        place.end(wake::done);
    }

    redis_connection& home;
    const redis_request& what;
    redis_waiter place;
    redis_reply reply;
    std::optional<error> fault;
    std::optional<std::uint64_t> slot_number;
    bool is_waiting = false;
};

redis_connection::redis_connection(std::shared_ptr<redis_core> core,
                                   std::unique_ptr<redis_locator> locator, redis_login login,
                                   std::shared_ptr<const redis_tls> tls, redis_limits limits,
                                   std::string name)
    : core_(std::move(core)),
      locator_(std::move(locator)),
      login_(std::move(login)),
      tls_(std::move(tls)),
      limits_(limits),
      name_(std::move(name)) {}

asio::awaitable<result<redis_reply>> redis_connection::ask(const redis_request& what,
                                                           instant until) {
    const auto self = shared_from_this();
    if (core_->stopped) co_return std::unexpected(cancelled_error());
    pending mine(*this, what);
    take_in(mine, core_->time.now());
    const wake why = co_await mine.place.wait(until);
    if (why == wake::cancelled || why == wake::stopped) {
        co_return std::unexpected(cancelled_error());
    }
    if (why == wake::timed_out) {
        error late = redis_error(
            is_ready()
                ? fmt::format("Redis at {} did not answer {} in time", name_, what.verb)
                : fmt::format("Redis at {} was not connected in time for {}", name_, what.verb));
        leave(mine);
        late.maybe_sent = mine.slot_number.has_value();
        if (is_silent(core_->time.now())) lose(silence(), true);
        co_return std::unexpected(std::move(late));
    }
    if (mine.fault) co_return std::unexpected(std::move(*mine.fault));
    co_return std::move(mine.reply);
}

void redis_connection::take_in(pending& command, instant now) {
    last_used_ = now;
    if (state_ == state::retired) {
        command.finish(reason_);
        return;
    }
    if (state_ == state::ready && is_silent(now)) lose(silence(), true);
    if (!working_) {
        working_ = true;
        state_ = state::connecting;
        asio::co_spawn(core_->executor, work(shared_from_this()), asio::detached);
    }
    if (down_) {
        command.finish(reason_);
    } else if (state_ == state::ready) {
        submit(command, now);
        if (unsent_ >= most_unsent) flush();
    } else {
        command.is_waiting = true;
        waiting_.push_back(&command);
    }
}

void redis_connection::submit(pending& command, instant now) {
    const std::string& bytes = command.what.bytes;
    if (slots_.size() >= most_slots || out_.size() + bytes.size() > most_out_bytes) {
        command.finish(redis_error(fmt::format("Redis at {} does not keep up", name_)));
        return;
    }
    command.slot_number = first_slot_ + slots_.size();
    slots_.push_back(
        {&command, now, handed_over_ + out_.size(), bytes.size(), command.what.replies});
    out_ += bytes;
    ++unsent_;
    flush_soon();
}

// A command that nobody waits for is taken back if none of it has been sent yet. Otherwise its
// reply will come, in its turn, and go nowhere.
void redis_connection::leave(pending& command) noexcept {
    if (std::exchange(command.is_waiting, false)) std::erase(waiting_, &command);
    if (!command.slot_number || *command.slot_number < first_slot_) return;
    const std::size_t index = *command.slot_number - first_slot_;
    if (index >= slots_.size() || slots_[index].who != &command) return;
    slot& mine = slots_[index];
    mine.who = nullptr;
    if (mine.begin < handed_over_) return;
    out_.erase(mine.begin - handed_over_, mine.size);
    for (std::size_t i = index + 1; i < slots_.size(); ++i)
        slots_[i].begin -= mine.size;
    mine.replies = 0;
    mine.size = 0;
    command.slot_number.reset();
}

// What the coroutines of one turn of the loop ask for goes out together.
void redis_connection::flush_soon() {
    if (sending_rest_ || std::exchange(flush_posted_, true)) return;
    asio::post(core_->executor, [self = shared_from_this()] {
        self->flush_posted_ = false;
        self->flush();
    });
}

void redis_connection::flush() {
    unsent_ = 0;
    if (sending_rest_ || state_ != state::ready || out_.empty()) return;
    std::string_view rest = out_;
    const result<void> sent = socket_->send_now(rest);
    handed_over_ += out_.size() - rest.size();
    out_.erase(0, out_.size() - rest.size());
    if (!sent) {
        lose(sent.error(), false);
    } else if (!out_.empty()) {
        sending_rest_ = true;
        asio::co_spawn(core_->executor, send_rest(shared_from_this(), socket_), asio::detached);
    }
}

asio::awaitable<void> redis_connection::send_rest(std::shared_ptr<redis_connection> /*self*/,
                                                  std::shared_ptr<redis_socket> to) {
    while (to == socket_ && state_ == state::ready && !out_.empty()) {
        const std::string piece = std::exchange(out_, {});
        handed_over_ += piece.size();
        const result<void> sent = co_await to->send(piece);
        if (!sent && to == socket_ && state_ == state::ready) lose(sent.error(), false);
    }
    if (to == socket_) sending_rest_ = false;
}

bool redis_connection::take_reply(redis_reply reply) {
    while (!slots_.empty() && slots_.front().replies == 0) {
        slots_.pop_front();
        ++first_slot_;
    }
    if (slots_.empty() || slots_.front().begin >= handed_over_) return false;
    if (--slots_.front().replies > 0) return true;
    pending* const who = slots_.front().who;
    slots_.pop_front();
    ++first_slot_;
    if (who != nullptr) {
        who->reply = std::move(reply);
        who->place.end(wake::done);
    }
    return true;
}

void redis_connection::become_ready() {
    state_ = state::ready;
    down_ = false;
    proven_ = false;
    sending_rest_ = false;
    last_reply_ = core_->time.now();
    for (pending* const command : std::exchange(waiting_, {})) {
        command->is_waiting = false;
        submit(*command, last_reply_);
    }
}

void redis_connection::become_down(error why) {
    ++failures_;
    down_ = true;
    reason_ = std::move(why);
    for (pending* const command : std::exchange(waiting_, {})) {
        command->is_waiting = false;
        command->finish(reason_);
    }
}

void redis_connection::lose(error why, bool is_down) {
    failures_ = proven_ ? 0 : failures_ + 1;
    down_ = is_down;
    reason_ = std::move(why);
    if (state_ == state::ready) state_ = state::connecting;
    socket_->close();
    for (const slot& one : slots_) {
        if (one.who == nullptr) continue;
        error fault = reason_;
        fault.maybe_sent = one.begin < handed_over_;
        one.who->slot_number.reset();
        one.who->finish(std::move(fault));
    }
    first_slot_ += slots_.size();
    slots_.clear();
    handed_over_ += out_.size();
    out_.clear();
}

void redis_connection::drop(error why) {
    if (state_ != state::ready) return;
    proven_ = false;  // so that what is still not right is not asked again and again
    lose(std::move(why), false);
}

void redis_connection::retire(error why) noexcept {
    if (state_ == state::ready) lose(why, true);
    state_ = state::retired;
    become_down(std::move(why));
    if (socket_) socket_->close();
}

bool redis_connection::is_wanted() const {
    return state_ != state::retired &&
           (!waiting_.empty() || difference(core_->time.now(), last_used_) < kept_up_unused);
}

// Replies come in order: when the first in line was given up and nothing has come for long, the
// others would not be answered either.
bool redis_connection::is_silent(instant now) const noexcept {
    const auto first = std::ranges::find_if(slots_, [](const slot& s) { return s.replies > 0; });
    if (first == slots_.end() || first->who != nullptr) return false;
    const duration limit = std::max(least_silence, silent_timeouts * limits_.command);
    return difference(now, std::max(first->sent_at, last_reply_)) >= limit;
}

error redis_connection::silence() const {
    return redis_error(fmt::format("Redis at {} stays silent", name_));
}

}  // namespace symphony::detail
