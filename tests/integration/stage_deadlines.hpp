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

    http_options http;
    stage_rig rig;
};

}  // namespace symphony::test_support
