#include "symphony/testing/fake_transport.hpp"

#include "symphony/net/asio_timers.hpp"

#include <algorithm>
#include <utility>

namespace symphony::testing {

namespace asio = boost::asio;

namespace {

error make_error(error_kind kind, std::string message, bool maybe_sent) {
    error made;
    made.kind = kind;
    made.message = std::move(message);
    made.maybe_sent = maybe_sent;
    return made;
}

class counted {
public:
    explicit counted(std::size_t& count) noexcept : count_(count) { ++count_; }
    ~counted() { --count_; }
    counted(const counted&) = delete;
    counted& operator=(const counted&) = delete;

private:
    std::size_t& count_;
};

// Appends all of `from` to `to`; its error when it has one.
asio::awaitable<result<void>> read_all(body_source& from, std::string& to) {
    for (;;) {
        result<std::string_view> piece = co_await from.read();
        if (!piece) co_return std::unexpected(std::move(piece.error()));
        if (piece->empty()) co_return result<void>();
        to.append(*piece);
    }
}

asio::awaitable<result<response>> deliver(response answer, const sent_request& sent) {
    if (sent.options.stream_response) co_return std::move(answer);
    if (answer.stream) {
        const std::unique_ptr<body_source> stream = std::move(answer.stream);
        result<void> done = co_await read_all(*stream, answer.body);
        if (!done) co_return std::unexpected(std::move(done.error()));
    }
    if (sent.where && answer.body.size() > sent.where->limits.max_response_bytes) {
        co_return std::unexpected(
            make_error(error_kind::response_too_large, "the answer is too long", true));
    }
    co_return std::move(answer);
}

}  // namespace

fake_answer::fake_answer(int status, std::string body) {
    what->status = status;
    what->body = std::move(body);
}

fake_answer fake_answer::never() {
    return fake_answer(0).after(duration::max());
}

fake_answer fake_answer::failure(error_kind kind, bool maybe_sent) {
    return make_error(kind, "scripted failure", maybe_sent);
}

fake_answer fake_answer::after(duration wait) && {
    delay = wait;
    return std::move(*this);
}

fake_transport::fake_transport(const clock& time, timers& wakeups)
    : fake_transport(time, wakeups, {}) {}

fake_transport::fake_transport(const clock& time, timers& wakeups, handler on_request)
    : time_(time), wakeups_(wakeups), on_request_(std::move(on_request)) {}

fake_transport& fake_transport::answer(fake_answer next) {
    script_.push_back(std::move(next));
    return *this;
}

void fake_transport::on_request(handler answers) {
    on_request_ = std::move(answers);
}

asio::awaitable<result<response>> fake_transport::send(
    const std::shared_ptr<const net::destination>& where, const net::wire_request& request,
    const net::send_options& options) {
    headers fields;
    const auto more = request.more_fields == nullptr ? std::span<const header_view>{}
                                                     : request.more_fields->fields();
    for (const auto& list : {request.fields, more}) {
        for (const header_view field : list) {
            if (fields.add(field.name, field.value)) continue;
            co_return fail(error_kind::invalid_request, "a header field cannot go on the wire");
        }
    }
    sent_request& sent = requests_.emplace_back();
    sent.where = where;
    sent.method = request.method;
    sent.target = request.target;
    sent.fields = std::move(fields);
    sent.body = request.body;
    sent.streamed = request.stream != nullptr;
    sent.options = options;
    sent.at = time_.now();
    const counted one(in_flight_);
    co_return co_await play(sent, request.stream);
}

asio::awaitable<result<response>> fake_transport::play(sent_request& sent, body_source* stream) {
    if (stream != nullptr) {
        result<void> done = co_await read_all(*stream, sent.body);
        if (!done) {
            done.error().maybe_sent = true;
            co_return std::unexpected(std::move(done.error()));
        }
    }
    fake_answer next = next_answer(sent);
    const instant due = later(sent.at, next.delay);
    const deadline until = sent.options.until;
    const bool too_late = until.is_set() && until.at() <= due;
    if (next.delay > duration::zero() || too_late) {
        const instant wake = too_late ? until.at() : due;
        if (!co_await net::wait_until(wakeups_, wake)) {
            ++cancelled_;
            co_return std::unexpected(
                make_error(error_kind::cancelled, "the call was cancelled", true));
        }
    }
    if (too_late) {
        co_return std::unexpected(make_error(
            error_kind::timeout, "the deadline passed while waiting for the answer", true));
    }
    if (!next.what) co_return std::unexpected(std::move(next.what.error()));
    co_return co_await deliver(std::move(*next.what), sent);
}

fake_answer fake_transport::next_answer(const sent_request& sent) {
    if (!script_.empty()) {
        fake_answer next = std::move(script_.front());
        script_.pop_front();
        return next;
    }
    return on_request_ ? on_request_(sent) : fake_answer(200);
}

}  // namespace symphony::testing
