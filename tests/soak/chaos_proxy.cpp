#include "soak/chaos_proxy.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <random>
#include <thread>
#include <utility>
#include <vector>

namespace symphony::soak {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

constexpr auto quietly = asio::as_tuple(asio::use_awaitable);

// Both directions hold it; the sockets close with the last of them, or at once when one is broken.
struct link {
    explicit link(tcp::socket from, const asio::any_io_executor& on)
        : client(std::move(from)), server(on) {}
    void end() {
        boost::system::error_code ignored;
        client.close(ignored);
        server.close(ignored);
    }
    // With a reset, not in order.
    void cut() {
        boost::system::error_code ignored;
        client.set_option(asio::socket_base::linger(true, 0), ignored);
        end();
    }

    tcp::socket client;
    tcp::socket server;
    bool begins = true;  // what comes from the server next begins an answer
    bool http2 = false;  // then only what comes first is known to begin a frame
    bool first = true;
};

}  // namespace

std::string_view name_of(fault what) noexcept {
    static constexpr std::array<std::string_view, fault_count> names{"reset", "closed", "truncated",
                                                                     "garbage", "stalled"};
    const auto at = static_cast<std::size_t>(what);
    return at < names.size() ? names[at] : "none";
}

class chaos_proxy::impl {
public:
    impl(std::uint16_t to, double share, const source& asked)
        : to_(asio::ip::address_v4::loopback(), to), share_(share), asked_(asked) {
        asio::co_spawn(loop_, accept_all(), asio::detached);
        thread_ = std::thread([this] { loop_.run(); });
    }
    ~impl() {
        loop_.stop();
        thread_.join();
    }
    impl(const impl&) = delete;
    impl& operator=(const impl&) = delete;

    [[nodiscard]] std::uint16_t port() const { return listener_.local_endpoint().port(); }
    [[nodiscard]] std::array<std::uint64_t, fault_count> faults() const noexcept {
        std::array<std::uint64_t, fault_count> all{};
        for (std::size_t i = 0; i < fault_count; ++i)
            all[i] = faults_[i].load(std::memory_order_relaxed);
        return all;
    }

private:
    asio::awaitable<void> accept_all() {
        for (;;) {
            auto [failed, socket] = co_await listener_.async_accept(quietly);
            if (failed) continue;
            auto pair = std::make_shared<link>(std::move(socket), loop_.get_executor());
            asio::co_spawn(loop_, pass_requests(std::move(pair)), asio::detached);
        }
    }

    asio::awaitable<void> pass_requests(std::shared_ptr<link> on) {
        const auto [unreachable] = co_await on->server.async_connect(to_, quietly);
        if (unreachable) co_return on->end();
        on->client.set_option(tcp::no_delay(true));
        on->server.set_option(tcp::no_delay(true));
        asio::co_spawn(loop_, pass_answers(on), asio::detached);
        std::vector<char> held(65'536);
        for (;;) {
            const auto [over, size] =
                co_await on->client.async_read_some(asio::buffer(held), quietly);
            if (over) co_return on->end();
            on->begins = true;
            if (size > 3 && std::string_view(held.data(), 4) == "PRI ") on->http2 = true;
            const auto [broken, _] =
                co_await asio::async_write(on->server, asio::buffer(held.data(), size), quietly);
            if (broken) co_return on->end();
        }
    }

    asio::awaitable<void> pass_answers(std::shared_ptr<link> on) {
        std::vector<char> held(65'536);
        for (;;) {
            auto [over, size] = co_await on->server.async_read_some(asio::buffer(held), quietly);
            if (over) co_return on->end();
            const fault strikes = std::exchange(on->begins, false) ? choose(*on) : fault::none;
            if (strikes == fault::reset) co_return on->cut();
            if (strikes == fault::close) co_return on->end();
            if (strikes == fault::stall) co_return co_await stall(*on);
            if (strikes == fault::garbage) spoil(held, size);
            if (strikes == fault::truncate) size /= 2;
            const auto [broken, _] =
                co_await asio::async_write(on->client, asio::buffer(held.data(), size), quietly);
            if (broken || strikes == fault::truncate) co_return on->end();
        }
    }

    asio::awaitable<void> stall(link& on) {
        asio::steady_timer silence(loop_, std::chrono::seconds(3));
        co_await silence.async_wait(quietly);
        on.end();
    }

    void spoil(std::vector<char>& held, std::size_t size) {
        for (std::size_t i = 0; i < size; ++i)
            held[i] = static_cast<char>(chance_());
    }

    // A fault only while there are fewer than is their share; and then by chance, so that they do
    // not all fall on whoever comes first. Other bytes within a frame's content are nothing that
    // HTTP could see.
    fault choose(link& on) {
        const bool may_spoil = !on.http2 || std::exchange(on.first, false);
        const auto wanted = share_ * static_cast<double>(asked_.requests());
        if (static_cast<double>(all_) >= wanted || chance_() % 8 != 0) return fault::none;
        auto which = static_cast<fault>(chance_() % fault_count);
        if (which == fault::garbage && !may_spoil) which = fault::reset;
        ++all_;
        faults_[static_cast<std::size_t>(which)].fetch_add(1, std::memory_order_relaxed);
        return which;
    }

    tcp::endpoint to_;
    double share_;
    const source& asked_;
    asio::io_context loop_{1};
    tcp::acceptor listener_{loop_, tcp::endpoint(asio::ip::address_v4::loopback(), 0)};
    std::mt19937_64 chance_{20'261'127};
    std::uint64_t all_ = 0;
    std::array<std::atomic<std::uint64_t>, fault_count> faults_{};
    std::thread thread_;
};

chaos_proxy::chaos_proxy(std::uint16_t to, double share, const source& asked)
    : impl_(std::make_unique<impl>(to, share, asked)) {}
chaos_proxy::~chaos_proxy() = default;

std::string chaos_proxy::url() const {
    return "http://127.0.0.1:" + std::to_string(impl_->port());
}

std::array<std::uint64_t, fault_count> chaos_proxy::faults() const noexcept {
    return impl_->faults();
}

}  // namespace symphony::soak
