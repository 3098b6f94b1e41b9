#include "net/decoded_body.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

#include <span>
#include <utility>

namespace symphony::net::detail {

namespace asio = boost::asio;

namespace {

constexpr std::size_t piece_bytes = std::size_t{32} << 10;
// Other calls of the loop have their turn after so many bytes: about 2 ms of work.
constexpr std::size_t turn_bytes = std::size_t{1} << 20;

bool has_whole_body(const wire_request& request, int status) noexcept {
    return request.method != "HEAD" && status != 204 && status != 206 && status != 304;
}

error make_error(error_kind kind, std::string message) {
    error why;
    why.kind = kind;
    why.message = std::move(message);
    why.maybe_sent = true;
    return why;
}

// Another turn of the loop. An error when there is no more use in going on.
asio::awaitable<std::optional<error>> pause(const destination& where, deadline until,
                                            const clock& time) {
    const auto state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none) {
        co_return make_error(error_kind::cancelled, "the call was cancelled");
    }
    if (until.passed(time.now())) {
        co_return make_error(
            error_kind::timeout,
            fmt::format("the deadline passed while decoding the answer of {}", where.authority));
    }
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    co_await asio::post(executor, asio::use_awaitable);
    co_return std::nullopt;
}

// The whole body at once, which is as long as `max_response_bytes` at most before and after.
asio::awaitable<result<std::string>> decode_whole(const destination& where, deadline until,
                                                  const clock& time, decoder_chain& decoding,
                                                  std::string_view input) {
    const auto piece = std::make_unique_for_overwrite<char[]>(piece_bytes);
    const std::size_t most = where.limits.max_response_bytes;
    std::string decoded;
    std::size_t this_turn = 0;
    for (;;) {
        const auto step = decoding.decode(input, {piece.get(), piece_bytes});
        if (!step) co_return std::unexpected(step.error());
        if (step->produced == 0) break;
        if (step->produced > most - decoded.size()) {
            co_return std::unexpected(
                make_error(error_kind::response_too_large,
                           fmt::format("the decoded answer is longer than {} bytes", most)));
        }
        input.remove_prefix(step->consumed);
        decoded.append(piece.get(), step->produced);
        this_turn += step->produced;
        if (this_turn < turn_bytes) continue;
        this_turn = 0;
        if (auto stopped = co_await pause(where, until, time)) {
            co_return std::unexpected(std::move(*stopped));
        }
    }
    if (const auto done = decoding.finish(); !done) co_return std::unexpected(done.error());
    co_return std::move(decoded);
}

}  // namespace

decoded_body::decoded_body(decoder_chain decoding, std::string beginning,
                           std::unique_ptr<body_source> rest)
    : decoding_(std::move(decoding)),
      beginning_(std::move(beginning)),
      rest_(std::move(rest)),
      input_(beginning_) {}

asio::awaitable<result<std::string_view>> decoded_body::read() {
    if (broken_) co_return std::unexpected(*broken_);
    if (ended_) co_return std::string_view();
    if (!decoded_) decoded_ = std::make_unique_for_overwrite<char[]>(piece_bytes);
    for (;;) {
        const auto step = decoding_.decode(input_, {decoded_.get(), piece_bytes});
        if (!step) co_return break_off(step.error());
        input_.remove_prefix(step->consumed);
        if (step->produced > 0) co_return std::string_view(decoded_.get(), step->produced);
        if (rest_) {
            result<std::string_view> next = co_await rest_->read();
            if (!next) co_return break_off(std::move(next.error()));
            input_ = *next;
        }
        if (!input_.empty()) continue;
        if (const auto done = decoding_.finish(); !done) co_return break_off(done.error());
        ended_ = true;
        co_return std::string_view();
    }
}

// The origin goes at once: its connection is of no more use to anybody.
result<std::string_view> decoded_body::break_off(error why) {
    rest_.reset();
    broken_ = why;
    return std::unexpected(std::move(why));
}

asio::awaitable<void> decode_answer(const destination& where, const wire_request& request,
                                    const send_options& options, const clock& time,
                                    result<response>& answer) {
    if (!has_whole_body(request, answer->status)) co_return;
    const auto codings = read_content_encoding(answer->fields);
    if (!codings || codings->empty()) co_return;
    decoder_chain decoding(*codings, where.limits.max_decoded_ratio);
    answer->fields.erase("content-encoding");
    answer->fields.erase("content-length");
    if (options.stream_response) {
        answer->stream = std::make_unique<decoded_body>(
            std::move(decoding), std::exchange(answer->body, {}), std::move(answer->stream));
        co_return;
    }
    result<std::string> body =
        co_await decode_whole(where, options.until, time, decoding, answer->body);
    if (body) {
        answer->body = std::move(*body);
    } else {
        answer = std::unexpected(std::move(body.error()));
    }
}

}  // namespace symphony::net::detail
