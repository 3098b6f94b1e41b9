#include "call/observed_body.hpp"

#include "call/http_outcome.hpp"

#include <utility>

namespace symphony {

namespace asio = boost::asio;

observed_body::observed_body(std::unique_ptr<body_source> origin,
                             std::shared_ptr<const endpoint> on, const shard& where,
                             circuit_permit permit, bulkhead_permit slot, int status) noexcept
    : origin_(std::move(origin)),
      on_(std::move(on)),
      where_(where),
      permit_(std::move(permit)),
      slot_(std::move(slot)),
      status_(status) {}

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
    slot_.release();
    call_counts& counts = on_->state().metrics->of(where_.index);
    if (last) {
        permit_.success(where_.time.now());
        counts.end_call(status_);
        return;
    }
    const error_kind kind = last.error().kind;
    if (is_circuit_failure(on_->options(), last.error(), 1)) {
        permit_.failure(where_.time.now());
    } else {
        permit_.cancel();
    }
    counts.end_call(kind);
}

asio::awaitable<result<std::string_view>> resumed_body::read() {
    if (!std::exchange(begun_, true) && !beginning_.empty()) {
        co_return std::string_view(beginning_);
    }
    co_return co_await rest_->read();
}

}  // namespace symphony
