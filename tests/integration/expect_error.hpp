#pragma once

#include "symphony/net/response.hpp"

#include <gtest/gtest.h>

#include <optional>

namespace symphony::test_support {

/// For EXPECT_TRUE: what is wrong is said in one line. Without `maybe_sent` either may be right.
[[nodiscard]] inline ::testing::AssertionResult failed_as(const result<response>& got,
                                                          error_kind kind,
                                                          std::optional<bool> maybe_sent = {}) {
    if (got) return ::testing::AssertionFailure() << "an answer with status " << got->status;
    const error& fault = got.error();
    if (fault.kind == kind && (!maybe_sent || fault.maybe_sent == *maybe_sent)) {
        return ::testing::AssertionSuccess();
    }
    return ::testing::AssertionFailure()
           << to_string(fault.kind) << (fault.maybe_sent ? ", maybe sent: " : ", not sent: ")
           << fault.message << " [" << fault.remote << "]";
}

[[nodiscard]] inline ::testing::AssertionResult answered(const result<response>& got,
                                                         int status = 200) {
    if (!got) {
        return ::testing::AssertionFailure()
               << to_string(got.error().kind) << ": " << got.error().message << " ["
               << got.error().remote << "]";
    }
    if (got->status == status) return ::testing::AssertionSuccess();
    return ::testing::AssertionFailure() << "status " << got->status;
}

}  // namespace symphony::test_support
