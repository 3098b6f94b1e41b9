#include "symphony/net/http_server.hpp"

#include "net/server_acceptor.hpp"
#include "net/server_connection.hpp"
#include "net/server_core.hpp"

#include <utility>
#include <vector>

namespace symphony::net {

class http_server::impl {
public:
    impl(boost::asio::any_io_executor executor, const clock& time, timers& wakeups,
         handler on_request, server_options options)
        : core_(std::make_shared<detail::server_core>(std::move(executor), time, wakeups,
                                                      std::move(on_request), std::move(options))) {}
    ~impl() { stop(); }
    impl(const impl&) = delete;
    impl& operator=(const impl&) = delete;

    result<std::uint16_t> listen(const std::string& host, std::uint16_t port, bool share_port) {
        auto acceptor = std::make_shared<detail::server_acceptor>(core_);
        result<std::uint16_t> bound = acceptor->listen(host, port, share_port);
        if (bound) acceptors_.push_back(std::move(acceptor));
        return bound;
    }

    void drain() {
        close_acceptors();
        core_->draining = true;
        for (detail::server_connection* each : core_->connections)
            each->drain();
    }

    void stop() noexcept {
        if (core_->stopped) return;
        close_acceptors();
        core_->draining = core_->stopped = true;
        // Stopping one may end it, which takes it off the list.
        std::vector<std::shared_ptr<detail::server_connection>> all;
        all.reserve(core_->connections.size());
        for (detail::server_connection* each : core_->connections)
            all.push_back(each->shared_from_this());
        for (const auto& each : all)
            each->stop();
    }

    [[nodiscard]] std::size_t connections() const noexcept { return core_->connections.size(); }

private:
    void close_acceptors() noexcept {
        for (const auto& each : acceptors_)
            each->close();
        acceptors_.clear();
    }

    std::shared_ptr<detail::server_core> core_;
    std::vector<std::shared_ptr<detail::server_acceptor>> acceptors_;
};

http_server::http_server(boost::asio::any_io_executor executor, const clock& time, timers& wakeups,
                         handler on_request, server_options options)
    : impl_(std::make_shared<impl>(std::move(executor), time, wakeups, std::move(on_request),
                                   std::move(options))) {}

http_server::~http_server() = default;

result<std::uint16_t> http_server::listen(const std::string& host, std::uint16_t port,
                                          bool share_port) {
    return impl_->listen(host, port, share_port);
}

void http_server::drain() {
    impl_->drain();
}

void http_server::stop() {
    impl_->stop();
}

std::size_t http_server::connections() const noexcept {
    return impl_->connections();
}

}  // namespace symphony::net
