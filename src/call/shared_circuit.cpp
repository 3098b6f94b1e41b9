#include "call/shared_circuit.hpp"

#include "call/breaker_cell.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

#include <exception>
#include <utility>

namespace symphony {

namespace asio = boost::asio;

shared_circuit::beat::beat(shared_circuit& owner_of) noexcept
    : timer([](timer& fired) noexcept { static_cast<beat&>(fired).owner.start_round(); }),
      owner(owner_of) {}

shared_circuit::shared_circuit(circuit_sharing how, const shard& home,
                               const circuit_breaker_options& options,
                               std::optional<circuit_member::page_timing> page)
    : key_(std::move(how.key)),
      events_(std::move(how.events)),
      home_(home),
      store_(std::move(how.store)),
      beat_(*this),
      member_(how.who, options, page) {}

// The timer belongs to the home thread, so it goes there too, whoever drops it last.
std::shared_ptr<shared_circuit> shared_circuit::make(
    circuit_sharing how, const shard& home, const circuit_breaker_options& options,
    std::optional<circuit_member::page_timing> page) {
    const auto executor = home.executor;
    return {new shared_circuit(std::move(how), home, options, page),
            [executor](shared_circuit* circuit) {
                asio::post(executor, [owned = std::unique_ptr<shared_circuit>(circuit)] {});
            }};
}

// Timers that went first have disarmed it.
shared_circuit::~shared_circuit() {
    if (beat_.armed()) home_.wakeups.disarm(beat_);
}

void shared_circuit::follow(const std::shared_ptr<breaker_cell>& of) {
    asio::post(home_.executor, [self = shared_from_this(), cell = std::weak_ptr(of)] {
        self->of_ = cell;
        self->start_round();
    });
}

void shared_circuit::speak() {
    if (is_over()) return;
    asio::post(home_.executor, [self = shared_from_this()] { self->start_round(); });
}

void shared_circuit::reconfigure(const circuit_breaker_options& options,
                                 std::optional<circuit_member::page_timing> page) {
    const std::lock_guard lock(mutex_);
    member_.reconfigure(options, page);
}

void shared_circuit::retire() {
    if (retired_.exchange(true)) return;
    asio::post(home_.executor, [self = shared_from_this()] {
        if (!self->closed_.load()) self->home_.wakeups.disarm(self->beat_);
    });
}

void shared_circuit::close() noexcept {
    closed_.store(true);
}

void shared_circuit::drop_store() noexcept {
    store_.reset();
}

bool shared_circuit::may_check() const {
    const std::lock_guard lock(mutex_);
    return is_over() || member_.may_check();
}

bool shared_circuit::note_health(bool well) {
    {
        const std::lock_guard lock(mutex_);
        if (is_over() || !member_.is_led()) return false;
        member_.note_health(well);
    }
    speak();
    return true;
}

shared_circuit::view shared_circuit::look() const {
    const std::lock_guard lock(mutex_);
    const circuit_council& told = member_.heard();
    if (!up_.load()) return {false, false, 0, 0};  // nothing is known
    return {true, told.open, told.broken, told.sound};
}

void shared_circuit::start_round() {
    if (is_over()) return;
    if (speaking_) {
        again_ = true;
        return;
    }
    speaking_ = true;
    asio::co_spawn(
        home_.executor, round(), [self = shared_from_this()](const std::exception_ptr& fault) {
            self->speaking_ = false;
            if (self->is_over()) return;
            if (!fault) {
                // Somebody spoke after the last look.
                if (self->again_) self->start_round();
                return;
            }
            self->with_member([](circuit_member& member, instant) { member.lose_contact(); });
            self->set_up(false, "its client failed");
            self->home_.wakeups.arm(self->beat_,
                                    later(self->home_.time.now(), std::chrono::seconds(1)));
        });
}

asio::awaitable<void> shared_circuit::round() {
    do {
        again_ = false;
        const auto cell = of_.lock();
        if (!cell) co_return;
        co_await talk(cell);
        if (is_over()) co_return;
        home_.wakeups.arm(beat_, with_member([&](const circuit_member& member, instant now) {
                              return member.next(cell->breaker().inspect(now), now);
                          }));
    } while (again_);
}

// Orders are obeyed outside the lock: the breaker tells listeners of its changes.
asio::awaitable<void> shared_circuit::talk(std::shared_ptr<breaker_cell> cell) {
    obey(*cell, with_member([&](circuit_member& member, instant now) {
        return member.prepare(cell->breaker().inspect(now), now);
    }));
    const circuit_report says = with_member([&](circuit_member& member, instant now) {
        return member.say(cell->breaker().inspect(now), now, cell->was_refused(now));
    });
    const result<circuit_council> told = co_await store_->meet(key_, says);
    if (is_over()) co_return;
    obey(*cell, with_member([&](circuit_member& member, instant now) {
        if (told) return member.hear(*told, cell->breaker().inspect(now), now);
        member.lose_contact();
        return circuit_member::order();
    }));
    if (told && told->turn == circuit_turn_kind::probe) cell->forget_refused();
    set_up(told.has_value(), told ? std::string_view() : std::string_view(told.error().message));
}

void shared_circuit::obey(breaker_cell& cell, const circuit_member::order& what) const {
    using action = circuit_member::order::action;
    const instant now = home_.time.now();
    if (what.what == action::open) cell.breaker().open_with_peers(now, what.until);
    if (what.what == action::recover) cell.breaker().recover_with_peers(now);
}

void shared_circuit::set_up(bool up, std::string_view why) {
    if (up_.exchange(up) == up || !events_.heard()) return;
    event said;
    said.name = "circuit.store";
    said.level = up ? severity::info : severity::warn;
    said.message = up ? std::string("the store of shared circuits answers again")
                      : "the store of shared circuits gives no answer: " + std::string(why);
    said.fields = {{"store", up ? "redis" : "redis-down"}};
    said.at = home_.time.now();
    events_.tell(std::move(said));
}

}  // namespace symphony
