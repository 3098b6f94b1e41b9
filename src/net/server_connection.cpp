#include "net/server_connection.hpp"

#include "net/server_refusal.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>

#include <exception>
#include <string>
#include <utility>

namespace symphony::net::detail {

namespace asio = boost::asio;

namespace {

constexpr std::size_t idle_input_bytes = std::size_t{8} << 10;
constexpr std::size_t head_room = std::size_t{4} << 10;

std::string peer_text(const asio::ip::tcp::endpoint& peer) {
    const std::string address = peer.address().to_string();
    return (peer.address().is_v6() ? "[" + address + "]:" : address + ":") +
           std::to_string(peer.port());
}

class counted_in {
public:
    explicit counted_in(std::size_t& number) noexcept : number_(number) { ++number_; }
    ~counted_in() { --number_; }
    counted_in(const counted_in&) = delete;
    counted_in& operator=(const counted_in&) = delete;

private:
    std::size_t& number_;
};

}  // namespace

server_connection::server_connection(std::shared_ptr<server_core> core,
                                     asio::ip::tcp::socket socket,
                                     const asio::ip::tcp::endpoint& peer)
    : core_(std::move(core)),
      index_(core_->connections.size()),
      channel_(core_, std::move(socket)),
      parser_(core_->options.max_header_bytes),
      body_(channel_, request_.body_until),
      look_at_client_(core_->wakeups, this,
                      [](void* self) noexcept { static_cast<server_connection*>(self)->look(); }) {
    request_.body = &body_;
    request_.peer = peer_text(peer);
    core_->connections.push_back(this);
}

server_connection::~server_connection() {
    core_->connections[index_] = core_->connections.back();
    core_->connections[index_]->index_ = index_;
    core_->connections.pop_back();
}

void server_connection::start() {
    // The handler of the end keeps the cancellation signal alive for as long as Asio knows its
    // slot.
    asio::co_spawn(core_->executor, run(),
                   asio::bind_cancellation_slot(
                       cancel_.slot(), [self = shared_from_this()](const std::exception_ptr&) {}));
}

void server_connection::drain() noexcept {
    if (http2_) {
        http2_->drain();
    } else if (phase_ == phase::idle) {
        channel_.stop_waiting();
    }
}

void server_connection::stop() noexcept {
    const auto self = shared_from_this();
    gone_ = true;
    look_at_client_.stop();
    channel_.stop();
    if (http2_) http2_->lost();
    cancel_.emit(asio::cancellation_type::terminal);
}

asio::awaitable<void> server_connection::run() {
    bool in_order = false;
    try {
        const bool opened =
            !channel_.is_secured() ||
            co_await channel_.open(later(channel_.now(), core_->options.header_timeout));
        if (opened && !gone_) {
            begins_http2_ = channel_.speaks_http2();
            while (!begins_http2_ && co_await serve()) {
            }
            in_order = begins_http2_ ? co_await serve_http2() : !gone_ && !cut_short_;
        }
    } catch (...) {
        // Cancellation; there must not be anything else, and nobody is left to be told.
        static_cast<void>(std::current_exception());
    }
    unwatch();
    if (http2_) http2_->lost();
    channel_.close(in_order);
}

asio::awaitable<bool> server_connection::serve_http2() {
    http2_ = std::make_unique<http2_server_session>(channel_, weak_from_this(), request_.peer);
    co_return co_await http2_->run();
}

// One request and its answer. False ends the connection.
asio::awaitable<bool> server_connection::serve() {
    if (!co_await read_head()) co_return false;
    phase_ = phase::busy;
    served_any_ = true;
    keep_alive_ = parser_.framing().keep_alive;
    request_.body = &body_;  // a handler may have put another in its place
    body_.restart(parser_.framing());
    watch(channel_.now());

    const counted_in counted(core_->under_way);
    response answer;
    try {
        answer = co_await core_->on_request(request_);
    } catch (...) {
        // The handler's own business; its client learns that it failed.
        static_cast<void>(std::current_exception());
        answer.status = 0;
    }
    if (gone_) co_return false;
    if (answer.status < 200 || answer.status > 999) answer = failed_handler();
    const answer_plan plan = begin_answer(answer);
    bool sent = false;
    if (plan.sends_body && answer.stream) {
        sent = co_await send_stream(*answer.stream, plan);
    } else {
        std::string_view rest = plan.sends_body ? std::string_view(answer.body) : "";
        const server_channel::sent outcome = try_send_body(rest);
        sent = outcome == server_channel::sent::all ||
               (outcome == server_channel::sent::blocked && co_await channel_.send(rest));
    }
    unwatch();
    cut_short_ = !sent;
    if (!sent || gone_) co_return false;
    const bool whole = body_.settle() || co_await body_.drain();
    if (whole && keep_alive_ && !core_->draining) co_return true;
    // Unread input would turn the closing into a reset.
    if (!whole || !channel_.input.empty()) co_await channel_.linger();
    co_return false;
}

asio::awaitable<bool> server_connection::read_head() {
    phase_ = channel_.input.empty() ? phase::idle : phase::reading_head;
    if (phase_ == phase::idle) {
        if (core_->draining) co_return false;
        channel_.input.shrink(idle_input_bytes);
    }
    parser_.restart(request_);
    const server_options& options = core_->options;
    instant until =
        later(channel_.now(),
              served_any_ && phase_ == phase::idle ? options.idle_timeout : options.header_timeout);
    for (;;) {
        const http2_preface preface = served_any_ || channel_.is_secured() || !options.http2
                                          ? http2_preface::none
                                          : look_for_preface(channel_.input.view());
        if (preface == http2_preface::whole) {
            begins_http2_ = true;
            co_return false;
        }
        const request_parser::outcome outcome = preface == http2_preface::part
                                                    ? request_parser::outcome::more
                                                    : parser_.parse(channel_.input.view());
        if (outcome == request_parser::outcome::done) break;
        if (outcome == request_parser::outcome::failed) {
            co_await refuse(parser_.status());
            co_return false;
        }
        if (!channel_.input.empty() && phase_ == phase::idle) {
            phase_ = phase::reading_head;
            until = later(channel_.now(), options.header_timeout);
        }
        const server_channel::received got = co_await channel_.receive(head_room, until);
        if (got == server_channel::received::bytes) continue;
        // A request that was on its way when the server began to drain is still answered.
        if (core_->draining && phase_ == phase::idle && channel_.receive_now(head_room)) continue;
        if (got == server_channel::received::timed_out && phase_ == phase::reading_head)
            co_await refuse(408);
        co_return false;
    }
    channel_.input.consume(parser_.consumed());
    co_return true;
}

response server_connection::failed_handler() {
    keep_alive_ = false;
    return make_refusal(core_->options, 500, refusal_reason(500));
}

// Answers what never became a request, and closes. HEAD is heeded where the request line was read.
asio::awaitable<void> server_connection::refuse(int status) {
    if (gone_) co_return;
    append_refusal(channel_.out, make_refusal(core_->options, status, refusal_reason(status)),
                   request_.method, core_->date.at(channel_.now()));
    if (co_await channel_.send({})) co_await channel_.linger();
}

}  // namespace symphony::net::detail
