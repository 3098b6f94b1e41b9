// Any bytes as what a server of HTTP/2 sends while calls are under way: each call ends with an
// answer that holds together or with an error, and once the client is gone nothing is left of them:
// no coroutine, no timer, no descriptor, no memory that grows.
#include "symphony/net/http_client.hpp"
#include "symphony/testing/manual_timers.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <sanitizer/allocator_interface.h>
#include <source_location>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <utility>

namespace {

namespace asio = boost::asio;
using namespace symphony;
using net::destination;
using net::http_client;

void require(bool holds, const std::source_location& at = std::source_location::current()) {
    if (holds) return;
    std::fprintf(stderr, "line %u does not hold\n", at.line());
    std::abort();
}

constexpr std::size_t most_body = 5000;
constexpr std::size_t most_calls = 6;
// What all streams of these calls may hold, and then some: far below what a flood could make of it.
constexpr std::size_t most_memory = std::size_t{4} << 20;

// What outlives the runs: a loop, time, and a socket that takes connections. It has an abstract
// address, which leaves no file behind.
class world {
public:
    world() {
        listener_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        socklen_t size = sizeof(sa_family_t);  // the kernel chooses a name
        auto* const generic = reinterpret_cast<sockaddr*>(&address);
        require(::bind(listener_, generic, size) == 0 && ::listen(listener_, 64) == 0);
        size = sizeof(address);
        require(::getsockname(listener_, generic, &size) == 0);
        http_options http;
        http.version = http_version::http2;
        http.max_connections = 2;
        http.unix_socket.assign(address.sun_path, size - sizeof(sa_family_t));
        limit_options limits;
        limits.max_header_bytes = 2000;
        limits.max_response_bytes = most_body;
        where = destination::make(url::parse("http://h").value(), {}, http, limits).value();
    }

    void settle() {
        loop.restart();
        while (loop.poll() > 0) {
        }
    }
    [[nodiscard]] int accept() const {
        return ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK);
    }
    // The lowest descriptor that is free: the same again when none was lost.
    [[nodiscard]] int next_descriptor() const {
        const int next = ::dup(listener_);
        ::close(next);
        return next;
    }

    asio::io_context loop{1};
    symphony::testing::manual_clock time;
    symphony::testing::manual_timers timers{time, [this] { loop.poll(); }};
    std::shared_ptr<const destination> where;

private:
    int listener_ = -1;
};

class pieces final : public body_source {
public:
    asio::awaitable<result<std::string_view>> read() override {
        if (++read_ > 5) co_return std::string_view();
        co_return std::string_view(piece_);
    }
    [[nodiscard]] std::optional<std::uint64_t> size() const noexcept override { return {}; }

private:
    std::string piece_ = std::string(2000, 'x');
    int read_ = 0;
};

void check(const response& answer) {
    require(answer.status >= 200 && answer.status <= 999);
    require(answer.body.size() <= most_body && (!answer.stream || answer.body.empty()));
    for (const header_view field : answer.fields) {
        require(is_valid_header(field.name, field.value));
        require(!iequals(field.name, "connection") && !iequals(field.name, "transfer-encoding"));
    }
}

void check(const error& why) {
    using enum error_kind;
    constexpr std::array kinds{connect_failed,     connection_lost, protocol_error,
                               response_too_large, timeout,         cancelled};
    require(std::ranges::find(kinds, why.kind) != kinds.end());
    require(!why.message.empty() && why.message.size() < 1000);
    require(std::ranges::all_of(why.message, [](char c) { return c >= ' ' && c < '\x7f'; }));
}

// The calls of one run, each of another kind.
class calls {
public:
    explicit calls(world& in)
        : world_(in), client_(std::in_place, in.loop.get_executor(), in.time, in.timers) {}
    ~calls() {
        client_.reset();
        world_.settle();
        require(running_ == 0);
    }
    calls(const calls&) = delete;
    calls& operator=(const calls&) = delete;

    void start() {
        if (started_ == most_calls || !client_) return;
        const std::size_t kind = started_++;
        ++running_;
        asio::co_spawn(world_.loop, perform(kind),
                       asio::bind_cancellation_slot(stop_[kind].slot(),
                                                    [this](const std::exception_ptr& fault) {
                                                        require(fault == nullptr);
                                                        --running_;
                                                    }));
    }
    void cancel(std::size_t kind) {
        asio::post(world_.loop,
                   [this, kind] { stop_[kind].emit(asio::cancellation_type::terminal); });
    }
    void close() {
        if (client_) client_->close();
    }
    void drop_client() { client_.reset(); }
    [[nodiscard]] std::size_t running() const noexcept { return running_; }

private:
    asio::awaitable<void> perform(std::size_t kind) {
        constexpr std::array<std::string_view, most_calls> methods{"GET",  "GET", "POST",
                                                                   "HEAD", "PUT", "GET"};
        net::wire_request request;
        request.method = methods[kind];
        net::send_options options;
        options.until = deadline::after(world_.time.now(), std::chrono::seconds(60));
        options.stream_response = kind == 1 || kind >= 4;
        const std::string text(3000, 'x');
        pieces streamed;
        if (kind == 2) request.body = text;
        if (kind == 4) request.stream = &streamed;
        result<response> got = co_await client_->send(world_.where, request, options);
        if (!got) {
            check(got.error());
            co_return;
        }
        check(*got);
        // The last reads once and leaves the rest.
        for (bool more = got->stream != nullptr; more;) {
            const auto piece = co_await got->stream->read();
            if (!piece) check(piece.error());
            more = piece && !piece->empty() && kind != 5;
        }
    }

