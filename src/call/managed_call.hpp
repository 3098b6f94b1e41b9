#pragma once

#include "call/endpoint.hpp"
#include "call/http_outcome.hpp"
#include "call/outgoing.hpp"
#include "call/sent_body.hpp"
#include "call/slow_watch.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace symphony {

/// One call on its way through the layers: everything is decided here, and the coroutine around it
/// (`run_call`) only waits and sends. On one shard, which it stays on. Whoever made it keeps the
/// endpoint and the request until it is gone.
class managed_call {
public:
    managed_call(const endpoint& on, const shard& where, const request& what);
    ~managed_call();
    managed_call(const managed_call&) = delete;
    managed_call& operator=(const managed_call&) = delete;

    /// Begins an attempt: circuit breaker (look), rate limit, circuit breaker (permit). False when
    /// the call is over instead.
    [[nodiscard]] bool prepare();
    [[nodiscard]] bool waits_for_permit() const noexcept { return stage_ == stage::queue; }
    [[nodiscard]] boost::asio::awaitable<void> wait_in_queue();
    [[nodiscard]] bool may_send() const noexcept { return stage_ == stage::send; }
    [[nodiscard]] const net::send_options& begin_sending() noexcept;
    [[nodiscard]] const net::wire_request& wire() const noexcept { return wire_; }
    [[nodiscard]] const std::shared_ptr<const net::destination>& where() const noexcept {
        return on_.where();
    }
    [[nodiscard]] bool has_stream() const noexcept {
        return outcome_ && outcome_->stream != nullptr;
    }
    /// Where the answer goes, and what came of the call in the end.
    [[nodiscard]] result<response>& outcome() noexcept { return outcome_; }
    /// Tells every policy what came of the attempt.
    void settle();

    [[nodiscard]] instant started() const noexcept { return started_; }

    /// When to try again, or nothing when what there is stands.
    [[nodiscard]] std::optional<instant> next_attempt_at();
    /// Reads a streamed answer that may be thrown away, so that its connection is free.
    [[nodiscard]] boost::asio::awaitable<void> collect_answer();
    void cancel();
    /// The same for a call that has its permits already: they go back.
    void withdraw();
    void finish();
    /// An exception ended it.
    void fail(error why);

private:
    enum class stage : std::uint8_t { refused, queue, send, settled, cancelled, over };

    [[nodiscard]] bool set_out();
    void take_rate_permit();
    void take_circuit_permit();
    void refuse(error why);
    void refuse_rate(const rate_answer& answer);
    void refuse_circuit(const circuit_refusal& refusal);
    void settle_answer(duration took);
    void settle_error(duration took);
    void heed_hint();
    [[nodiscard]] attempt_failure failure() const noexcept;
    [[nodiscard]] bool is_safe_to_repeat() const noexcept;
    [[nodiscard]] duration least_wait() const noexcept;
    void tell_retry(const attempt_failure& why, duration wait) const;
    void tell(std::string_view name, const error& why) const;

    const endpoint& on_;
    const shard& where_;
    call_counts& counts_;
    const request& what_;
    const instant started_;
    stage stage_ = stage::settled;
    instant now_;
    rate_permit rate_permit_{};
    instant sent_at_{};
    std::uint32_t tries_ = 0;  // attempts and local refusals
    int attempts_ = 0;
    method_label method_ = method_label::other;
    bool answered_ = false;  // `outcome_` is of an attempt, not a refusal
    duration hint_{};        // how long the server asked to stay away
    circuit_turn turn_;
    circuit_permit permit_;
    slow_watch slow_;
    std::string target_;
    outgoing fields_;
    std::optional<sent_body> body_;
    net::wire_request wire_;
    net::send_options sending_;
    result<response> outcome_;
};

}  // namespace symphony
