#include "policy/circuit_breaker_impl.hpp"

#include <algorithm>
#include <mutex>

// Who passes, and the way back from OPEN.

namespace symphony {

std::expected<circuit_permit, circuit_refusal> circuit_breaker::impl::try_acquire(
    circuit_breaker& owner, instant now, instant latest, std::uint64_t turn) noexcept {
    if (const auto refusal = quick_refusal(now)) return std::unexpected(*refusal);
    if (const auto phase = phase_.load(std::memory_order_acquire); (phase & 1) != 0) {
        return circuit_permit(owner, phase >> 1, 0, 0, now);
    }
    return acquire_slowly(owner, now, latest, turn);
}

// Apart, so that the usual way out needs no stack.
[[gnu::noinline]] std::expected<circuit_permit, circuit_refusal>
circuit_breaker::impl::acquire_slowly(circuit_breaker& owner, instant now, instant latest,
                                      std::uint64_t turn) noexcept {
    change happened;
    std::uint64_t generation = 0;
    std::uint64_t number = 0;
    std::uint32_t step = 0;
    std::optional<circuit_refusal> refusal;
    {
        const std::lock_guard hold(lock_);
        if (state_ == circuit_state::open) {
            refusal = refusal_at(refuse_until_.load(std::memory_order_relaxed), now);
            if (!refusal && !make_room_locked()) {
                refusal = circuit_refusal{duration::zero(), circuit_state::open};
            } else if (!refusal) {
                happened =
                    enter_locked(circuit_state::half_open, circuit_reason::reset_timeout, now);
            }
        }
        generation = phase_.load(std::memory_order_relaxed) >> 1;
        if (state_ == circuit_state::half_open) {
            step = run_->step;
            auto answer = recovery_answer::admit;
            if (turn != generation) {
                answer = answer_locked(now);
                ++run_->asked;
            }
            if (answer == recovery_answer::refuse) {
                refusal = circuit_refusal{duration::zero(), circuit_state::half_open};
            } else if (answer == recovery_answer::probe) {
                number = run_->next_probe++;
                run_->probes.push_back({number, latest});
            } else {
                number = no_probe;
            }
        }
    }
    tell(happened);
    if (refusal) return std::unexpected(*refusal);
    return circuit_permit(owner, generation, number, step, now);
}

std::optional<circuit_refusal> circuit_breaker::impl::look(instant now) const noexcept {
    if (const auto refusal = quick_refusal(now)) return refusal;
    if ((phase_.load(std::memory_order_acquire) & 1) != 0) return std::nullopt;
    return look_slowly(now);
}

[[gnu::noinline]] std::optional<circuit_refusal> circuit_breaker::impl::look_slowly(
    instant now) const noexcept {
    const std::lock_guard hold(lock_);
    if (state_ != circuit_state::half_open) {
        return refusal_at(refuse_until_.load(std::memory_order_relaxed), now);
    }
    const recovery_progress seen = progress_locked(now);
    if (recovery_->share(seen) || recovery_->admit(seen) != recovery_answer::refuse) {
        return std::nullopt;
    }
    return circuit_refusal{duration::zero(), circuit_state::half_open};
}

// Where probes are counted, only the permit decides: two that ask may both see the same free place.
std::optional<circuit_refusal> circuit_breaker::impl::ask(instant now,
                                                          std::uint64_t& turn) noexcept {
    turn = 0;
    if (const auto refusal = quick_refusal(now)) return refusal;
    if ((phase_.load(std::memory_order_acquire) & 1) != 0) return std::nullopt;
    return ask_slowly(now, turn);
}

[[gnu::noinline]] std::optional<circuit_refusal> circuit_breaker::impl::ask_slowly(
    instant now, std::uint64_t& turn) noexcept {
    const std::lock_guard hold(lock_);
    if (state_ != circuit_state::half_open) {
        return refusal_at(refuse_until_.load(std::memory_order_relaxed), now);
    }
    const recovery_answer answer = answer_locked(now);
    if (answer == recovery_answer::probe) return std::nullopt;
    ++run_->asked;
    if (answer == recovery_answer::refuse) {
        return circuit_refusal{duration::zero(), circuit_state::half_open};
    }
    turn = phase_.load(std::memory_order_relaxed) >> 1;
    return std::nullopt;
}

recovery_progress circuit_breaker::impl::progress_locked(instant now) const noexcept {
    recovery_progress seen;
    seen.asked = run_->asked;
    seen.since = since_;
    seen.now = now;
    seen.step = run_->step;
    seen.in_flight = static_cast<std::uint32_t>(
        std::ranges::count_if(run_->probes, [now](const probe& p) { return p.latest > now; }));
    seen.successes = run_->successes;
    seen.failures = run_->failures;
    seen.success_threshold = success_threshold_;
    return seen;
}

recovery_answer circuit_breaker::impl::answer_locked(instant now) noexcept {
    std::vector<probe>& out = run_->probes;
    std::erase_if(out, [now](const probe& p) { return p.latest <= now; });
    const recovery_answer answer = recovery_->admit(progress_locked(now));
    const bool full = out.size() == out.capacity();
    return answer == recovery_answer::probe && full ? recovery_answer::refuse : answer;
}

circuit_breaker::impl::change circuit_breaker::impl::probe_result_locked(const held& permit,
                                                                         outcome what,
                                                                         instant now) noexcept {
    if (permit.probe != no_probe) {
        std::vector<probe>& out = run_->probes;
        const auto mine = std::ranges::find(out, permit.probe, &probe::number);
        if (mine == out.end()) return {};  // its place went to another when its time was over
        out.erase(mine);
    }
    if (what == outcome::cancelled) return {};
    const bool failed = what == outcome::failure;
    if (failed) {
        ++consecutive_;
        ++run_->failures;
    } else {
        // A step is proven by calls of its own.
        if (permit.step != run_->step) return {};
        ++run_->successes;
    }
    switch (recovery_->judge(progress_locked(now), failed)) {
        case recovery_verdict::stay:
            return {};
        case recovery_verdict::next_step:
            run_->begin_step(run_->step + 1);
            return circuit_transition{state_, state_, circuit_reason::recovery_step, now};
        case recovery_verdict::close:
            return enter_locked(circuit_state::closed, circuit_reason::recovered, now);
        case recovery_verdict::open:
            return open_locked(circuit_reason::probe_failed, now);
    }
    return {};
}

void circuit_breaker::impl::half_open(instant now) noexcept {
    change happened;
    {
        const std::lock_guard hold(lock_);
        if (state_ != circuit_state::open || control_ == circuit_control::open) return;
        if (!make_room_locked()) return;
        happened = enter_locked(circuit_state::half_open, circuit_reason::health_check, now);
    }
    tell(happened);
}

void circuit_breaker::impl::stay_open(instant now, instant until) noexcept {
    const std::lock_guard hold(lock_);
    if (state_ != circuit_state::open || control_ == circuit_control::open) return;
    const instant longest = later(since_, longest_reset_);
    if (now >= longest) return;
    // The largest value means "by hand".
    const instant wanted = std::min(until, longest);
    if (count(wanted) > refuse_until_.load(std::memory_order_relaxed)) refuse_until_locked(wanted);
}

void circuit_breaker::impl::open_with_peers(instant now, instant until) noexcept {
    change happened;
    {
        const std::lock_guard hold(lock_);
        if (control_ != circuit_control::automatic) return;
        if (state_ != circuit_state::open) {
            happened = enter_locked(circuit_state::open, circuit_reason::peers, now);
        }
        refuse_until_locked(until);
    }
    tell(happened);
}

void circuit_breaker::impl::recover_with_peers(instant now) noexcept {
    change happened;
    {
        const std::lock_guard hold(lock_);
        if (control_ != circuit_control::automatic || state_ == circuit_state::closed) return;
        if (kind_ == recovery_kind::immediate || !make_room_locked()) {
            happened = enter_locked(circuit_state::closed, circuit_reason::peers, now);
        } else {
            happened = enter_locked(circuit_state::half_open, circuit_reason::peers, now);
            // Theirs stands for the success that proves it.
            if (kind_ == recovery_kind::gradual) run_->successes = 1;
            own_finding_ = false;
        }
    }
    tell(happened);
}

}  // namespace symphony
