#pragma once

#include "support/client_rig.hpp"
#include "symphony/core/clock.hpp"
#include "symphony/net/asio_timers.hpp"
#include "symphony/net/http_client.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace symphony::test_support {

/// A call with all of its answer, which is read to the end.
struct whole_call {
    outgoing what;
    boost::asio::cancellation_signal cancel;
    std::optional<result<std::string>> got;

    /// As it must be when it may have been cancelled in time.
    [[nodiscard]] ::testing::AssertionResult came_to(const std::string& text) const {
        if (!got) return ::testing::AssertionFailure() << "it goes on for ever";
        if (*got && **got == text) return ::testing::AssertionSuccess();
        if (*got) return ::testing::AssertionFailure() << "another text: " << (*got)->size();
        return ::testing::AssertionFailure()
               << to_string(got->error().kind) << ": " << got->error().message;
    }
    [[nodiscard]] bool was_cancelled() const {
        return got && !*got && got->error().kind == error_kind::cancelled;
    }
};

/// A client whose loop goes turn by turn, so that a test can do something at every moment.
struct shard {
    /// It has called `send` after a turn.
    whole_call& start(const client_rig::target_ptr& where, outgoing what) {
        namespace asio = boost::asio;
        calls.push_back(std::make_unique<whole_call>());
        whole_call& made = *calls.back();
        made.what = std::move(what);
        asio::co_spawn(loop, perform(*client, where, made),
                       asio::bind_cancellation_slot(
                           made.cancel.slot(),
                           [&made](const std::exception_ptr& fault, result<std::string> text) {
                               EXPECT_EQ(fault, nullptr) << "an exception escaped";
                               made.got = std::move(text);
                           }));
        return made;
    }
    /// In a turn of its own: who is cancelled outside the loop hears of it when it may be over.
    void cancel(whole_call& call) {
        boost::asio::post(loop,
                          [&call] { call.cancel.emit(boost::asio::cancellation_type::terminal); });
    }
    [[nodiscard]] bool all_ended() const {
        return std::ranges::all_of(calls, [](const auto& one) { return one->got.has_value(); });
    }
    /// False when the calls have ended before that many turns.
    bool turn(std::size_t times) {
        for (std::size_t turn = 0; turn < times && !all_ended(); ++turn)
            loop.run_one_for(std::chrono::seconds(5));
        return !all_ended();
    }
    /// False when it takes too many turns.
    bool turn_until(const auto& done) {
        // So much patience, of which a turn in which nothing happens for 100 ms takes most.
        for (int left = 20'000; left > 0 && !done();) {
            loop.restart();
            left -= loop.run_one_for(std::chrono::milliseconds(100)) > 0 ? 1 : 400;
        }
        return done();
    }

    std::vector<std::unique_ptr<whole_call>> calls;  // outlive what waits in the loop
    boost::asio::io_context loop{1};
    std::unique_ptr<system_clock> time = std::make_unique<system_clock>();
    std::unique_ptr<net::asio_timers> wakeups =
        std::make_unique<net::asio_timers>(loop.get_executor(), *time);
    std::unique_ptr<net::http_client> client =
        std::make_unique<net::http_client>(loop.get_executor(), *time, *wakeups);

private:
    static boost::asio::awaitable<result<std::string>> perform(net::http_client& client,
                                                               client_rig::target_ptr where,
                                                               whole_call& call) {
        namespace this_coro = boost::asio::this_coro;
        net::wire_request request;
        request.method = call.what.method;
        request.target = call.what.target;
        request.body = call.what.body;
        request.stream = call.what.stream.get();
        result<response> got = co_await client.send(where, request, call.what.options);
        if (!got) co_return std::unexpected(std::move(got.error()));
        std::string text = std::move(got->body);
        while (got->stream) {
            // Asio throws where a cancelled coroutine waits once more.
            const auto state = co_await this_coro::cancellation_state;
            if (state.cancelled() != boost::asio::cancellation_type::none) {
                co_return fail(error_kind::cancelled, "the reader was cancelled");
            }
            result<std::string_view> piece = co_await got->stream->read();
            if (!piece) co_return std::unexpected(std::move(piece.error()));
            if (piece->empty()) break;
            text += *piece;
        }
        co_return text;
    }
};

}  // namespace symphony::test_support
