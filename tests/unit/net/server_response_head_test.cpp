#include "net/server_response_head.hpp"

#include "net/server_date.hpp"

#include <boost/asio/awaitable.hpp>
#include <gtest/gtest.h>

#include <memory>

namespace symphony::net::detail {
namespace {

class sized_stream final : public body_source {
public:
    explicit sized_stream(std::optional<std::uint64_t> size) : size_(size) {}
    boost::asio::awaitable<result<std::string_view>> read() override {
        co_return std::string_view();
    }
    std::optional<std::uint64_t> size() const noexcept override { return size_; }

private:
    std::optional<std::uint64_t> size_;
};

response make(int status, std::string body, headers fields = {}) {
    response answer;
    answer.status = status;
    answer.body = std::move(body);
    answer.fields = std::move(fields);
    return answer;
}

std::string head_of(const response& answer, std::string_view method = "GET", bool http_1_0 = false,
                    bool keep_alive = true) {
    std::string out;
    append_head(out, answer, plan_answer(answer, method, http_1_0, keep_alive), "now");
    return out;
}

TEST(server_response_head, says_the_length_of_a_body) {
    EXPECT_EQ(head_of(make(200, "hello", {{"X-A", "b"}})),
              "HTTP/1.1 200 OK\r\nX-A: b\r\nDate: now\r\nContent-Length: 5\r\n\r\n");
    EXPECT_EQ(head_of(make(404, "")),
              "HTTP/1.1 404 Not Found\r\nDate: now\r\nContent-Length: 0\r\n\r\n");
    EXPECT_EQ(head_of(make(299, "")), "HTTP/1.1 299 \r\nDate: now\r\nContent-Length: 0\r\n\r\n");
}

TEST(server_response_head, writes_the_fields_of_the_connection_once) {
    const headers given{{"content-length", "99"},
                        {"Transfer-Encoding", "chunked"},
                        {"connection", "keep-alive"},
                        {"Keep-Alive", "timeout=1"},
                        {"date", "then"}};
    EXPECT_EQ(head_of(make(200, "hello", given)),
              "HTTP/1.1 200 OK\r\ndate: then\r\nContent-Length: 5\r\n\r\n");
}

TEST(server_response_head, says_when_it_closes) {
    const std::string closing =
        "HTTP/1.1 200 OK\r\nDate: now\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    EXPECT_EQ(head_of(make(200, ""), "GET", false, false), closing);
    EXPECT_EQ(head_of(make(200, "", {{"Connection", "Close"}})), closing);
    EXPECT_EQ(head_of(make(200, ""), "GET", true, false), closing);
    EXPECT_EQ(head_of(make(200, ""), "GET", true, true),
              "HTTP/1.1 200 OK\r\nDate: now\r\nContent-Length: 0\r\nConnection: keep-alive\r\n"
              "\r\n");
}

TEST(server_response_head, sends_no_body_where_there_is_none) {
    for (const auto& [method, status] :
         {std::pair("HEAD", 200), std::pair("GET", 204), std::pair("GET", 304)})
        EXPECT_FALSE(plan_answer(make(status, "x"), method, false, true).sends_body) << status;
    const headers given{{"Content-Length", "7"}, {"content-length", "8"}};
    EXPECT_EQ(plan_answer(make(200, "", given), "HEAD", false, true).length, 7U);
    EXPECT_EQ(plan_answer(make(200, "hello"), "HEAD", false, true).length, 5U);
    EXPECT_EQ(plan_answer(make(200, ""), "HEAD", false, true).length, std::nullopt);
    EXPECT_EQ(plan_answer(make(304, "", given), "GET", false, true).length, 7U);
    EXPECT_EQ(plan_answer(make(304, "x"), "GET", false, true).length, std::nullopt);
    EXPECT_EQ(plan_answer(make(204, "", given), "GET", false, true).length, std::nullopt);
    EXPECT_EQ(plan_answer(make(200, "", {{"Content-Length", "1,2"}}), "HEAD", false, true).length,
              std::nullopt);
}

TEST(server_response_head, frames_streams) {
    response answer = make(200, "");
    answer.stream = std::make_unique<sized_stream>(std::nullopt);
    EXPECT_EQ(head_of(answer),
              "HTTP/1.1 200 OK\r\nDate: now\r\nTransfer-Encoding: chunked\r\n\r\n");
    EXPECT_EQ(head_of(answer, "GET", true, true),
              "HTTP/1.1 200 OK\r\nDate: now\r\nConnection: close\r\n\r\n");
    answer.stream = std::make_unique<sized_stream>(12);
    EXPECT_EQ(head_of(answer), "HTTP/1.1 200 OK\r\nDate: now\r\nContent-Length: 12\r\n\r\n");
}

TEST(server_date, is_formatted_for_http) {
    using namespace std::chrono;
    const auto at = [](sys_days day, hours h, minutes m, seconds s) {
        return format_http_date(wall_time(day) + h + m + s);
    };
    EXPECT_EQ(at(sys_days(1994y / November / 6), 8h, 49min, 37s), "Sun, 06 Nov 1994 08:49:37 GMT");
    EXPECT_EQ(at(sys_days(1970y / January / 1), 0h, 0min, 0s), "Thu, 01 Jan 1970 00:00:00 GMT");
    EXPECT_EQ(at(sys_days(2024y / February / 29), 23h, 59min, 59s),
              "Thu, 29 Feb 2024 23:59:59 GMT");
}

class stepped_clock final : public clock {
public:
    instant now() const noexcept override { return instant(since_start); }
    wall_time wall_now() const noexcept override {
        ++reads;
        return wall_time(std::chrono::sys_days(std::chrono::year(2024) / 1 / 1)) +
               std::chrono::milliseconds(600) + since_start;
    }
    duration since_start = std::chrono::seconds(5);
    mutable int reads = 0;
};

TEST(server_date, is_written_once_a_second) {
    stepped_clock time;
    date_cache cache(time);
    EXPECT_EQ(cache.at(time.now()), "Mon, 01 Jan 2024 00:00:05 GMT");
    time.since_start += std::chrono::milliseconds(399);
    EXPECT_EQ(cache.at(time.now()), "Mon, 01 Jan 2024 00:00:05 GMT");
    EXPECT_EQ(time.reads, 1);
    time.since_start += std::chrono::milliseconds(1);
    EXPECT_EQ(cache.at(time.now()), "Mon, 01 Jan 2024 00:00:06 GMT");
    EXPECT_EQ(time.reads, 2);
}

}  // namespace
}  // namespace symphony::net::detail
