#include "symphony/net/http_client.hpp"

#include "net/client_exchange.hpp"
#include "net/client_pool.hpp"
#include "net/connect_reply.hpp"
#include "net/decoded_body.hpp"
#include "net/http2_exchange.hpp"
#include "net/http2_hub.hpp"
#include "net/warm_up.hpp"

#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <functional>
#include <string>
#include <type_traits>
#include <unordered_map>
#include <utility>

namespace symphony::net {

namespace asio = boost::asio;
using detail::client_connection;
using detail::client_exchange;
using detail::client_lease;
using detail::client_pool;
using detail::http2_hub;

namespace {

std::unexpected<error> refusal() {
    return fail(error_kind::cancelled, "the client is shutting down");
}

template <class T>
asio::awaitable<result<T>> refuse() {
    co_return refusal();
}

/// The place of an answer that a coroutine returns, or the one that it was given.
template <class Returned>
struct reply_place {
    explicit reply_place(reply* /*none*/) noexcept {}
    reply own;
    reply& to = own;
};
template <>
struct reply_place<void> {
    explicit reply_place(reply* given) noexcept : to(*given) {}
    reply& to;
};

template <class Returned>
asio::awaitable<Returned> refuse_reply(reply* to) {
    if constexpr (std::is_void_v<Returned>) {
        to->answer = refusal();
        to->read_at.reset();
        co_return;
    } else {
        co_return refusal();
    }
}

}  // namespace

class http_client::impl {
public:
    impl(asio::any_io_executor executor, const clock& time, timers& wakeups, io_hook* hook)
        : core_(std::make_shared<detail::client_core>(std::move(executor), time, wakeups, hook)) {}

    ~impl() {
        abort();
        core_->stopped = true;
        hubs_.clear();
        pools_.clear();
    }

    [[nodiscard]] std::shared_ptr<client_pool> pool_of(
        const std::shared_ptr<const destination>& where) {
        if (pools_.size() >= many_pools_ && !pools_.contains(where->key)) forget_unused();
        auto& pool = pools_[where->key];
        if (!pool) {
            pool = std::make_shared<client_pool>(core_, where);
            if (closed_) pool->retire();
        }
        pool->use(where);
        return pool;
    }

    [[nodiscard]] std::shared_ptr<http2_hub> hub_of(
        const std::shared_ptr<const destination>& where) {
        auto pool = pool_of(where);
        auto& hub = hubs_[where->key];
        if (!hub) {
            hub = std::make_shared<http2_hub>(core_, std::move(pool), where);
            if (closed_) hub->retire();
        }
        hub->use(where);
        return hub;
    }

    // An API may send its clients to ever new origins. What was twice as much as is in use is
    // looked through, so that the cost of it is that of a few looks a pool.
    void forget_unused() {
        std::erase_if(pools_, [this](const auto& entry) {
            const auto& [key, pool] = entry;
            const auto hub = hubs_.find(key);
            const bool has_hub = hub != hubs_.end();
            if (!pool->empty()) return false;
            if (pool.use_count() > (has_hub ? 2 : 1)) return false;
            if (has_hub && hub->second.use_count() > 1) return false;
            if (has_hub) hubs_.erase(hub);
            return true;
        });
        many_pools_ = std::max(few_pools, pools_.size() * 2);
    }

    // Two of each: one that returns the answer, and one that puts it `to` where it is wanted.
    template <class Returned>
    [[nodiscard]] asio::awaitable<Returned> send(reply* to,
                                                 const std::shared_ptr<const destination>& where,
                                                 const wire_request& request,
                                                 const send_options& options) {
        if (aborted_) return refuse_reply<Returned>(to);
        if (where->may_use_http2) return send_as_agreed<Returned>(to, where, request, options);
        return send_http1<Returned>(to, where, request, options, nullptr);
    }
    // These are gone from when this is: what they await ends then.
    template <class Returned>
    [[nodiscard]] asio::awaitable<Returned> send_as_agreed(
        reply* to, const std::shared_ptr<const destination>& where, const wire_request& request,
        const send_options& options);
    /// `first`: a connection to begin with, or null.
    template <class Returned>
    [[nodiscard]] asio::awaitable<Returned> send_http1(
        reply* to, const std::shared_ptr<const destination>& where, const wire_request& request,
        const send_options& options, client_lease* first);

    [[nodiscard]] asio::awaitable<result<void>> warm_up(std::shared_ptr<const destination> where,
                                                        std::size_t count) {
        auto pool = pool_of(where);
        auto hub = where->may_use_http2 ? hub_of(where) : nullptr;
        return detail::warm_up(core_, std::move(hub), std::move(pool), std::move(where), count);
    }

    [[nodiscard]] const client_pool* look(const destination& where) const {
        const auto found = pools_.find(where.key);
        return found == pools_.end() ? nullptr : found->second.get();
    }

    void close() noexcept {
        closed_ = true;
        for (const auto& [key, hub] : hubs_)
            hub->retire();
        for (const auto& [key, pool] : pools_)
            pool->retire();
    }

