#include "symphony/net/http_client.hpp"

#include "net/client_exchange.hpp"
#include "net/client_pool.hpp"
#include "net/connect_reply.hpp"
#include "net/decoded_body.hpp"

#include <boost/asio/this_coro.hpp>

#include <functional>
#include <string>
#include <unordered_map>
#include <utility>

namespace symphony::net {

namespace asio = boost::asio;
using detail::client_connection;
using detail::client_exchange;
using detail::client_pool;

class http_client::impl {
public:
    impl(asio::any_io_executor executor, const clock& time, timers& wakeups, io_hook* hook)
        : core_(std::make_shared<detail::client_core>(std::move(executor), time, wakeups, hook)) {}

    ~impl() {
        abort();
        core_->stopped = true;
        pools_.clear();
    }

    [[nodiscard]] std::shared_ptr<client_pool> pool_of(
        const std::shared_ptr<const destination>& where) {
        auto& pool = pools_[where->key];
        if (!pool) {
            pool = std::make_shared<client_pool>(core_, where);
            if (closed_) pool->retire();
        }
        pool->use(where);
        return pool;
    }

    [[nodiscard]] const clock& time() const noexcept { return core_->time; }

    [[nodiscard]] const client_pool* look(const destination& where) const {
        const auto found = pools_.find(where.key);
        return found == pools_.end() ? nullptr : found->second.get();
    }

    void close() noexcept {
        closed_ = true;
        for (const auto& [key, pool] : pools_)
            pool->retire();
    }

    void abort() noexcept {
        close();
        for (const auto& [key, pool] : pools_)
            pool->abort();
    }

private:
    const std::shared_ptr<detail::client_core> core_;
    std::unordered_map<std::string, std::shared_ptr<client_pool>> pools_;
    bool closed_ = false;
};

http_client::http_client(asio::any_io_executor executor, const clock& time, timers& wakeups,
                         io_hook* hook)
    : impl_(std::make_shared<impl>(std::move(executor), time, wakeups, hook)) {}
http_client::~http_client() = default;

asio::awaitable<result<response>> http_client::send(const std::shared_ptr<const destination>& where,
                                                    const wire_request& request,
                                                    const send_options& options) {
    client_exchange exchange(impl_->pool_of(where), where, request, options);
    for (;;) {
        if (!exchange.take_idle() && !co_await exchange.acquire()) break;
        if (!exchange.begin()) break;
        client_connection& connection = exchange.connection();
        std::string_view rest = request.body;
        exchange.note_send(connection.send_now(rest));
        if (exchange.blocked()) co_await exchange.send_rest(rest);
        if (exchange.goes_again()) continue;
        if (request.stream != nullptr && !exchange.failed_to_send()) {
            if (!co_await exchange.send_stream()) break;
        }
        // After a stop nothing may be awaited any more: a cancelled coroutine would throw.
        auto step = connection.stopped() == client_connection::stop::none ? exchange.take_head()
                                                                          : exchange.on_end();
        while (step == client_exchange::progress::more) {
            step = co_await connection.receive() ? exchange.take_head() : exchange.on_end();
        }
        if (step == client_exchange::progress::done) step = exchange.take_body();
        while (step == client_exchange::progress::more) {
            step = co_await connection.receive() ? exchange.take_body() : exchange.on_end();
        }
        break;
    }
    result<response>& answer = exchange.finish();
    // Only a proxy says that; the API has seen nothing.
    if (answer && answer->status == 407 && where->proxy) {
        answer = std::unexpected(detail::refused_credentials(*where->proxy, 407));
    }
    if (options.decode_response && answer && detail::may_be_coded(*answer)) {
        co_await detail::decode_answer(*where, request, options, impl_->time(), answer);
    }
    co_return std::move(answer);
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
