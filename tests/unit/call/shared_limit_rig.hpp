#pragma once

#include "call_rig.hpp"
#include "fake_store.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace symphony::call_testing {

/// An endpoint whose budget is in a store that the test looks into.
class shared_limit_rig : public ::testing::Test, protected call_rig {
protected:
    void limit(std::uint64_t per_minute) {
        options.rate_limit.emplace().max_requests_per_minute = per_minute;
        options.timeout = 10min;
        options.rate_sharing.emplace();
        store = std::make_shared<fake_store>(loop.get_executor(), time, per_minute, 1min);
    }
    std::vector<std::string>& in_order() {
        transport.on_send = [this](const sent_request& seen) -> result<response> {
            order.push_back(seen.target);
            return answer(200);
        };
        return order;
    }
    void make() {
        build();
        state.gate = rate_gate::make(*options.rate_limit, here,
                                     rate_sharing{*options.rate_sharing, "k", store, on->events()});
        std::const_pointer_cast<endpoint>(on)->attach(state);
    }
    void cancel(const std::shared_ptr<pending_call>& call) {
        call->cancel.emit(asio::cancellation_type::terminal);
        settle();
    }
    std::shared_ptr<fake_store> store;
    std::vector<std::string> order;
};

}  // namespace symphony::call_testing
