#include "soak/call.hpp"

#include "soak/pattern.hpp"
#include "symphony/core/json.hpp"
#include "symphony/testing/memory_body.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

namespace symphony::soak {

namespace asio = boost::asio;

namespace {

constexpr std::size_t large_size = 400'000, upload_size = 150'000, event_count = 20;
constexpr std::string_view one_event = "data: tick\n\n";
constexpr std::size_t longest_problem = 65'536;

std::vector<std::string> pieces_of(std::size_t size, std::uint32_t seed) {
    std::vector<std::string> pieces;
    for (std::size_t at = 0; at < size;) {
        std::string& piece = pieces.emplace_back(std::min<std::size_t>(size - at, 10'000), ' ');
        for (char& c : piece)
            c = pattern(seed, at++);
    }
    return pieces;
}

ending wrong(std::string why) {
    return {ending::type::wrong, std::move(why)};
}

ending failed(const error& why) {
    if (why.kind == error_kind::cancelled) return wrong("cancelled, and nobody gave it up");
    return {ending::type::failed, "seen by the caller: " + std::string(to_string(why.kind))};
}

// The whole body, as far as it is of any use.
asio::awaitable<result<std::string>> read_text(body_source& from) {
    std::string text;
    for (;;) {
        const result<std::string_view> piece = co_await from.read();
        if (!piece) co_return std::unexpected(piece.error());
        if (piece->empty() || text.size() > longest_problem) co_return text;
        text += *piece;
    }
}

// A problem of the gateway's own (RFC 9457) has a kind; without one it says nothing.
ending read_problem(const std::string& text, bool is_known) {
    const result<json> problem = json::parse(text);
    const std::string* kind = problem ? (*problem)["kind"].as_string() : nullptr;
    if (!kind) return wrong("a problem without a kind: " + text);
    if (*kind == "not_found" && !is_known) return {ending::type::unknown};
    return {ending::type::failed, *kind};
}

}  // namespace

call::call(std::mt19937_64& chance, std::string_view endpoint) {
    number_ = static_cast<std::uint32_t>(chance() % 100'000);
    const std::uint64_t dice = chance() % 100;
    if (dice < 76) {
        what_ = type::small;
        expected_ = std::to_string(number_);
        target_ = fmt::format("{}/small/{}", endpoint, number_);
    } else if (dice < 82) {
        what_ = type::large;
        target_ = fmt::format("{}/large/{}/{}", endpoint, large_size, number_);
    } else if (dice < 88) {
        what_ = type::upload;
        expected_ = std::to_string(upload_size);
        target_ = fmt::format("{}/upload/{}", endpoint, number_);
    } else if (dice < 93) {
        what_ = type::events;
        target_ = fmt::format("{}/events/{}", endpoint, event_count);
    } else if (dice < 98) {
        what_ = type::status;
        expected_ = "{}";
        status_ = static_cast<int>(400 + chance() % 100);
        target_ = fmt::format("{}/status/{}", endpoint, status_);
    } else if (dice < 99) {
        what_ = type::missing;
        status_ = 404;
        target_ = "/shop/nowhere";
    } else {
        what_ = type::hang;
        target_ = fmt::format("{}/hang", endpoint);
    }
}

asio::awaitable<ending> call::make(net::transport& by,
                                   const std::shared_ptr<const net::destination>& to,
                                   deadline until) const {
    testing::memory_body body(what_ == type::upload ? pieces_of(upload_size, number_)
                                                    : std::vector<std::string>());
    net::wire_request request;
    request.target = target_;
    if (what_ == type::upload) {
        request.method = "POST";
        request.stream = &body;
    }
    net::send_options options;
    options.until = until;
    options.stream_response = true;
    result<response> got = co_await by.send(to, request, options);
    if (!got) co_return failed(got.error());
    // An answer that came whole has no stream.
    if (!got->stream)
        got->stream = std::make_unique<testing::memory_body>(std::vector{std::move(got->body)});
    co_return co_await judge(*got);
}

asio::awaitable<ending> call::judge(response& got) const {
    if (got.fields.get("content-type") == "application/problem+json") {
        const result<std::string> text = co_await read_text(*got.stream);
        co_return text ? read_problem(*text, what_ != type::missing) : failed(text.error());
    }
    if (got.status != status_)
        co_return wrong(fmt::format("{} where {} was asked of {}", got.status, status_, target_));
    std::size_t at = 0;
    for (;;) {
        const result<std::string_view> piece = co_await got.stream->read();
        if (!piece) co_return failed(piece.error());
        if (piece->empty()) break;
        if (!is_right(*piece, at)) co_return wrong("another body than the API's: " + target_);
        at += piece->size();
    }
    if (at != size()) co_return wrong(fmt::format("{} bytes of {}: {}", at, size(), target_));
    co_return ending{status_ < 400 ? ending::type::answered : ending::type::passed_on};
}

std::size_t call::size() const {
    if (what_ == type::large) return large_size;
    return what_ == type::events ? event_count * one_event.size() : expected_.size();
}

bool call::is_right(std::string_view piece, std::size_t at) const {
    if (at + piece.size() > size()) return false;
    if (what_ == type::large) return follows(piece, number_, at);
    if (what_ != type::events) return expected_.compare(at, piece.size(), piece) == 0;
    for (std::size_t i = 0; i < piece.size(); ++i)
        if (piece[i] != one_event[(at + i) % one_event.size()]) return false;
    return true;
}

}  // namespace symphony::soak
