#include "gateway/data_plane.hpp"

#include "gateway/hop_by_hop.hpp"
#include "gateway/problem.hpp"
#include "gateway/proxy_target.hpp"
#include "gateway/rate_limit_fields.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <memory>
#include <string>
#include <utility>

namespace symphony::gateway {

namespace asio = boost::asio;

namespace {

// The body of the request being handled, which outlives the call made for it.
class borrowed_body final : public body_source {
public:
    explicit borrowed_body(body_source& origin) : origin_(origin) {}
    asio::awaitable<result<std::string_view>> read() override { return origin_.read(); }
    std::optional<std::uint64_t> size() const noexcept override { return origin_.size(); }

private:
    body_source& origin_;
};

error too_long(std::uint64_t most) {
    error why;
    why.kind = error_kind::invalid_request;
    why.message =
        fmt::format("the request's body is longer than {} bytes (gateway.maxRequestBytes)", most);
    return why;
}

}  // namespace

// One whose size is not known before.
class bounded_body final : public body_source {
public:
    bounded_body(body_source& origin, std::uint64_t most)
        : origin_(origin), left_(most), most_(most) {}
    asio::awaitable<result<std::string_view>> read() override {
        if (broken_) co_return std::unexpected(too_long(most_));
        const result<std::string_view> piece = co_await origin_.read();
        if (piece && piece->size() > left_) {
            broken_ = true;
            co_return std::unexpected(too_long(most_));
        }
        if (piece) left_ -= piece->size();
        co_return piece;
    }
    std::optional<std::uint64_t> size() const noexcept override { return std::nullopt; }
    [[nodiscard]] bool broken() const noexcept { return broken_; }

private:
    body_source& origin_;
    std::uint64_t left_;
    const std::uint64_t most_;
    bool broken_ = false;
};

namespace {

template <class Number>
bool parse_number(std::string_view text, Number& out) noexcept {
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), out);
    return fault == std::errc() && end == text.data() + text.size();
}

// Takes over the body: whole when it is small and its size is known, else as a stream.
asio::awaitable<result<void>> take_body(net::server_request& received, request& call) {
    const std::optional<std::uint64_t> size = received.body->size();
    if (!size || *size > data_plane::small_body) {
        call.stream = std::make_shared<borrowed_body>(*received.body);
        co_return result<void>();
    }
    call.body.reserve(static_cast<std::size_t>(*size));
    for (;;) {
        result<std::string_view> piece = co_await received.body->read();
        if (!piece) co_return std::unexpected(std::move(piece.error()));
        if (piece->empty()) co_return result<void>();
        call.body.append(*piece);
    }
}

void add_attempts(response& answer) {
    std::array<char, 12> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), answer.attempts);
    answer.fields.set("symphony-attempts",
                      {digits.data(), static_cast<std::size_t>(end.ptr - digits.data())});
}

// Our own errors say it, too.
response counted(response answer) {
    add_attempts(answer);
    return answer;
}

response names_no_endpoint(std::string_view target) {
    error failure;
    failure.kind = error_kind::not_found;
    failure.message = "call /{tool}/{endpoint}/{path}";
    return counted(make_problem(failure, tool_of(target)));
}

}  // namespace

response refused_call(int status, std::string_view reason) {
    return counted(make_refusal(status, reason));
}

result<void> read_call_fields(const headers& received, request& call) {
    for (const header_view field : received) {
        if (field.name.size() < 13 || !iequals(field.name.substr(0, 9), "symphony-")) continue;
        if (iequals(field.name, "symphony-cost")) {
            if (!parse_number(field.value, call.cost) || call.cost > 1'000'000)
                return fail(error_kind::invalid_request,
                            "symphony-cost is not a whole number from 0 to 1000000");
        } else if (iequals(field.name, "symphony-priority")) {
            if (!parse_number(field.value, call.priority) || call.priority > 9)
                return fail(error_kind::invalid_request,
                            "symphony-priority is not a whole number from 0 to 9");
        }
    }
    return {};
}

// The endpoint's deadline begins here: a caller that is slow to send its body spends its own time.
asio::awaitable<result<void>> data_plane::take_body_in_time(net::server_request& received,
                                                            request& call,
                                                            const proxy_target& target) const {
    const std::optional<duration> timeout = client_.timeout_of(target.tool, target.endpoint);
    if (!timeout) co_return result<void>();  // the call will say that there is no such endpoint
    received.body_until = later(client_.time().now(), *timeout);
    result<void> taken = co_await take_body(received, call);
    call.timeout = received.body_until - client_.time().now();
    co_return taken;
}

// All of the call but its body. An answer where it is refused.
std::optional<response> data_plane::prepare(net::server_request& received,
                                            const proxy_target& target, request& call,
                                            std::shared_ptr<bounded_body>& bounded) const {
    call.method = received.method;
    call.path = target.path;
    call.query = target.query;
    call.stream_response = true;
    call.decode = false;  // answers pass through as they are
    if (received.has_body && max_request_bytes_) {
        const std::optional<std::uint64_t> size = received.body->size();
        if (size && *size > *max_request_bytes_)
            return make_problem(413, too_long(*max_request_bytes_), target.tool, target.endpoint);
        if (!size) {
            bounded = std::make_shared<bounded_body>(*received.body, *max_request_bytes_);
            received.body = bounded.get();
        }
    }
    if (const result<void> read = read_call_fields(received.fields, call); !read)
        return make_problem(read.error(), target.tool, target.endpoint);
    call.fields = forwarded_request_fields(received.fields);
    return std::nullopt;
}

response data_plane::to_answer(result<response>&& outcome, const proxy_target& target,
                               const bounded_body* bounded) const {
    if (!outcome && bounded != nullptr && bounded->broken())
        return counted(make_problem(413, outcome.error(), target.tool, target.endpoint));
    response answer =
        outcome ? std::move(*outcome) : make_problem(outcome.error(), target.tool, target.endpoint);
    if (outcome) remove_hop_by_hop(answer.fields);
    add_attempts(answer);
    std::string_view spent_tool = target.tool;
    std::string_view spent_endpoint = target.endpoint;
    if (const auto& by = answer.served_by) {
        answer.fields.set("symphony-served-by", *by);
        spent_tool = std::string_view(*by).substr(0, by->find('.'));
        spent_endpoint = std::string_view(*by).substr(spent_tool.size() + 1);
    }
    if (const auto budget = client_.rate_limit_view(spent_tool, spent_endpoint))
        add_rate_limit_fields(answer.fields, *budget);
    return answer;
}

// Little is kept across the call: the frame of a coroutine that is small is used again.
asio::awaitable<response> data_plane::handle(net::server_request& received) {
    const std::optional<proxy_target> target = parse_proxy_target(received.target);
    if (!target) co_return names_no_endpoint(received.target);
    std::shared_ptr<bounded_body> bounded;
    request call;
    if (std::optional<response> refused = prepare(received, *target, call, bounded))
        co_return counted(std::move(*refused));
    if (received.has_body) {
        const result<void> taken = co_await take_body_in_time(received, call, *target);
        if (!taken) co_return counted(make_problem(taken.error(), target->tool, target->endpoint));
    }
    co_return to_answer(co_await client_.call(target->tool, target->endpoint, std::move(call)),
                        *target, bounded.get());
}

}  // namespace symphony::gateway
