#include "support/client_rig.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>

#include <chrono>
#include <cstdlib>
#include <utility>

namespace symphony::test_support {

namespace asio = boost::asio;

namespace {

constexpr auto patience = std::chrono::seconds(20);

asio::awaitable<result<response>> perform(net::http_client& client, client_rig::target_ptr where,
                                          std::shared_ptr<pending_call> call) {
    net::wire_request request;
    request.method = call->what.method;
    request.target = call->what.target;
    request.fields = call->fields;
    request.body = call->what.body;
    request.stream = call->what.stream.get();
    net::reply came;
    came.answer->status = 500;
    came.answer->body = "what it held before";
    came.answer->fields.add("before", "1");
    came.read_at = instant();
    co_await client.send_into(came, where, request, call->what.options);
    call->read_at = came.read_at;
    co_return std::move(came.answer);
}

asio::awaitable<result<std::string>> collect(body_source& from, bool all) {
    std::string text;
    do {
        result<std::string_view> piece = co_await from.read();
        if (!piece) co_return std::unexpected(std::move(piece.error()));
        if (piece->empty()) break;
        text += *piece;
    } while (all);
    co_return text;
}

}  // namespace

client_rig::client_rig(net::io_hook* hook, const clock* other_time)
    : time(other_time != nullptr ? *other_time : real_time),
      wakeups(loop.get_executor(), time),
      client(std::in_place, loop.get_executor(), time, wakeups, hook) {}

client_rig::~client_rig() {
    client.reset();
    loop.restart();
    loop.poll();  // what was aborted comes to its end
}

std::shared_ptr<pending_call> client_rig::start(const target_ptr& where, outgoing what) {
    auto call = std::make_shared<pending_call>(std::move(what));
    asio::co_spawn(
        loop, perform(*client, where, call),
        asio::bind_cancellation_slot(
            call->cancel.slot(), [call](const std::exception_ptr& fault, result<response> got) {
                call->outcome =
                    fault ? fail(error_kind::internal, "an exception escaped") : std::move(got);
            }));
    return call;
}

result<response> client_rig::send(const target_ptr& where, outgoing what) {
    const auto call = start(where, std::move(what));
    if (!run_until([&] { return call->outcome.has_value(); })) {
        call->cancel.emit(asio::cancellation_type::terminal);
        return fail(error_kind::internal, "the call never ended");
    }
    return std::move(*call->outcome);
}

result<response> client_rig::get(const target_ptr& where, std::string target) {
    outgoing what;
    what.target = std::move(target);
    return send(where, std::move(what));
}

result<std::string> client_rig::read_all(body_source& from) {
    std::optional<result<std::string>> text;
    asio::co_spawn(loop, collect(from, true),
                   [&](const std::exception_ptr&, result<std::string> got) { text = got; });
    if (!run_until([&] { return text.has_value(); })) std::abort();  // the frame points here
    return *text;
}

result<std::string> client_rig::read_piece(body_source& from) {
    std::optional<result<std::string>> text;
    asio::co_spawn(loop, collect(from, false),
                   [&](const std::exception_ptr&, result<std::string> got) { text = got; });
    if (!run_until([&] { return text.has_value(); })) std::abort();
    return *text;
}

bool client_rig::run_until(const std::function<bool()>& done) {
    const instant end = real_time.now() + patience;
    while (!done()) {
        if (real_time.now() > end) return false;
        loop.restart();
        // Never for ever: what is waited for may happen in another thread.
        loop.run_one_for(std::chrono::milliseconds(10));
    }
    return true;
}

http_options http2_only() {
    http_options made;
    made.version = http_version::http2;
    return made;
}

std::shared_ptr<const net::destination> destination_at(std::uint16_t port, const tls_options& tls,
                                                       const http_options& http,
                                                       const limit_options& limits,
                                                       const std::string& base) {
    const url parsed = url::parse(base + ":" + std::to_string(port)).value();
    return net::destination::make(parsed, tls, http, limits).value();
}

}  // namespace symphony::test_support
