#include "config/jq.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <thread>
#include <vector>

namespace symphony::detail {
namespace {

bool accepts(const std::string& program, const attempt_failure& failure) {
    const auto compiled = jq_program::compile(program);
    if (!compiled) {
        ADD_FAILURE() << program << ": " << compiled.error();
        return false;
    }
    return (*compiled)->accepts(failure);
}

std::string complaint(const std::string& program) {
    const auto compiled = jq_program::compile(program);
    return compiled ? "" : compiled.error();
}

TEST(jq, sees_the_failed_attempt) {
    attempt_failure answer;
    answer.status = 429;
    answer.attempt = 2;
    answer.message = "slow down";
    EXPECT_TRUE(accepts(".status == 429", answer));
    EXPECT_FALSE(accepts(".status == 503", answer));
    EXPECT_TRUE(accepts(".type == \"http\" and .kind == null and .attempt < 3", answer));
    EXPECT_TRUE(accepts(".message | test(\"slow\")", answer));
    attempt_failure lost;
    lost.kind = error_kind::connection_lost;
    lost.type = "network";
    EXPECT_TRUE(accepts(".type == \"network\" # a comment", lost));
    EXPECT_TRUE(accepts(".kind == \"connection_lost\"", lost));
    EXPECT_TRUE(accepts("def f: .status; f == 0", lost));
}

TEST(jq, an_error_or_nothing_is_no) {
    EXPECT_FALSE(accepts("error(\"x\")", {}));
    EXPECT_FALSE(accepts(".status.deep", {}));
    EXPECT_FALSE(accepts("empty", {}));
    EXPECT_FALSE(accepts("null", {}));
    EXPECT_FALSE(accepts("halt", {}));
    EXPECT_FALSE(accepts("halt_error", {}));
    EXPECT_TRUE(accepts("0", {}));  // jq's truth: all but false and null
}

TEST(jq, a_run_after_an_error_is_sound) {
    const auto program = jq_program::compile(".message | tonumber > 3");
    ASSERT_TRUE(program);
    attempt_failure text;
    text.message = "x";
    attempt_failure number;
    number.message = "4";
    for (int i = 0; i < 10; ++i) {
        EXPECT_FALSE((*program)->accepts(text));
        EXPECT_TRUE((*program)->accepts(number));
    }
}

TEST(jq, says_what_does_not_compile) {
    EXPECT_NE(complaint(".status =").find("syntax error"), std::string::npos);
    EXPECT_EQ(complaint("nosuch"), "nosuch/0 is not defined");
    EXPECT_EQ(complaint("  "), "an empty program");
    EXPECT_EQ(complaint(std::string(5000, ' ')), "longer than 4096 bytes");
    EXPECT_EQ(complaint(".status == $x"), "$x is not defined");
    EXPECT_NE(complaint("# only a comment"), "");
}

TEST(jq, reaches_neither_environment_nor_files) {
    EXPECT_FALSE(accepts("env.PATH", {}));
    EXPECT_FALSE(accepts("$ENV.PATH", {}));
    EXPECT_FALSE(accepts("env | length > 0", {}));
    EXPECT_FALSE(accepts("1) | ($ENV.PATH", {}));
    EXPECT_FALSE(accepts("input", {}));
    EXPECT_FALSE(accepts("\"a\" | modulemeta", {}));
    EXPECT_FALSE(accepts("input_filename", {}));
    EXPECT_NE(complaint("import \"a\" as a; true"), "");
    EXPECT_NE(complaint("include \"a\"; true"), "");
}

TEST(jq, threads_may_share_a_program) {
    const auto program = jq_program::compile(".attempt % 2 == 0");
    ASSERT_TRUE(program);
    std::atomic<int> wrong{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&] {
            for (std::uint32_t i = 0; i < 200; ++i) {
                attempt_failure failure;
                failure.attempt = i;
                if ((*program)->accepts(failure) != (i % 2 == 0)) ++wrong;
            }
        });
    }
    for (auto& thread : threads)
        thread.join();
    EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace symphony::detail
