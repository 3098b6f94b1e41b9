#pragma once

#include "support/misbehaving_server.hpp"
#include "symphony/net/http_client.hpp"
#include "symphony/testing/manual_clock.hpp"
#include "symphony/testing/manual_timers.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace symphony::test_support {

/// A client against real servers whose time only the test moves: whatever a server does meanwhile,
/// no bound is met by chance. Runs only within the calls below, which give up after 20 s.
class stage_rig {
public:
    stage_rig() : client(std::in_place, loop.get_executor(), time, wakeups, &seen) {}
    ~stage_rig() {
        client.reset();
        loop.restart();
        loop.poll();
    }
    stage_rig(const stage_rig&) = delete;
    stage_rig& operator=(const stage_rig&) = delete;

    using target_ptr = std::shared_ptr<const net::destination>;

    struct call {
        std::string method = "GET";
        std::string body{};
        std::unique_ptr<body_source> stream{};
        net::send_options options{};
        std::optional<result<response>> outcome{};
    };

    std::shared_ptr<call> start(const target_ptr& where, std::shared_ptr<call> what = {}) {
        if (!what) what = std::make_shared<call>();
        boost::asio::co_spawn(loop, perform(*client, where, what),
                              [what](const std::exception_ptr& fault, result<response> got) {
                                  what->outcome =
                                      fault ? fail(error_kind::internal, "an exception escaped")
                                            : std::move(got);
                              });
        return what;
    }
    /// Runs what can run, and until `done`.
    [[nodiscard]] bool run_until(const std::function<bool()>& done) {
        const instant end = real_time.now() + std::chrono::seconds(20);
        while (!done()) {
            if (real_time.now() > end) return false;
            loop.restart();
            loop.run_one_for(std::chrono::milliseconds(10));
        }
        return true;
    }
    [[nodiscard]] bool has_read(std::size_t times) {
        return run_until([&] { return seen.reads >= times; });
    }
    void run_ready() {
        loop.restart();
        loop.poll();
    }
    /// Moves time.
    void pass(duration d) {
        run_ready();
        wakeups.advance(d);
        run_ready();
    }
    [[nodiscard]] result<response> outcome_of(const std::shared_ptr<call>& what) {
        if (!run_until([&] { return what->outcome.has_value(); })) {
            return fail(error_kind::internal, "the call never ended");
        }
        return std::move(*what->outcome);
    }
    [[nodiscard]] result<response> send(const target_ptr& where, std::shared_ptr<call> what = {}) {
        return outcome_of(start(where, std::move(what)));
    }

    /// A read of a stream under way.
    struct reading {
        std::optional<result<std::string>> outcome{};
    };
    std::shared_ptr<reading> read(body_source& from) {
        auto pending = std::make_shared<reading>();
        boost::asio::co_spawn(loop, read_once(from),
                              [pending](const std::exception_ptr&, result<std::string> got) {
                                  pending->outcome = std::move(got);
                              });
        run_ready();
        return pending;
    }
    [[nodiscard]] result<std::string> outcome_of(const std::shared_ptr<reading>& what) {
        if (!run_until([&] { return what->outcome.has_value(); })) std::terminate();
        return std::move(*what->outcome);
    }

    struct counting_hook final : net::io_hook {
        [[nodiscard]] bool fails(net::io_operation next) noexcept override {
            if (next == net::io_operation::read) ++reads;
            return false;
        }
        std::size_t reads = 0;
    };

    boost::asio::io_context loop{1};
    system_clock real_time;
    testing::manual_clock time;
    testing::manual_timers wakeups{time, [this] {
                                       if (!frozen) run_ready();
                                   }};
    bool frozen = false;  ///< time moves and nothing runs but what it wakes
    counting_hook seen;
    std::optional<net::http_client> client;

private:
    static boost::asio::awaitable<result<response>> perform(net::http_client& client,
                                                            target_ptr where,
                                                            std::shared_ptr<call> what) {
        net::wire_request request;
        request.method = what->method;
        request.body = what->body;
        request.stream = what->stream.get();
        co_return co_await client.send(where, request, what->options);
    }
    static boost::asio::awaitable<result<std::string>> read_once(body_source& from) {
        const result<std::string_view> piece = co_await from.read();
        if (!piece) co_return std::unexpected(piece.error());
        co_return std::string(*piece);
    }
};

}  // namespace symphony::test_support
