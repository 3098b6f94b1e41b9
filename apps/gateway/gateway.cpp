#include "gateway/gateway.hpp"

#include "gateway/admin_plane.hpp"
#include "gateway/data_plane.hpp"
#include "gateway/event_hub.hpp"
#include "gateway/event_log.hpp"
#include "gateway/planes.hpp"
#include "gateway/problem.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>

namespace symphony::gateway {

namespace asio = boost::asio;

namespace {

constexpr int cannot_start = 2;
constexpr int exit_interrupted = 130;

// A start that failed, with its reason for people.
struct start_failure : std::runtime_error {
    using std::runtime_error::runtime_error;
};

void say(const std::string& line) {
    fmt::print(stderr, "symphony: {}\n", line);
    std::fflush(stderr);
}

listen_address need_address(const std::string& text, const char* what) {
    std::optional<listen_address> address = parse_listen_address(text);
    if (!address) throw start_failure(fmt::format("{} '{}' is not HOST:PORT", what, text));
    return *address;
}

void need_listening(plane& server, listen_address& address, const char* what) {
    result<std::uint16_t> port = server.listen(address);
    if (!port) throw start_failure(fmt::format("{}: {}", what, port.error().message));
    address.port = *port;
}

std::string url_of(const listen_address& address, bool secured) {
    return (secured ? "https://" : "http://") + address.text();
}

event_sink sink_of(event_log& log, event_hub& hub) {
    return [&hub, line = log.sink()](const event& what) {
        line(what);
        hub.publish(what);
    };
}

client_options options_for(event_log& log, event_hub& hub) {
    client_options options;
    options.events = sink_of(log, hub);
    return options;
}

log_options log_for(const serve_setup& setup) {
    log_options log = setup.options.log;
    if (setup.log_level) log.level = *setup.log_level;
    return log;
}

// Everything that serves, from the first socket to the last answer.
class running_gateway {
public:
    explicit running_gateway(const serve_setup& setup)
        : drain_timeout_(setup.options.gateway.drain_timeout),
          log_(log_for(setup)),
          client_(options_for(log_, hub_)),
          reloader_(client_, setup.options.file, setup.env,
                    {setup.options.gateway, setup.options.log.format}, sink_of(log_, hub_),
                    [this, fixed = setup.log_level](const file_options& now) {
                        if (!fixed) log_.set_level(now.log.level);
                        drain_timeout_.store(now.gateway.drain_timeout);
                    }),
          data_(client_, setup.options.gateway.max_request_bytes),
          admin_(client_, reloader_, hub_, draining_, setup.options.gateway.admin_token,
                 main_.get_executor()) {
        if (const result<void> made =
                client_.replace_tools(setup.options.tools, setup.options.alerting);
            !made)
            throw start_failure(made.error().message);
    }

    // Signals are taken before the first line says that we listen: who waits for that line may
    // send one at once.
    int run(const serve_setup& setup) {
        asio::signal_set signals(main_, SIGINT, SIGTERM, SIGHUP);
        open(setup);
        asio::co_spawn(main_, watch(signals), asio::detached);
        main_.run();
        // Nothing may be left on `main_` that still knows the client's executors.
        admin_plane_.reset();
        data_plane_.reset();
        main_.restart();
        main_.poll();
        return interrupted_ ? exit_interrupted : 0;
    }

private:
    void open(const serve_setup& setup) {
        const gateway_options& options = setup.options.gateway;
        auto data_at = need_address(setup.listen.value_or(options.listen), "listen address");
        auto admin_at = need_address(setup.admin.value_or(options.admin), "admin address");
        if (!admin_at.is_loopback() && options.admin_token.empty())
            throw start_failure(
                fmt::format("the admin address {} is not a loopback address: "
                            "gateway.adminToken is required",
                            admin_at.text()));
        net::server_options for_calls;
        net::server_options for_admin;
        for_calls.refusal = refused_call;
        for_admin.refusal = make_refusal;
        if (options.tls) for_calls.tls = need_tls(*options.tls);
        const bool secures_admin = for_calls.tls && !admin_at.is_loopback();
        if (secures_admin) for_admin.tls = for_calls.tls;
        data_plane_ = std::make_unique<plane>(
            client_, [this](net::server_request& r) { return data_.handle(r); }, true, for_calls);
        admin_plane_ = std::make_unique<plane>(
            client_, [this](net::server_request& r) { return admin_.handle(r); }, false, for_admin);
        need_listening(*data_plane_, data_at, "data plane");
        need_listening(*admin_plane_, admin_at, "admin plane");
        const std::string data_url = url_of(data_at, for_calls.tls != nullptr);
        const std::string admin_url = url_of(admin_at, secures_admin);
        say("listening on " + data_url);
        say("admin on " + admin_url);
        if (setup.on_listening) setup.on_listening(data_url, admin_url);
    }

