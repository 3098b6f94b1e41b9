// Any bytes as what a client of HTTP/2 sends: no handler may see a request that could smuggle, and
// nothing may be left once the client is gone: no connection, no handler, no timer.
#include "net/server_connection.hpp"
#include "net/server_core.hpp"
#include "net/server_request_syntax.hpp"
#include "symphony/testing/manual_timers.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <unistd.h>

namespace {

namespace asio = boost::asio;
using namespace symphony;
using net::server_request;
using net::detail::server_connection;
using net::detail::server_core;

void require(bool holds) {
    if (!holds) std::abort();
}

void check(const server_request& request) {
    require(net::detail::is_token(request.method) && request.method != "CONNECT");
    require(net::detail::is_target(request.target));
    require(request.target.front() == '/' || request.method == "OPTIONS");
    int hosts = 0;
    int lengths = 0;
    for (const header_view field : request.fields) {
        require(is_valid_header(field.name, field.value));
        hosts += iequals(field.name, "host") ? 1 : 0;
        lengths += iequals(field.name, "content-length") ? 1 : 0;
        require(!iequals(field.name, "connection") && !iequals(field.name, "transfer-encoding"));
    }
    require(hosts == 1 && lengths <= 1);
}

class endless final : public body_source {
public:
    asio::awaitable<result<std::string_view>> read() override {
        if (++read_ > 20) co_return fail(error_kind::connection_lost, "enough");
        co_return std::string_view(piece_);
    }
    [[nodiscard]] std::optional<std::uint64_t> size() const noexcept override { return {}; }

private:
    std::string piece_ = std::string(5000, 'x');
    int read_ = 0;
};

// One server with one client; what the handlers do is in the target.
class rig {
public:
    explicit rig(asio::io_context& loop) : loop_(loop) {
        require(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends_.data()) == 0);
        asio::ip::tcp::socket socket(loop_);
        socket.assign(asio::ip::tcp::v4(), ends_[0]);
        core_ = std::make_shared<server_core>(
            loop_.get_executor(), time_, timers_,
            [this](server_request& request) { return handle(request); },
            net::server_options{.max_header_bytes = 2000, .max_streams = 10});
        std::make_shared<server_connection>(core_, std::move(socket), asio::ip::tcp::endpoint())
            ->start();
        loop_.poll();
    }
    rig(const rig&) = delete;
    rig& operator=(const rig&) = delete;
    ~rig() {
        ::close(ends_[1]);
        settle();
        require(core_->connections.empty() && running_ == 0);
        core_.reset();
        settle();  // the loop goes on to the next
    }

    void send(std::string_view bytes) {
        while (!bytes.empty()) {
            const ssize_t size = ::send(ends_[1], bytes.data(), bytes.size(), MSG_NOSIGNAL);
            settle();
            listen();
            if (size <= 0) return;
            bytes.remove_prefix(static_cast<std::size_t>(size));
        }
    }
    void wait(duration so_long) {
        // Timers fire within the loop, as they always do: what they cancel hears of it at once.
        asio::post(loop_, [this, so_long] { timers_.advance(so_long); });
        settle();
    }
    void drain() {
        for (server_connection* each : core_->connections)
            each->drain();
        settle();
    }

private:
    void settle() {
        loop_.restart();
        while (loop_.poll() > 0) {
        }
    }
    void listen() {
        static std::array<char, 65536> heard;
        while (::recv(ends_[1], heard.data(), heard.size(), 0) > 0) {
        }
    }
    asio::awaitable<response> handle(server_request& request) {
        const std::shared_ptr<void> at_the_end(nullptr, [this](void*) { --running_; });
        ++running_;
        require(running_ <= 20);
        check(request);
        response answer;
        answer.status = 200;
        const char what = request.target.size() > 1 ? request.target[1] : 'a';
        if (what == 'w') {
            asio::steady_timer never(loop_, asio::steady_timer::time_point::max());
            co_await never.async_wait(asio::as_tuple(asio::use_awaitable));
        } else if (what == 's') {
            answer.stream = std::make_unique<endless>();
        } else if (what == 'b') {
            for (;;) {
                const auto piece = co_await request.body->read();
                if (!piece || piece->empty()) break;
                answer.body.append(*piece);
            }
        } else if (what == 'l') {
            answer.body.assign(100'000, 'x');
        }
        co_return answer;
    }

    asio::io_context& loop_;
    symphony::testing::manual_clock time_;
    symphony::testing::manual_timers timers_{time_, [this] { loop_.poll(); }};
    std::array<int, 2> ends_{};
    std::shared_ptr<server_core> core_;
    int running_ = 0;
};

}  // namespace

// Two bytes say how the rest, the frames after the preface, arrives and what happens then.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    std::string_view bytes(reinterpret_cast<const char*>(data + 2), size - 2);
    // Sixteen pieces at most: each costs a turn.
    const std::size_t piece =
        std::max<std::size_t>(data[0] == 0 ? bytes.size() : data[0], bytes.size() / 16);
    static asio::io_context loop{1};  // making one costs more than most inputs
    rig one(loop);
    one.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    // An empty SETTINGS, and the acknowledgement of the server's.
    if ((data[1] & 1) != 0) one.send(std::string_view("\0\0\0\4\0\0\0\0\0\0\0\0\4\1\0\0\0\0", 18));
    while (!bytes.empty()) {
        const std::size_t next = std::min(piece, bytes.size());
        one.send(bytes.substr(0, next));
        bytes.remove_prefix(next);
    }
    if ((data[1] & 2) != 0) one.wait(std::chrono::seconds(31));
    if ((data[1] & 4) != 0) one.drain();
    if ((data[1] & 8) != 0) one.wait(std::chrono::seconds(100));
    return 0;
}