    world& world_;
    std::optional<http_client> client_;
    std::array<asio::cancellation_signal, most_calls> stop_;
    std::size_t started_ = 0;
    std::size_t running_ = 0;
};

// The server's end. Whatever connects after the first finds nobody.
class peer {
public:
    peer(world& in, bool reads) : world_(in), reads_(reads) {}
    ~peer() { close(); }
    peer(const peer&) = delete;
    peer& operator=(const peer&) = delete;

    void settle() {
        world_.settle();
        for (int other = world_.accept(); other >= 0; other = world_.accept()) {
            if (!met_) {
                socket_ = other;
                met_ = true;
            } else {
                ::close(other);
            }
            world_.settle();
        }
        static std::array<char, 65536> heard;
        while (reads_ && socket_ >= 0 && ::recv(socket_, heard.data(), heard.size(), 0) > 0)
            world_.settle();
    }
    void send(std::string_view bytes) {
        while (!bytes.empty() && socket_ >= 0) {
            const ssize_t size = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            settle();
            if (size <= 0) return;
            bytes.remove_prefix(static_cast<std::size_t>(size));
        }
    }
    void wait(duration so_long) {
        // Timers fire within the loop, as they always do: what they cancel hears of it at once.
        asio::post(world_.loop, [this, so_long] { world_.timers.advance(so_long); });
        settle();
        asio::post(world_.loop, [this] { world_.timers.run_due(); });  // what was armed too late
        settle();
    }
    void close() {
        if (socket_ >= 0) ::close(std::exchange(socket_, -1));
        settle();
    }

private:
    world& world_;
    const bool reads_;
    bool met_ = false;
    int socket_ = -1;
};

enum flag : std::uint8_t {
    with_settings = 1,  // the server's, and the acknowledgement of ours, go before
    is_silent = 2,      // for longer than a PING may take
    is_late = 4,        // past the deadlines
    is_closed = 8,      // the client, half way
    never_reads = 16,
    cancels = 32,
    goes = 64,  // the client, half way
};

void play(world& in, std::size_t piece, std::uint8_t flags, std::string_view bytes) {
    const std::size_t before = __sanitizer_get_current_allocated_bytes();
    calls under_way(in);
    peer server(in, (flags & never_reads) == 0);
    for (int i = 0; i < 4; ++i)
        under_way.start();
    server.settle();
    if ((flags & with_settings) != 0) {
        server.send(std::string_view("\0\0\0\4\0\0\0\0\0\0\0\0\4\1\0\0\0\0", 18));
    }
    const std::size_t half = bytes.size() / 2;
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
        server.send(bytes.substr(at, piece));
        if (at > half || at + piece <= half) continue;
        under_way.start();
        under_way.start();
        server.settle();
        if ((flags & cancels) != 0) {
            under_way.cancel(1);
            under_way.cancel(3);
        }
        if ((flags & is_closed) != 0) under_way.close();
        if ((flags & goes) != 0) under_way.drop_client();
        server.settle();
    }
    require(__sanitizer_get_current_allocated_bytes() < before + most_memory);
    if ((flags & is_silent) != 0) server.wait(std::chrono::seconds(41));
    if ((flags & is_late) != 0) server.wait(std::chrono::seconds(61));
    if ((flags & is_late) != 0) require(under_way.running() == 0);
    server.close();
    require(under_way.running() == 0);
}

}  // namespace

// Two bytes say how the rest, frames, arrives and what happens meanwhile.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    static world everything;
    const std::string_view bytes(reinterpret_cast<const char*>(data + 2), size - 2);
    // Sixteen pieces at most: each costs a turn.
    const std::size_t piece = data[0] == 0 ? bytes.size() : data[0];
    play(everything, std::max({piece, bytes.size() / 16, std::size_t{1}}), data[1], bytes);
    require(everything.timers.pending() == 0);
    static const int descriptor =
        everything.next_descriptor();  // after the first run's loop has its own
    require(everything.next_descriptor() == descriptor);
    return 0;
}