    [[nodiscard]] bool is_closed() const noexcept { return closed_; }
    void abort() noexcept {
        aborted_ = true;
        close();
        for (const auto& [key, hub] : hubs_)
            hub->abort();
        for (const auto& [key, pool] : pools_)
            pool->abort();
    }

private:
    const std::shared_ptr<detail::client_core> core_;
    std::unordered_map<std::string, std::shared_ptr<client_pool>> pools_;
    std::unordered_map<std::string, std::shared_ptr<http2_hub>> hubs_;
    static constexpr std::size_t few_pools = 32;
    std::size_t many_pools_ = few_pools;  // with more than these, the unused are forgotten
    bool closed_ = false;
    bool aborted_ = false;
};

http_client::http_client(asio::any_io_executor executor, const clock& time, timers& wakeups,
                         io_hook* hook)
    : impl_(std::make_shared<impl>(std::move(executor), time, wakeups, hook)) {}
http_client::~http_client() = default;

asio::awaitable<result<response>> http_client::send(const std::shared_ptr<const destination>& where,
                                                    const wire_request& request,
                                                    const send_options& options) {
    return impl_->send<result<response>>(nullptr, where, request, options);
}

asio::awaitable<void> http_client::send_into(reply& to,
                                             const std::shared_ptr<const destination>& where,
                                             const wire_request& request,
                                             const send_options& options) {
    return impl_->send<void>(&to, where, request, options);
}

asio::awaitable<result<void>> http_client::warm_up(std::shared_ptr<const destination> where,
                                                   std::size_t count) {
    if (impl_->is_closed()) return refuse<void>();
    return impl_->warm_up(std::move(where), count);
}

// What a session of HTTP/2 has provably not looked at goes out once more.
template <class Returned>
asio::awaitable<Returned> http_client::impl::send_as_agreed(
    reply* to, const std::shared_ptr<const destination>& where, const wire_request& request,
    const send_options& options) {
    const auto core = core_;
    const auto hub = hub_of(where);
    detail::http2_outcome outcome;
    for (int tries = 0; tries == 0 || (tries == 1 && outcome.goes_again); ++tries) {
        auto way = co_await hub->acquire(options.until);
        if (!way) {
            outcome.answer = std::unexpected(std::move(way.error()));
            break;
        }
        if (!way->session) {
            co_return co_await send_http1<Returned>(to, where, request, options, &way->lease);
        }
        outcome =
            co_await detail::http2_send(core, std::move(way->session), where, request, options);
    }
    if (options.decode_response && outcome.answer && detail::may_be_coded(*outcome.answer)) {
        co_await detail::decode_answer(*where, request, options, core->time, outcome.answer);
    }
    if constexpr (std::is_void_v<Returned>) {
        to->answer = std::move(outcome.answer);
        to->read_at.reset();
    } else {
        co_return std::move(outcome.answer);
    }
}

template <class Returned>
asio::awaitable<Returned> http_client::impl::send_http1(
    reply* to, const std::shared_ptr<const destination>& where, const wire_request& request,
    const send_options& options, client_lease* first) {
    reply_place<Returned> place(to);
    result<response>& answer = place.to.answer;
    client_exchange exchange(place.to, pool_of(where), where, request, options);
    if (first != nullptr) exchange.use(std::move(*first));
    for (;;) {
        if (!exchange.take_idle() && !co_await exchange.acquire()) break;
        if (!exchange.begin()) break;
        client_connection& connection = exchange.connection();
        const bool wants_body = !exchange.asks_leave() || co_await exchange.wait_for_leave();
        std::string_view rest = request.body;
        if (wants_body) exchange.note_send(connection.send_now(rest));
        if (exchange.blocked()) co_await exchange.send_rest(rest);
        if (exchange.goes_again() || (!wants_body && exchange.begins_anew())) continue;
        if (wants_body && request.stream != nullptr && !exchange.failed_to_send()) {
            if (!co_await exchange.send_stream()) break;
        }
        // After a stop nothing may be awaited any more: a cancelled coroutine would throw.
        auto step = connection.stopped() == client_connection::stop::none ? exchange.take_head()
                                                                          : exchange.on_end();
        while (step == client_exchange::progress::more) {
            exchange.expect_bytes();
            step = co_await connection.receive() ? exchange.take_head() : exchange.on_end();
        }
        if (step == client_exchange::progress::done) step = exchange.take_body();
        while (step == client_exchange::progress::more) {
            exchange.expect_bytes();
            step = co_await connection.receive() ? exchange.take_body() : exchange.on_end();
        }
        break;
    }
    exchange.finish();
    // Only a proxy says that; the API has seen nothing.
    if (answer && answer->status == 407 && where->proxy) {
        answer = std::unexpected(detail::refused_credentials(*where->proxy, 407));
    }
    if (options.decode_response && answer && exchange.is_coded()) {
        co_await detail::decode_answer(*where, request, options, core_->time, answer);
        place.to.read_at.reset();  // that took its time
    }
    if constexpr (!std::is_void_v<Returned>) co_return std::move(answer);
}

http_client::pool_view http_client::look(const destination& where) const {
    const client_pool* const pool = impl_->look(where);
    if (pool == nullptr) return {};
    return {pool->idle(), pool->busy(), pool->waiting(), pool->opened(), pool->reused()};
}

void http_client::close() {
    impl_->close();
}

void http_client::abort() {
    impl_->abort();
}

}  // namespace symphony::net
