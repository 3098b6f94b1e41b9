#include "net/client_connection.hpp"
#include "net/connect_race.hpp"
#include "net/tls_origin.hpp"
#include "symphony/net/tls_client.hpp"

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/ssl/context.hpp>
#include <fmt/format.h>

#include <utility>
#include <vector>

namespace symphony::net::detail {

namespace asio = boost::asio;
using asio::ip::tcp;

auto client_connection::on_operation() {
    operation_done_ = false;
    return [self = shared_from_this()](const boost::system::error_code& fault) {
        self->operation_done_ = true;
        self->operation_fault_ = fault;
        self->parking_.wake();
    };
}

asio::awaitable<bool> client_connection::operation() {
    while (!operation_done_ && stop_ == stop::none) {
        co_await parking_.wait();
        if (parking_.cancelled()) stop_with(stop::cancelled);
    }
    co_return stop_ == stop::none;
}

error client_connection::stop_error(std::string_view stage, std::string_view peer) const {
    error why;
    if (stop_ == stop::timed_out) {
        why.kind = error_kind::timeout;
        why.message = too_late(limit_, where_->http, stage, peer);
    } else {
        why.kind = error_kind::cancelled;
        why.message = "the call was cancelled";
    }
    return why;
}

// Whom this connects to first.
std::string client_connection::peer() const {
    if (!where_->http.unix_socket.empty()) return "the socket " + where_->http.unix_socket;
    return where_->proxy ? "the proxy " + where_->proxy->authority : where_->authority;
}

void client_connection::limit(instant due, time_limit which) {
    if (stop_ != stop::none) return;
    const bool is_first = due < until_.at();
    limit_ = is_first ? which : use_limit_;
    deadline_.set(is_first ? due : until_.at());
}

// What has struck stays, to be told.
void client_connection::lift_limit() {
    if (stop_ != stop::none || limit_ == use_limit_) return;
    limit_ = use_limit_;
    deadline_.set(until_.at());
}

void client_connection::limit_stage(const std::optional<duration>& within, time_limit which) {
    if (within) limit(later(core_->time.now(), *within), which);
}

asio::awaitable<result<void>> client_connection::open(deadline until) {
    const http_options& http = where_->http;
    const deadline own = deadline::after(core_->time.now(), http.connect_timeout);
    const bool is_own = own.at() < until.at();
    begin_use(is_own ? own : until, is_own ? time_limit::connect : time_limit::deadline);
    result<void> done;
    limit_stage(http.resolve_timeout, time_limit::resolve);
    if (http.unix_socket.empty()) done = co_await resolve();
    lift_limit();
    if (done) done = co_await connect();
    if (done && where_->proxy && where_->secured) done = co_await tunnel();
    limit_stage(http.tls_timeout, time_limit::tls);
    if (done && where_->secured) done = co_await shake_hands();
    lift_limit();
    if (!where_->secured) speaks_http2_ = where_->http.version == http_version::http2;
    co_return done;
}

asio::awaitable<result<void>> client_connection::resolve() {
    const std::string& host = where_->proxy ? where_->proxy->host : where_->base.host;
    const std::uint16_t port = where_->proxy ? where_->proxy->port : where_->base.port;
    boost::system::error_code no_address;
    const auto literal = asio::ip::make_address(host, no_address);
    if (!no_address) {
        addresses_ = {tcp::endpoint(literal, port)};
        co_return result<void>();
    }
    std::string failure;
    if (core_->fails(io_operation::resolve)) {
        failure = boost::system::error_code(asio::error::host_not_found).message();
    } else {
        core_->names.resolve(
            core_, host, port,
            [done = on_operation(), self = shared_from_this()](const resolved_name& found) {
                self->addresses_ = found.addresses;
                self->reason_ = found.failure;
                done({});
            });
        if (!co_await operation()) {
            co_return std::unexpected(stop_error("resolving", peer()));
        }
        failure = std::exchange(reason_, {});
    }
    if (!failure.empty()) {
        co_return fail(error_kind::dns_failed,
                       fmt::format("the host name {}{} did not resolve", host,
                                   where_->proxy ? " of the proxy" : ""),
                       std::move(failure));
    }
    co_return result<void>();
}

asio::awaitable<result<void>> client_connection::connect() {
    const std::string& path = where_->http.unix_socket;
    const auto race = path.empty()
                          ? std::make_shared<connect_race>(core_, by_turns(std::move(addresses_)))
                          : std::make_shared<connect_race>(
                                core_, std::vector<connect_race::endpoint>{
                                           asio::local::stream_protocol::endpoint(path)});
    race->start([done = on_operation()] { done({}); });
    if (!co_await operation()) {
        race->stop();
        co_return std::unexpected(stop_error("connecting to", peer()));
    }
    socket_ = race->take();
    if (!socket_.is_open()) {
        if (!path.empty()) {
            // Nothing was looked up.
        } else if (where_->proxy) {
            core_->names.forget(where_->proxy->host, where_->proxy->port);
        } else {
            core_->names.forget(where_->base.host, where_->base.port);
        }
        co_return fail(error_kind::connect_failed,
                       fmt::format("no connection to {}: {}", peer(), race->refusals()));
    }
    boost::system::error_code ignored;
    if (path.empty()) socket_.set_option(tcp::no_delay(true), ignored);
    socket_.non_blocking(true, ignored);
    co_return result<void>();
}

asio::awaitable<result<void>> client_connection::shake_hands() {
    const std::string& name = server_name();
    const tls_origin::state secured = where_->secured->use(core_->time.now());
    handshake_.revision = secured.revision;
    tls_.emplace(secured.context->native_handle());
    handshake_.attach(tls_->native());
    if (!expect_tls_server(tls_->native(), name)) {
        co_return fail(error_kind::tls_failed, fmt::format("'{}' cannot be verified", name));
    }
    if (offers_http2_) offer_protocols(tls_->native(), where_->http.version);
    resume_session();
    if (core_->fails(io_operation::handshake)) {
        operation_fault_ = asio::error::connection_reset;
    } else {
        co_await negotiate();
        if (stop_ != stop::none) {
            co_return std::unexpected(stop_error("shaking hands with", where_->authority));
        }
    }
    if (operation_fault_) {
        handshake_.sessions->clear();  // should one of them be why, the next handshake is whole
        co_return std::unexpected(tls_failure(tls_->native(), operation_fault_, name));
    }
    secured_ = true;
    note_heard();
    static_cast<void>(decrypt());  // what came with the last of the handshake
    speaks_http2_ = has_agreed_on_http2(tls_->native());
    if (!speaks_http2_ && where_->http.version == http_version::http2) {
        co_return fail(error_kind::protocol_error,
                       fmt::format("{} does not speak HTTP/2, which 'http.version: 2' demands",
                                   where_->authority));
    }
    co_return result<void>();
}

}  // namespace symphony::net::detail
