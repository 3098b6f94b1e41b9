#pragma once

#include "call/attempt_permits.hpp"
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

    /// Begins an attempt: circuit breaker (look), rate limit, circuit breaker (permit), concurrency
    /// limit. False when the call is over instead.
    [[nodiscard]] bool prepare();
    [[nodiscard]] bool waits_for_permit() const noexcept {
        return stage_ == stage::queue || stage_ == stage::slot_queue;
    }
    [[nodiscard]] boost::asio::awaitable<void> wait_in_queue() {
        return stage_ == stage::queue ? wait_for_rate() : wait_for_slot();
    }
    [[nodiscard]] bool may_send() const noexcept { return stage_ == stage::send; }
    /// Begins to send, once more after a while where the endpoint hedges. `outcome` is then what
    /// came of it.
    [[nodiscard]] boost::asio::awaitable<void> transmit();
    /// Sends once, and follows where redirects lead, if it may.
    [[nodiscard]] boost::asio::awaitable<void> send(net::reply& to) const;
    [[nodiscard]] const endpoint& on() const noexcept { return on_; }
    [[nodiscard]] const net::send_options& sending() const noexcept { return sending_; }
    [[nodiscard]] bool has_stream() const noexcept {
        return outcome_ && outcome_->stream != nullptr;
    }
    /// What came of the call.
    [[nodiscard]] result<response>& outcome() noexcept { return outcome_; }
    /// Tells every policy what came of the attempt.
    void settle();

    // Of a hedged attempt.
    /// The permits of the attempt that counts.
    [[nodiscard]] attempt_permits& held() noexcept { return held_; }
    /// All permits for another attempt, taken at once, and the budget's leave; false without. The
    /// attempt then counts.
    [[nodiscard]] bool take_hedge_permits(attempt_permits& to, duration after);
    /// Tells every policy what came of an attempt that is not the one to `settle`.
    void report(attempt_permits& held, const result<response>& outcome);
    /// The same of one that was cancelled because another was first.
    void lost(attempt_permits& held, const result<response>& outcome);
    void hedged(std::size_t more, bool won) noexcept;

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
    enum class stage : std::uint8_t { refused, queue, slot_queue, send, settled, cancelled, over };

    [[nodiscard]] bool set_out();
    void take_rate_permit();
    void take_circuit_permit();
    void take_slot();
    [[nodiscard]] boost::asio::awaitable<void> wait_for_rate();
    [[nodiscard]] boost::asio::awaitable<void> wait_for_slot();
    void give_back(attempt_permits& held);
    [[nodiscard]] bool may_hedge() const noexcept;
    void refuse(error why);
    void refuse_rate(const rate_answer& answer);
    void refuse_circuit(const circuit_refusal& refusal);
    void refuse_slot(bool waited);
    void report_answer(attempt_permits& held, const response& answer, duration took);
    void report_error(attempt_permits& held, const error& why, duration took);
    void teach_limit(const attempt_permits& held, const response& answer);
    void heed_hint(const response& answer);
    [[nodiscard]] attempt_failure failure() const noexcept;
    void account() noexcept;
    [[nodiscard]] bool is_safe_to_repeat() const noexcept;
    [[nodiscard]] duration least_wait() const noexcept;
    void tell_probe(const std::string& answer, duration took) const;
    void tell_retry(const attempt_failure& why, duration wait) const;
    void tell(std::string_view name, const error& why) const;

    const endpoint& on_;
    const shard& where_;
    call_counts& counts_;
    const request& what_;
    const instant started_;
    instant now_;
    std::uint32_t tries_ = 0;  // attempts and local refusals
    int attempts_ = 0;
    method_label method_ = method_label::other;
    stage stage_ = stage::settled;
    bool answered_ = false;  // `outcome_` is of an attempt, not a refusal
    duration hint_{};        // how long the server asked to stay away
    circuit_turn turn_;
    attempt_permits held_;
    slow_watch slow_;
    std::string target_;
    outgoing fields_;
    std::optional<sent_body> body_;
    net::wire_request wire_;
    net::send_options sending_;
    net::reply reply_;
    result<response>& outcome_ = reply_.answer;
};

}  // namespace symphony
