#include "net/http2_exchange.hpp"

#include "net/http2_body.hpp"

#include <optional>
#include <utility>

namespace symphony::net::detail {

namespace asio = boost::asio;

namespace {

using stop = http2_stream::stop;

// Leaves the stream when the coroutine that waits for its answer goes, however that may be.
class http2_use {
public:
    http2_use(std::shared_ptr<http2_session> session, std::shared_ptr<http2_stream> stream) noexcept
        : session_(std::move(session)), stream_(std::move(stream)) {}
    ~http2_use() {
        if (stream_) session_->abandon(*stream_);
    }
    http2_use(const http2_use&) = delete;
    http2_use& operator=(const http2_use&) = delete;

    [[nodiscard]] http2_stream& stream() const noexcept { return *stream_; }
    [[nodiscard]] http2_session& session() const noexcept { return *session_; }
    [[nodiscard]] std::unique_ptr<body_source> into_body(
        const std::shared_ptr<const destination>& where, std::optional<std::uint64_t> size) {
        return std::make_unique<http2_body>(session_, std::exchange(stream_, nullptr), where, size);
    }

private:
    std::shared_ptr<http2_session> session_;
    std::shared_ptr<http2_stream> stream_;
};

asio::awaitable<void> wait_for(http2_stream& stream) {
    co_await stream.place.wait();
    if (stream.place.cancelled()) stream.stop_with(stop::cancelled);
}

// Sends the body piece by piece, until it is sent or the stream is over. What is wrong with the
// body itself is the stream's failure.
asio::awaitable<void> send_body(http2_use& use, body_source& body) {
    http2_stream& stream = use.stream();
    std::optional<std::uint64_t> left = body.size();
    for (bool last = false; !last && !stream.over() && !stream.closed;) {
        result<std::string_view> piece = co_await body.read();
        if (stream.over()) co_return;
        if (piece && left && (piece->size() > *left || (piece->empty() && *left > 0))) {
            piece =
                fail(error_kind::invalid_request, "the streamed body is not as long as it said");
        }
        if (!piece) {
            piece.error().maybe_sent = true;
            stream.fail(std::move(piece.error()));
            co_return;
        }
        if (left) *left -= piece->size();
        last = piece->empty();
        stream.last_outgoing = last;
        stream.outgoing = *piece;
        use.session().send_more(stream);
        while (!stream.outgoing.empty() && !stream.over() && !stream.closed)
            co_await wait_for(stream);
    }
}

}  // namespace

asio::awaitable<http2_outcome> http2_send(const std::shared_ptr<client_core>& core,
                                          std::shared_ptr<http2_session> session,
                                          const std::shared_ptr<const destination>& where,
                                          const wire_request& request,
                                          const send_options& options) {
    const auto stream =
        std::make_shared<http2_stream>(*core, options.until, where->http, options.stream_response);
    http2_use use(session, stream);
    http2_outcome outcome;
    if (auto begun = session->begin(stream, request); !begun) {
        stream->closed = true;
        outcome.answer = std::unexpected(std::move(begun.error()));
        co_return outcome;
    }
    const bool reads_body = request.stream != nullptr && !stream->over();
    if (reads_body) co_await send_body(use, *request.stream);
    const auto has_enough = [&] {
        return stream->over() || stream->closed || (options.stream_response && stream->has_head);
    };
    while (!has_enough())
        co_await wait_for(*stream);
    if (stream->stopped != stop::none) {
        outcome.answer = std::unexpected(stop_error(*stream, *where));
    } else if (stream->broken) {
        outcome.goes_again =
            stream->refused && !reads_body && stream->broken->kind == error_kind::connection_lost;
        outcome.answer = std::unexpected(std::move(*stream->broken));
    } else {
        outcome.answer = std::move(stream->answer);
        if (options.stream_response && !stream->ended) {
            outcome.answer->stream = use.into_body(where, content_length(outcome.answer->fields));
        } else {
            outcome.answer->body = std::move(stream->body);
        }
    }
    co_return outcome;
}

}  // namespace symphony::net::detail
