#include "net/client_exchange.hpp"

#include "net/request_head.hpp"
#include "net/server_timer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace symphony::net::detail {

namespace asio = boost::asio;

namespace {

constexpr int most_interim_answers = 16;
// A length the server only claims is not reserved beyond this.
constexpr std::uint64_t most_reserved = std::uint64_t{1} << 20;
// As curl has it: a smaller body is sooner sent than asked for.
constexpr std::uint64_t least_to_ask_leave = std::uint64_t{1} << 20;
constexpr auto longest_wait_for_leave = std::chrono::seconds(1);

}  // namespace

bool client_exchange::take_idle() {
    if (!again_ && !lease_) lease_ = pool_->take_idle();
    return static_cast<bool>(lease_);
}

asio::awaitable<bool> client_exchange::acquire() {
    result<client_lease> acquired = co_await pool_->acquire(options_.until);
    if (acquired) {
        lease_ = std::move(*acquired);
    } else {
        answer_ = std::unexpected(std::move(acquired.error()));
    }
    co_return acquired.has_value();
}

bool client_exchange::begin() {
    lease_->begin_use(options_.until);
    sent_at_.reset();
    asks_leave_ = wants_leave();
    result<void> written = write_request_head(*where_, request_, asks_leave_, lease_->out);
    if (written) return true;
    lease_->out.clear();
    lease_.give_back();
    answer_ = std::unexpected(std::move(written.error()));
    return false;
}

bool client_exchange::goes_again() noexcept {
    if (!send_failed_ || again_ || !lease_->reused || lease_->sent_bytes() > 0 ||
        lease_->stopped() != client_connection::stop::none) {
        return false;
    }
    lease_.discard();
    send_failed_ = false;
    again_ = true;
    return true;
}

bool client_exchange::is_final() {
    answered_early_ = take_head() != progress::more || lease_->ended();
    if (!answered_early_) lease_->note_heard();
    return answered_early_;
}

bool client_exchange::begins_anew() {
    if (!content_ || !answer_ || answer_->status != 417 || again_) return false;
    pool_->note_silence();
    lease_.discard();
    content_.reset();
    answer_ = response();
    answered_early_ = false;
    again_ = true;
    return true;
}

bool client_exchange::wants_leave() const {
    if (!where_->http.expect_continue || pool_->ignores_expect()) return false;
    const std::uint64_t size = request_.stream == nullptr
                                   ? request_.body.size()
                                   : request_.stream->size().value_or(least_to_ask_leave);
    return size >= least_to_ask_leave;
}

asio::awaitable<bool> client_exchange::wait_for_leave() {
    std::string_view nothing;
    note_send(lease_->send_now(nothing));
    if (blocked_) co_await send_rest(nothing);
    if (send_failed_) co_return false;
    const client_core& core = lease_->core();
    bool is_over = false;
    struct patience {
        client_connection& with;
        bool& is_over;
    } waits{*lease_, is_over};
    lazy_timer timer(core.wakeups, &waits, [](void* owner) noexcept {
        auto& own = *static_cast<patience*>(owner);
        own.is_over = true;
        own.with.wake();
    });
    timer.set(later(core.time.now(), longest_wait_for_leave));
    while (!has_leave_ && !is_over) {
        if (take_head() != progress::more) {
            answered_early_ = true;
            co_return false;
        }
        if (has_leave_) break;
        const bool lost = lease_->broken() || lease_->ended();
        if (lost || lease_->stopped() != client_connection::stop::none) co_return false;
        co_await lease_->next_event();
    }
    if (is_over && !has_leave_) pool_->note_silence();
    co_return true;
}

void client_exchange::note_send(client_connection::sent how) noexcept {
    blocked_ = how == client_connection::sent::blocked;
    send_failed_ = how == client_connection::sent::broken;
    answered_early_ = how == client_connection::sent::answered;
}

asio::awaitable<void> client_exchange::send_rest(std::string_view rest) {
    do {
        note_send(co_await lease_->send(rest));
    } while (answered_early_ && !is_final());
}

asio::awaitable<bool> client_exchange::send_stream() {
    const bool chunked = !request_.stream->size();
    std::uint64_t left = request_.stream->size().value_or(0);
    while (!send_failed_ && !answered_early_) {
        result<std::string_view> piece = co_await request_.stream->read();
        if (piece && !chunked && (piece->size() > left || (piece->empty() && left > 0))) {
            piece =
                fail(error_kind::invalid_request, "the streamed body is not as long as it said");
        }
        if (!piece) {
            piece.error().maybe_sent = true;
            answer_ = std::unexpected(std::move(piece.error()));
            co_return false;
        }
        const std::string_view text = *piece;
        left -= chunked ? 0 : text.size();
        if (chunked) write_chunk_head(text.size(), lease_->out);
        if (chunked && text.empty()) lease_->out += "\r\n";
        std::string_view rest = text;
        auto how = lease_->send_now(rest);
        note_send(how);
        if (blocked_) co_await send_rest(rest);
        if (text.empty()) break;
        if (chunked) lease_->out += "\r\n";  // goes with the next piece
    }
    co_return true;
}

