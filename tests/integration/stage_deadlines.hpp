#pragma once

#include "integration/expect_error.hpp"
#include "integration/stage_rig.hpp"
#include "support/client_rig.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace symphony::test_support {

/// Calls whose stages are bounded, and how they end.
class stage_deadlines : public ::testing::Test {
protected:
    using call = stage_rig::call;

    [[nodiscard]] std::shared_ptr<const net::destination> at(const misbehaving_server& server) {
        return destination_at(server.port(), {}, http);
    }
    /// Ends right at `bound`, not before, and as it should.
    void expect_end(const std::shared_ptr<call>& of, duration bound, const std::string& words,
                    bool maybe_sent) {
        rig.pass(bound - std::chrono::milliseconds(1));
        EXPECT_FALSE(of->outcome) << (*of->outcome ? "answered" : (*of->outcome).error().message);
        rig.pass(std::chrono::milliseconds(1));
        const result<response> got = rig.outcome_of(of);
        EXPECT_TRUE(failed_as(got, error_kind::timeout, maybe_sent));
        if (!got) EXPECT_THAT(got.error().message, ::testing::HasSubstr(words));
    }
    /// Whose deadline is so far away.
    [[nodiscard]] std::shared_ptr<call> within(duration d) {
        auto made = std::make_shared<call>();
        made->options.until = deadline::after(rig.time.now(), d);
        return made;
    }
    [[nodiscard]] std::shared_ptr<call> streamed() {
        auto made = std::make_shared<call>();
        made->options.stream_response = true;
        return made;
    }
    [[nodiscard]] bool sent_to(const misbehaving_server& server, const std::string& text) {
        return rig.run_until(
            [&] { return server.connections() > 0 && server.received(0).ends_with(text); });
    }

    /// Of a stream that `server` begins with "one" and, told to, goes on with "two".
    void expect_time_for_the_reader_and_none_for(misbehaving_server& server) {
        using namespace std::chrono_literals;
        http.first_byte_timeout = 1s;
        http.between_bytes_timeout = 2s;
        const result<response> got = rig.send(at(server), streamed());
        ASSERT_TRUE(answered(got));
        ASSERT_TRUE(got->stream);
        EXPECT_EQ(rig.outcome_of(rig.read(*got->stream)).value(), "one");
        rig.pass(20s);  // nobody reads
        const auto second = rig.read(*got->stream);
        rig.pass(1900ms);
        EXPECT_FALSE(second->outcome);
        server.go_on();
        EXPECT_EQ(rig.outcome_of(second).value(), "two");
        rig.pass(20s);
        const auto third = rig.read(*got->stream);
        rig.pass(1999ms);
        EXPECT_FALSE(third->outcome);
        rig.pass(1ms);
        const result<std::string> broken = rig.outcome_of(third);
        ASSERT_FALSE(broken);
        EXPECT_EQ(broken.error().kind, error_kind::timeout);
        EXPECT_THAT(broken.error().message, ::testing::HasSubstr("(betweenBytesTimeout)"));
    }

    http_options http;
    stage_rig rig;
};

}  // namespace symphony::test_support
