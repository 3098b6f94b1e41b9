#include "call/observed_body.hpp"

#include "call/http_outcome.hpp"

#include <utility>

namespace symphony {

namespace asio = boost::asio;

observed_body::observed_body(std::unique_ptr<body_source> origin,
                             std::shared_ptr<const endpoint> on, const clock& time,
                             circuit_permit permit, bool ok) noexcept
    : origin_(std::move(origin)),
      on_(std::move(on)),
      time_(time),
      permit_(std::move(permit)),
      ok_(ok) {}

observed_body::~observed_body() {
    if (!over_) end(fail(error_kind::cancelled, ""));
}

asio::awaitable<result<std::string_view>> observed_body::read() {
    result<std::string_view> piece = co_await origin_->read();
    if (!over_ && (!piece || piece->empty())) end(piece);
    co_return piece;
}

void observed_body::end(const result<std::string_view>& last) noexcept {
    over_ = true;
    endpoint_metrics& metrics = *on_->state().metrics;
    metrics.in_flight.fetch_sub(1, std::memory_order_relaxed);
    if (last) {
        permit_.success(time_.now());
        (ok_ ? metrics.calls_ok : metrics.calls_error).fetch_add(1, std::memory_order_relaxed);
        return;
    }
    const error_kind kind = last.error().kind;
    if (is_circuit_failure(kind)) {
        permit_.failure(time_.now());
    } else {
        permit_.cancel();
    }
    metrics.calls_failed[static_cast<std::size_t>(kind)].fetch_add(1, std::memory_order_relaxed);
}

asio::awaitable<result<std::string_view>> resumed_body::read() {
    if (!std::exchange(begun_, true) && !beginning_.empty()) {
        co_return std::string_view(beginning_);
    }
    co_return co_await rest_->read();
}

}  // namespace symphony
