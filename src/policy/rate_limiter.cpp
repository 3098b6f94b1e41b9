#include "symphony/policy/rate_limiter.hpp"

#include "policy/rate_limiter_impl.hpp"

namespace symphony {

rate_limiter::rate_limiter(const rate_limit_options& options)
    : impl_(std::make_unique<impl>(options)) {}
rate_limiter::~rate_limiter() = default;

rate_decision rate_limiter::try_acquire(instant now, std::uint32_t cost) noexcept {
    return impl_->try_acquire(now, cost);
}

rate_decision rate_limiter::acquire(instant now, rate_waiter& waiter) {
    return impl_->acquire(now, waiter);
}

bool rate_limiter::cancel(rate_waiter& waiter, instant) noexcept {
    return impl_->cancel(waiter);
}

std::optional<instant> rate_limiter::poll(instant now) {
    return impl_->poll(now);
}

std::optional<instant> rate_limiter::next_poll(instant now) const {
    return impl_->next_poll(now);
}

void rate_limiter::refund(instant admitted_at, std::uint32_t cost, instant now) noexcept {
    impl_->refund(admitted_at, cost, now);
}

void rate_limiter::pause(instant until, instant) noexcept {
    impl_->pause(until);
}

void rate_limiter::narrow(std::uint64_t left, instant until, instant now) noexcept {
    impl_->narrow(left, until, now);
}

std::optional<rate_limiter::allowance> rate_limiter::narrowed(instant now) const noexcept {
    return impl_->narrowed(now);
}

void rate_limiter::reconfigure(const rate_limit_options& options, instant now) {
    impl_->reconfigure(options, now);
}

void rate_limiter::trim(instant now) noexcept {
    impl_->trim(now);
}

std::size_t rate_limiter::memory() const noexcept {
    return impl_->memory();
}

rate_limiter::view rate_limiter::look(instant now) const {
    return impl_->look(now);
}

std::size_t rate_limiter::queued() const noexcept {
    return impl_->queued();
}

}  // namespace symphony
