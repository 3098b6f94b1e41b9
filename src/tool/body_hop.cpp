#include "tool/body_hop.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <utility>

namespace symphony::detail {

namespace asio = boost::asio;

namespace {

asio::awaitable<result<std::string_view>> read_at_home(std::shared_ptr<body_source> origin) {
    co_await asio::this_coro::throw_if_cancelled(false);
    co_return co_await origin->read();
}

}  // namespace

body_hop::~body_hop() {
    asio::post(home_, [origin = std::move(origin_)] {});
}

asio::awaitable<result<std::string_view>> body_hop::read() {
    auto [fault, piece] =
        co_await asio::co_spawn(home_, read_at_home(origin_), asio::as_tuple(asio::use_awaitable));
    if (fault) co_return fail(error_kind::cancelled, "the body's executor has stopped");
    co_return std::move(piece);
}

}  // namespace symphony::detail
