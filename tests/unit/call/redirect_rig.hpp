#pragma once

#include "call_rig.hpp"
#include "symphony/net/transport.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace symphony::call_testing {

using symphony::testing::fake_answer;

[[nodiscard]] inline fake_answer redirect(int status, const std::string& to) {
    return answer(status, {{"location", to}}, "moved");
}

/// An endpoint that follows redirects, to an API that answers by script.
class endpoint_redirect : public ::testing::Test, protected call_rig {
protected:
    endpoint_redirect() : call_rig(true) { options.redirects.follow = redirect_policy::any; }

    [[nodiscard]] const symphony::testing::sent_request& sent(std::size_t index) const {
        return clockwork.requests().at(index);
    }
    [[nodiscard]] std::size_t count() const { return clockwork.requests().size(); }
    [[nodiscard]] std::string last_url() const {
        const auto& last = clockwork.requests().back();
        return last.where->base.scheme + "://" + last.where->authority + last.target;
    }
    [[nodiscard]] std::string why_not() const {
        for (const event& one : events) {
            if (one.name == "call.redirect" && one.fields.at(1).second == "false") {
                return std::string(one.message);
            }
        }
        return "followed";
    }
    int status_of(request what = {}) {
        const auto got = call(std::move(what));
        return got ? got->status : -1;
    }
};

}  // namespace symphony::call_testing
