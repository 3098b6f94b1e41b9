#include "soak/traffic.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <stdexcept>
#include <utility>
#include <variant>

namespace symphony::soak {

namespace asio = boost::asio;

namespace {

std::shared_ptr<const net::destination> speak(http_version version, const std::string& to) {
    http_options how;
    how.version = version;
    const auto base = url::parse(to);
    if (!base) throw std::runtime_error(base.error().message);
    auto made = net::destination::make(*base, {}, how);
    if (!made) throw std::runtime_error(made.error().message);
    return std::move(*made);
}

}  // namespace

traffic::traffic(asio::io_context& loop, const std::string& gateway_url, unsigned callers)
    : timers_(loop.get_executor(), time_),
      client_(loop.get_executor(), time_, timers_),
      over_http1_(speak(http_version::http1, gateway_url)),
      over_http2_(speak(http_version::http2, gateway_url)),
      running_(callers) {
    for (unsigned i = 0; i < callers; ++i)
        asio::co_spawn(loop, one_caller(i), asio::detached);
}

asio::awaitable<void> traffic::one_caller(unsigned number) {
    std::mt19937_64 chance(number);
    const bool http2 = number % 2 == 1;
    const char* const endpoint = number % 4 < 2 ? "/shop/h1" : "/shop/h2";
    while (!ending_) {
        const call next(chance, endpoint);
        ++account_.sent;
        account_.enter(co_await make(next, http2, chance));
    }
    --running_;
}

// Some calls are given up, at any moment.
asio::awaitable<ending> traffic::make(const call& next, bool http2, std::mt19937_64& chance) {
    using namespace asio::experimental::awaitable_operators;
    const deadline until = deadline::after(time_.now(), std::chrono::seconds(30));
    const auto& to = http2 ? over_http2_ : over_http1_;
    if (!next.never_ends() && chance() % 25 != 0) co_return co_await next.make(client_, to, until);
    asio::steady_timer patience(co_await asio::this_coro::executor,
                                std::chrono::microseconds(chance() % 20'000));
    std::variant<ending, std::monostate> first =
        co_await (next.make(client_, to, until) || patience.async_wait(asio::use_awaitable));
    if (ending* ended = std::get_if<ending>(&first)) co_return std::move(*ended);
    co_return ending{ending::type::given_up};
}

}  // namespace symphony::soak