// An interim answer is no first byte: the server may be as far from an answer as it was.
void client_exchange::limit_wait() {
    const http_options& http = where_->http;
    const instant now = lease_->core().time.now();
    if (!sent_at_) sent_at_ = now;
    const bool has_begun = content_ || !lease_->input.empty();
    if (!has_begun && http.first_byte_timeout) {
        lease_->limit(later(*sent_at_, *http.first_byte_timeout), time_limit::first_byte);
    } else if (has_begun && http.between_bytes_timeout) {
        lease_->limit(later(now, *http.between_bytes_timeout), time_limit::between_bytes);
    } else {
        lease_->lift_limit();
    }
}

client_exchange::progress client_exchange::refuse(error_kind kind, std::string message) {
    error why;
    why.kind = kind;
    why.message = std::move(message);
    why.maybe_sent = true;
    answer_ = std::unexpected(std::move(why));
    return progress::failed;
}

client_exchange::progress client_exchange::take_head() {
    if (!answer_) return progress::failed;
    while (!content_) {
        const std::string_view input = lease_->input.view();
        const std::size_t size = find_head_end(input, searched_);
        const std::size_t seen = size == 0 ? input.size() : size;
        if (seen > where_->limits.max_header_bytes) {
            return refuse(error_kind::response_too_large,
                          fmt::format("the head of the answer is longer than {} bytes",
                                      where_->limits.max_header_bytes));
        }
        if (size == 0) return progress::more;
        const bool answers_head = request_.method == "HEAD";
        if (auto read = parse_response_head(input.substr(0, size), answers_head, head_); !read) {
            return refuse(read.error().kind, std::move(read.error().message));
        }
        lease_->input.consume(size);
        searched_ = 0;
        if (head_.status >= 200) break;
        has_leave_ = has_leave_ || head_.status == 100;
        if (head_.status == 101 || ++interim_ > most_interim_answers) {
            return refuse(error_kind::protocol_error,
                          head_.status == 101 ? "the server switched protocols unasked"
                                              : "the server never came to a final answer");
        }
    }
    if (content_) return progress::done;
    content_.emplace(head_);
    answer_->status = head_.status;
    answer_->fields = std::move(head_.fields);
    if (head_.framing == body_framing::length) {
        const std::uint64_t most = where_->limits.max_response_bytes;
        if (!options_.stream_response && head_.length > most) {
            return refuse(error_kind::response_too_large,
                          fmt::format("the answer is longer than {} bytes", most));
        }
        answer_->body.reserve(static_cast<std::size_t>(std::min(head_.length, most_reserved)));
    }
    return progress::done;
}

client_exchange::progress client_exchange::take_body() {
    while (!content_->done()) {
        const auto [piece, consumed] = content_->next(lease_->input.view());
        answer_->body.append(piece);
        lease_->input.consume(consumed);
        if (content_->failed()) {
            return refuse(error_kind::protocol_error,
                          "the answer breaks HTTP: its chunks cannot be read");
        }
        if (!options_.stream_response && answer_->body.size() > where_->limits.max_response_bytes) {
            return refuse(error_kind::response_too_large,
                          fmt::format("the answer is longer than {} bytes",
                                      where_->limits.max_response_bytes));
        }
        if (piece.empty() && !content_->done()) {
            return options_.stream_response ? progress::done : progress::more;
        }
    }
    return progress::done;
}

client_exchange::progress client_exchange::on_end() {
    if (content_ && lease_->ended()) {
        content_->on_close();
        if (content_->done()) return progress::done;
    }
    const char* const stage = content_       ? "reading the answer of"
                              : send_failed_ ? "sending the request to"
                                             : "waiting for the answer of";
    error why = connection_failure(*lease_, *where_, stage);
    why.maybe_sent = why.maybe_sent && lease_->sent_bytes() > 0;
    answer_ = std::unexpected(std::move(why));
    return progress::failed;
}

void client_exchange::finish() {
    if (!answer_) return;
    const bool reusable = head_.keeps_alive && !send_failed_ && !answered_early_;
    if (!content_->done()) {
        std::optional<std::uint64_t> size;
        if (head_.framing == body_framing::length) size = head_.length;
        lease_->lift_limit();
        answer_->stream = std::make_unique<client_stream>(
            std::move(lease_), where_, *content_, std::exchange(answer_->body, {}), size, reusable);
    } else if (reusable && lease_->input.empty()) {
        to_.read_at = lease_.give_back();
    }
}

}  // namespace symphony::net::detail
