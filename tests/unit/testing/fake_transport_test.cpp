#include "symphony/testing/fake_transport.hpp"

#include "symphony/testing/manual_timers.hpp"
#include "symphony/testing/memory_body.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <optional>
#include <utility>

namespace symphony::testing {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;

class fake_transport_test : public ::testing::Test {
protected:
    // What one call came to; nothing while it is under way.
    struct pending {
        std::optional<result<response>> outcome;
        asio::cancellation_signal cancel;
    };

    std::shared_ptr<pending> start(const net::wire_request& request = {},
                                   const net::send_options& options = {}) {
        auto call = std::make_shared<pending>();
        asio::co_spawn(
            loop, transport.send(where, request, options),
            asio::bind_cancellation_slot(
                call->cancel.slot(), [call](const std::exception_ptr& fault, result<response> got) {
                    EXPECT_EQ(fault, nullptr);
                    call->outcome = std::move(got);
                }));
        wakeups.run_due();
        return call;
    }

    static error_kind kind_of(const pending& call) {
        if (!call.outcome || *call.outcome) {
            ADD_FAILURE() << "no error";
            return error_kind::internal;
        }
        return call.outcome->error().kind;
    }

    asio::io_context loop;
    manual_clock time;
    manual_timers wakeups{time, [this] {
                              loop.restart();
                              loop.poll();
                          }};
    fake_transport transport{time, wakeups};
    std::shared_ptr<const net::destination> where =
        *net::destination::make(*url::parse("http://api.test"), {}, {}, {.max_response_bytes = 8});
};

TEST_F(fake_transport_test, records_all_of_a_request) {
    const std::array<header_view, 1> first{header_view{"a", "1"}};
    const std::array<header_view, 1> second{header_view{"b", "2"}};
    net::wire_request request;
    request.method = "PUT";
    request.target = "/x?y";
    request.fields = first;
    const net::field_block more(second);
    request.more_fields = &more;
    request.body = "text";
    time.advance(5s);
    const auto call = start(request, {.until = deadline(time.now() + 1s)});
    ASSERT_TRUE(call->outcome && *call->outcome);
    EXPECT_EQ((*call->outcome)->status, 200);
    ASSERT_EQ(transport.requests().size(), 1U);
    const sent_request& sent = transport.requests()[0];
    EXPECT_EQ(sent.method, "PUT");
    EXPECT_EQ(sent.target, "/x?y");
    EXPECT_EQ(sent.fields.get("A"), "1");
    EXPECT_EQ(sent.fields.get("b"), "2");
    EXPECT_EQ(sent.body, "text");
    EXPECT_EQ(sent.where, where);
    EXPECT_EQ(sent.at, time.now());
    EXPECT_EQ(sent.options.until.at(), time.now() + 1s);
}

TEST_F(fake_transport_test, plays_its_script_and_then_asks_its_handler) {
    transport.on_request([](const sent_request& sent) { return fake_answer(201, sent.target); });
    transport.answer(503).answer(fake_answer::failure(error_kind::connect_failed, false));
    EXPECT_EQ((**start()->outcome).status, 503);
    const auto failed = start();
    EXPECT_EQ(kind_of(*failed), error_kind::connect_failed);
    EXPECT_FALSE(failed->outcome->error().maybe_sent);
    EXPECT_EQ((**start()->outcome).body, "/");
}

TEST_F(fake_transport_test, answers_after_a_while) {
    transport.answer(fake_answer(200).after(3s));
    const auto call = start();
    wakeups.advance(2s);
    EXPECT_FALSE(call->outcome);
    EXPECT_EQ(transport.in_flight(), 1U);
    wakeups.advance(1s);
    ASSERT_TRUE(call->outcome);
    EXPECT_TRUE(call->outcome->has_value());
    EXPECT_EQ(transport.in_flight(), 0U);
}

TEST_F(fake_transport_test, keeps_to_the_deadline) {
    transport.answer(fake_answer(200).after(3s)).answer(fake_answer::never());
    for (int round = 0; round < 2; ++round) {
        const auto call = start({}, {.until = deadline(time.now() + 2s)});
        wakeups.advance(2s);
        EXPECT_EQ(kind_of(*call), error_kind::timeout);
        EXPECT_TRUE(call->outcome->error().maybe_sent);
    }
    EXPECT_EQ(wakeups.pending(), 0U);
}

TEST_F(fake_transport_test, waits_for_ever_until_it_is_cancelled) {
    transport.answer(fake_answer::never());
    const auto call = start();
    wakeups.advance(1000h);
    EXPECT_FALSE(call->outcome);
    call->cancel.emit(asio::cancellation_type::terminal);
    wakeups.run_due();
    EXPECT_EQ(kind_of(*call), error_kind::cancelled);
    EXPECT_EQ(transport.cancelled(), 1U);
    EXPECT_EQ(wakeups.pending(), 0U);
}

TEST_F(fake_transport_test, reads_a_streamed_request_body) {
    memory_body body({"one ", "two"});
    net::wire_request request;
    request.stream = &body;
    start(request);
    EXPECT_TRUE(transport.requests()[0].streamed);
    EXPECT_EQ(transport.requests()[0].body, "one two");

    memory_body broken({"one"}, error{error_kind::connection_lost, "scripted"});
    request.stream = &broken;
    const auto call = start(request);
    EXPECT_EQ(kind_of(*call), error_kind::connection_lost);
    EXPECT_TRUE(call->outcome->error().maybe_sent);
}

TEST_F(fake_transport_test, streams_an_answer_only_when_asked_to) {
    transport.on_request([](const sent_request&) {
        response answer;
        answer.status = 200;
        answer.stream = std::make_unique<memory_body>(std::vector<std::string>{"on", "e"});
        return fake_answer(std::move(answer));
    });
    const auto streamed = start({}, {.stream_response = true});
    EXPECT_NE((**streamed->outcome).stream, nullptr);
    const auto whole = start();
    EXPECT_EQ((**whole->outcome).stream, nullptr);
    EXPECT_EQ((**whole->outcome).body, "one");
}

TEST_F(fake_transport_test, refuses_what_the_real_one_refuses) {
    const std::array<header_view, 1> broken{header_view{"a", "1\r\nb: 2"}};
    net::wire_request request;
    request.fields = broken;
    EXPECT_EQ(kind_of(*start(request)), error_kind::invalid_request);
    EXPECT_TRUE(transport.requests().empty());

    transport.answer(fake_answer(200, "longer than eight bytes"));
    EXPECT_EQ(kind_of(*start()), error_kind::response_too_large);
}

}  // namespace
}  // namespace symphony::testing
