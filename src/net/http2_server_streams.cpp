#include "net/http2_fields.hpp"
#include "net/http2_server_callbacks.hpp"
#include "net/http2_server_session.hpp"
#include "net/server_refusal.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <exception>
#include <utility>

// The streams of a session, from their beginning to their end.

namespace symphony::net::detail {

namespace asio = boost::asio;

namespace {

// What is read of a streamed answer before its client takes it.
constexpr std::size_t most_ahead = std::size_t{64} << 10;
// Handlers of streams that were reset may still be at work while new streams come.
constexpr std::size_t handlers_per_stream = 2;

}  // namespace

void http2_server_session::on_head_end(http2_server_stream& stream, bool ended) {
    frames_.forgive();
    stream.has_head = true;
    stream.complete = ended;
    stream.refusal = stream.head.finish(stream.request, ended);
    stream.owes_continue = stream.head.expects_continue();
    ready_.push_back(streams_[stream.index]);
}

void http2_server_session::on_data(http2_server_stream* stream, std::string_view bytes) {
    if (!bytes.empty()) frames_.forgive();
    if (stream == nullptr || stream->closed || stream->discards) {
        nghttp2_session_consume_connection(native_.get(), bytes.size());
        return;
    }
    stream->incoming.append(bytes);
    stream->unconsumed += bytes.size();
    stream->owes_continue = false;  // the client did not wait
    stream->reader.wake_later();
}

void http2_server_session::on_closed(http2_server_stream& stream, std::uint32_t code) {
    stream.closed = true;
    if (stream.reset_by_client || (code != NGHTTP2_NO_ERROR && !stream.reset_by_us)) {
        note_reset();
    } else if (code == NGHTTP2_NO_ERROR) {
        resets_.forgive_one();
    }
    head_since_.reset();
    gone_.push_back(std::move(streams_[stream.index]));
    if (stream.index + 1 < streams_.size()) {
        streams_[stream.index] = std::move(streams_.back());
        streams_[stream.index]->index = stream.index;
    }
    streams_.pop_back();
    if (streams_.empty()) {
        idle_since_ = channel_.now();
        expect_by(later(idle_since_, core().options.idle_timeout));
    }
}

bool http2_server_session::note_frame() {
    if (frames_.count(channel_.now())) return true;
    nghttp2_session_terminate_session(native_.get(), NGHTTP2_ENHANCE_YOUR_CALM);
    return false;
}

void http2_server_session::note_reset() {
    if (!resets_.count(channel_.now()))
        nghttp2_session_terminate_session(native_.get(), NGHTTP2_ENHANCE_YOUR_CALM);
}

// A request that was reset in the same breath is never begun.
void http2_server_session::settle() {
    for (auto& stream : std::exchange(ready_, {}))
        if (!stream->closed) begin(stream);
    for (auto& stream : std::exchange(gone_, {}))
        let_go(*stream);
}

void http2_server_session::begin(const std::shared_ptr<http2_server_stream>& stream) {
    if (stream->refusal != 0) {
        response refusal =
            make_refusal(core().options, stream->refusal, refusal_reason(stream->refusal));
        static_cast<void>(
            submit(*stream, refusal, plan_answer(refusal, stream->request.method, false, true)));
        discard_input(*stream);
        return;
    }
    if (running_ >= handlers_per_stream * core().options.max_streams) {
        reset(*stream, NGHTTP2_REFUSED_STREAM);
        return;
    }
    ++running_;
    stream->handling = true;
    // The handler of the end keeps the cancellation signal alive for as long as Asio knows its
    // slot.
    asio::co_spawn(
        core().executor, run_handler(*stream),
        asio::bind_cancellation_slot(stream->cancel.slot(),
                                     [self = self(), stream](const std::exception_ptr& /*none*/) {
                                         --self->running_;
                                         stream->handling = false;
                                         self->discard_input(*stream);
                                     }));
}

asio::awaitable<void> http2_server_session::run_handler(http2_server_stream& stream) {
    co_await serve(stream);
    // Asio has a last step for a coroutine that never waited, and what that throws nobody catches:
    // a handler may have stopped the server, and so itself.
    co_await asio::this_coro::throw_if_cancelled(false);
}

asio::awaitable<void> http2_server_session::serve(http2_server_stream& stream) {
    try {
        response answer = co_await handle(stream);
        if (stream.closed) co_return;
        const answer_plan plan = plan_answer(answer, stream.request.method, false, true);
        if (submit(stream, answer, plan) && plan.sends_body && answer.stream)
            co_await pass_on(stream, *answer.stream, plan.length);
    } catch (...) {
        static_cast<void>(std::current_exception());
        reset(stream, NGHTTP2_INTERNAL_ERROR);
    }
}

asio::awaitable<response> http2_server_session::handle(http2_server_stream& stream) {
    try {
        response answer = co_await core().on_request(stream.request);
        if (answer.status >= 200 && answer.status <= 999) co_return answer;
    } catch (...) {
        // The handler's own business; its client learns that it failed.
        static_cast<void>(std::current_exception());
    }
    co_return make_refusal(core().options, 500, refusal_reason(500));
}

// Puts the head on its way, and the body where the answer holds all of it.
bool http2_server_session::submit(http2_server_stream& stream, response& answer,
                                  const answer_plan& plan) {
    http2_fields fields;
    std::array<char, 4> status{};
    const auto end = std::to_chars(status.data(), status.data() + status.size(), answer.status);
    fields.add(":status", {status.data(), static_cast<std::size_t>(end.ptr - status.data())});
    bool dated = false;
    for (const header_view field : answer.fields) {
        if (iequals(field.name, "content-length") || iequals(field.name, "te")) continue;
        dated = dated || iequals(field.name, "date");
        fields.add_field(field);
    }
    if (!dated) fields.add("date", core().date.at(channel_.now()));
    if (plan.length) fields.add_content_length(*plan.length);

    if (plan.sends_body && !answer.stream) {
        stream.out = std::move(answer.body);
        stream.last_out = true;
    }
    const bool has_body = plan.sends_body && (answer.stream || !stream.out.empty());
    nghttp2_data_provider provider{};
    provider.source.ptr = &stream;
    provider.read_callback = http2_server_callbacks::read_body;
    const auto all = fields.all();
    if (nghttp2_submit_response(native_.get(), stream.id, all.data(), all.size(),
                                has_body ? &provider : nullptr) != 0) {
        reset(stream, NGHTTP2_INTERNAL_ERROR);
        return false;
    }
    stream.stalled_since = channel_.now();
    if (stream.unsent() > 0) expect_by(later(stream.stalled_since, core().options.write_timeout));
    flush_soon();
    return true;
}

// Each piece goes out as it comes; when the source has more at hand, as with a short answer that is
// passed on, it all leaves in one send.
asio::awaitable<void> http2_server_session::pass_on(http2_server_stream& stream,
                                                    body_source& source,
                                                    std::optional<std::uint64_t> length) {
    std::uint64_t total = 0;
    for (;;) {
        const result<std::string_view> piece = co_await source.read();
        if (stream.closed) co_return;
        if (!piece) break;
        total += piece->size();
        if (length && (total > *length || (piece->empty() && total != *length))) break;
        stream.last_out = piece->empty();
        append(stream, *piece);
        if (stream.last_out) co_return;
        while (stream.unsent() >= most_ahead) {
            co_await stream.writer.wait();
            if (stream.closed || stream.writer.cancelled()) co_return;
        }
    }
    // What there is goes out, and then a reset: the client must see that the body is cut short.
    stream.failed = true;
    append(stream, {});
}

void http2_server_session::append(http2_server_stream& stream, std::string_view piece) {
    if (stream.out_sent > stream.out.size() / 2) {
        stream.out.erase(0, stream.out_sent);
        stream.out_sent = 0;
    }
    if (stream.unsent() == 0) stream.stalled_since = channel_.now();
    stream.out.append(piece);
    expect_by(later(stream.stalled_since, core().options.write_timeout));
    nghttp2_session_resume_data(native_.get(), stream.id);
    flush_soon();
}

void http2_server_session::reset(http2_server_stream& stream, std::uint32_t code) {
    if (over_ || stream.closed || std::exchange(stream.reset_by_us, true)) return;
    nghttp2_submit_rst_stream(native_.get(), NGHTTP2_FLAG_NONE, stream.id, code);
    flush_soon();
}

void http2_server_session::taken(http2_server_stream& stream, std::size_t bytes) {
    bytes = std::min(bytes, stream.unconsumed);
    stream.unconsumed -= bytes;
    if (over_ || bytes == 0) return;
    nghttp2_session_consume(native_.get(), stream.id, bytes);
    flush_soon();
}

void http2_server_session::await_body(http2_server_stream& stream) {
    if (over_ || stream.closed) return;
    stream.patience.set(
        std::min(later(channel_.now(), core().options.idle_timeout), stream.request.body_until));
    if (!std::exchange(stream.owes_continue, false)) return;
    http2_fields interim;
    interim.add(":status", "100");
    const auto all = interim.all();
    nghttp2_submit_headers(native_.get(), NGHTTP2_FLAG_NONE, stream.id, nullptr, all.data(),
                           all.size(), nullptr);
    flush_soon();
}

// The stream's window stays as it is, so that the client sends no more of what nobody reads; the
// connection's is for the others.
void http2_server_session::discard_input(http2_server_stream& stream) {
    stream.discards = true;
    stream.incoming.clear();
    const std::size_t bytes = std::exchange(stream.unconsumed, 0);
    if (over_ || bytes == 0) return;
    nghttp2_session_consume_connection(native_.get(), bytes);
    flush_soon();
}

void http2_server_session::let_go(http2_server_stream& stream) noexcept {
    stream.closed = true;
    stream.patience.stop();
    stream.out.clear();
    stream.out_sent = 0;
    if (!stream.complete) discard_input(stream);
    stream.reader.wake_later();
    stream.writer.wake_later();
    if (stream.handling) stream.cancel.emit(asio::cancellation_type::terminal);
}

void http2_server_session::let_all_go() noexcept {
    const auto streams = std::exchange(streams_, {});
    const auto gone = std::exchange(gone_, {});
    ready_.clear();
    for (const auto& stream : streams)
        let_go(*stream);
    for (const auto& stream : gone)
        let_go(*stream);
}

}  // namespace symphony::net::detail
