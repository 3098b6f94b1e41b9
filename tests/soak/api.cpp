#include "soak/api.hpp"

#include "soak/pattern.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace symphony::soak {

namespace asio = boost::asio;

namespace {

class pattern_body final : public body_source {
public:
    pattern_body(std::size_t size, std::uint32_t seed) : size_(size), seed_(seed) {}
    asio::awaitable<result<std::string_view>> read() override {
        piece_.resize(std::min<std::size_t>(size_ - at_, 16'384));
        for (char& c : piece_)
            c = pattern(seed_, at_++);
        co_return std::string_view(piece_);
    }
    std::optional<std::uint64_t> size() const noexcept override { return std::nullopt; }

private:
    std::size_t size_, at_ = 0;
    std::uint32_t seed_;
    std::string piece_;
};

class event_body final : public body_source {
public:
    explicit event_body(std::size_t count) : left_(count) {}
    asio::awaitable<result<std::string_view>> read() override {
        if (left_ == 0) co_return std::string_view();
        asio::steady_timer pause(co_await asio::this_coro::executor, std::chrono::milliseconds(1));
        co_await pause.async_wait(asio::use_awaitable);
        --left_;
        co_return std::string_view("data: tick\n\n");
    }
    std::optional<std::uint64_t> size() const noexcept override { return std::nullopt; }

private:
    std::size_t left_;
};

// "/name/1/2" is its name and up to two numbers.
struct question {
    explicit question(std::string_view target) {
        const std::size_t end = std::min(target.find('/', 1), target.size());
        name = target.substr(1, end - 1);
        const char* at = target.data() + end;
        const char* const last = target.data() + target.size();
        for (std::uint32_t* number : {&first, &second})
            if (at < last) at = std::from_chars(at + 1, last, *number).ptr;
    }
    std::string_view name;
    std::uint32_t first = 0, second = 0;
};

response stream(std::unique_ptr<body_source> body, std::string_view type) {
    response answer;
    answer.status = 200;
    answer.fields.add("content-type", type);
    answer.stream = std::move(body);
    return answer;
}

asio::awaitable<response> take_upload(net::server_request& request, std::uint32_t seed) {
    std::size_t size = 0;
    for (;;) {
        const result<std::string_view> piece = co_await request.body->read();
        if (!piece) co_return testing::make_response(400);
        if (piece->empty()) co_return testing::make_response(200, std::to_string(size));
        if (!follows(*piece, seed, size)) co_return testing::make_response(422);
        size += piece->size();
    }
}

asio::awaitable<response> answer(net::server_request& request) {
    const question asked(request.target);
    if (asked.name == "small")
        co_return testing::make_response(200, std::to_string(asked.first), "text/plain");
    if (asked.name == "large")
        co_return stream(std::make_unique<pattern_body>(asked.first, asked.second),
                         "application/octet-stream");
    if (asked.name == "events")
        co_return stream(std::make_unique<event_body>(asked.first), "text/event-stream");
    if (asked.name == "upload") co_return co_await take_upload(request, asked.first);
    if (asked.name == "status")
        co_return testing::make_response(static_cast<int>(asked.first), "{}");
    asio::steady_timer never(co_await asio::this_coro::executor, std::chrono::hours(1));
    co_await never.async_wait(asio::use_awaitable);
    co_return testing::make_response(200);
}

}  // namespace

api::api() : server_(testing::local_server::with_coroutine(answer)) {}

}  // namespace symphony::soak
