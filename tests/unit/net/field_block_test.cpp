#include "symphony/net/field_block.hpp"

#include <gtest/gtest.h>

#include <span>
#include <stdexcept>
#include <string>
#include <utility>

namespace symphony::net {
namespace {

TEST(field_block, is_written_out_once_and_keeps_its_fields) {
    std::string token = "Bearer t";
    const header_view fields[] = {{"accept", "a"}, {"x-empty", ""}, {"authorization", token}};
    field_block made(fields);
    token = "overwritten";
    const field_block block = std::move(made);
    EXPECT_EQ(block.lines(), "accept: a\r\nx-empty: \r\nauthorization: Bearer t\r\n");
    ASSERT_EQ(block.fields().size(), 3U);
    EXPECT_EQ(block.fields()[0].name, "accept");
    EXPECT_EQ(block.fields()[1].value, "");
    EXPECT_EQ(block.fields()[2].value, "Bearer t") << "a copy, at a place that does not move";
}

TEST(field_block, refuses_what_must_not_go_on_the_wire) {
    const header_view split[] = {{"a", "b"}, {"c", "d\r\ne: f"}};
    const header_view unnamed[] = {{"", "b"}};
    EXPECT_THROW(field_block{split}, std::invalid_argument);
    EXPECT_THROW(field_block{unnamed}, std::invalid_argument);
}

TEST(field_block, may_be_empty) {
    EXPECT_TRUE(field_block().lines().empty());
    EXPECT_TRUE(field_block(std::span<const header_view>{}).fields().empty());
}

}  // namespace
}  // namespace symphony::net