    std::shared_ptr<net::detail::tls_origin> need_tls(const server_tls_options& options) {
        auto made = net::make_server_tls(options, [this](const net::tls_reload& what) {
            event said;
            said.name = "tls.reload";
            said.level = what.taken ? severity::info : severity::warn;
            said.message = "the gateway's " + what.message;
            said.fields = {{"taken", what.taken ? "true" : "false"}};
            said.at = what.at;
            sink_of(log_, hub_)(said);
        });
        if (!made) throw start_failure("gateway.tls: " + made.error().message);
        return *made;
    }

    asio::awaitable<void> watch(asio::signal_set& signals) {
        for (;;) {
            const auto [fault, signal] =
                co_await signals.async_wait(asio::as_tuple(asio::use_awaitable));
            if (fault) co_return;
            interrupted_ = signal == SIGINT;
            if (signal != SIGHUP) break;
            reloader_.reload();
        }
        exit_on_next(signals);
        co_await drain();
        signals.cancel();
    }

    // Whoever asks twice does not want to wait.
    void exit_on_next(asio::signal_set& signals) {
        signals.async_wait(
            [this, &signals](const boost::system::error_code& cancelled, int signal) {
                if (cancelled) return;
                if (signal != SIGHUP) std::_Exit(128 + signal);
                exit_on_next(signals);
            });
    }

    // The admin plane stays to the end, so that /readyz can say what is going on.
    asio::awaitable<void> drain() {
        say("draining");
        draining_.store(true);
        data_plane_->drain();
        const instant began = client_.time().now();
        const auto is_over = [&] {  // a reload may change it now, too
            return deadline::after(began, drain_timeout_.load()).passed(client_.time().now());
        };
        asio::steady_timer pause(main_);
        while (data_plane_->connections() > 0 && !is_over()) {
            pause.expires_after(std::chrono::milliseconds(10));
            co_await pause.async_wait(asio::as_tuple(asio::use_awaitable));
        }
        if (const std::size_t left = data_plane_->connections(); left > 0)
            say(fmt::format("drain timeout: {} connections are closed", left));
        say("stopped");
    }

    std::atomic<bool> draining_{false};
    std::atomic<duration> drain_timeout_;  // a reload may come from any thread
    bool interrupted_ = false;
    asio::io_context main_{1};
    event_log log_;
    event_hub hub_;
    client client_;
    reloader reloader_;
    data_plane data_;
    admin_plane admin_;
    std::unique_ptr<plane> data_plane_;
    std::unique_ptr<plane> admin_plane_;
};

}  // namespace

int serve(const serve_setup& setup) {
    std::signal(SIGPIPE, SIG_IGN);  // a reader of the log that leaves ends no call
    try {
        running_gateway gateway(setup);
        return gateway.run(setup);
    } catch (const start_failure& failure) {
        say(failure.what());
        return cannot_start;
    }
}

}  // namespace symphony::gateway
