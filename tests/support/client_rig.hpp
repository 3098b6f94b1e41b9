#pragma once

#include "symphony/core/clock.hpp"
#include "symphony/net/asio_timers.hpp"
#include "symphony/net/http_client.hpp"

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace symphony::test_support {

/// A request that owns what it points to.
struct outgoing {
    std::string method = "GET";
    std::string target = "/";
    std::vector<std::pair<std::string, std::string>> fields{};
    std::string body{};
    std::unique_ptr<body_source> stream{};
    net::send_options options{};
};

/// A call under way, and what came of it.
struct pending_call {
    explicit pending_call(outgoing asked) : what(std::move(asked)) {
        for (const auto& [name, value] : what.fields)
            fields.push_back({name, value});
    }

    const outgoing what;
    std::vector<header_view> fields;
    std::optional<result<response>> outcome;
    std::optional<instant> read_at;
    boost::asio::cancellation_signal cancel;
};

/// A client on a loop that runs only inside the calls below. They give up after 20 s.
class client_rig {
public:
    explicit client_rig(net::io_hook* hook = nullptr, const clock* other_time = nullptr);
    ~client_rig();
    client_rig(const client_rig&) = delete;
    client_rig& operator=(const client_rig&) = delete;

    using target_ptr = std::shared_ptr<const net::destination>;

    /// Starts a call without waiting.
    std::shared_ptr<pending_call> start(const target_ptr& where, outgoing what = {});
    /// Starts a call and waits for its end. `internal` when it never comes.
    [[nodiscard]] result<response> send(const target_ptr& where, outgoing what = {});
    [[nodiscard]] result<response> get(const target_ptr& where, std::string target = "/");
    /// All that a stream gives.
    [[nodiscard]] result<std::string> read_all(body_source& from);
    [[nodiscard]] result<std::string> read_piece(body_source& from);

    /// Runs the loop until `done`; false when that never comes.
    [[nodiscard]] bool run_until(const std::function<bool()>& done);
    /// A deadline so far from now.
    [[nodiscard]] deadline in(duration d) const { return deadline::after(time.now(), d); }

    boost::asio::io_context loop{1};
    system_clock real_time;
    const clock& time;
    net::asio_timers wakeups;
    std::optional<net::http_client> client;
};

/// HTTP/2, asked for or known beforehand.
[[nodiscard]] http_options http2_only();

/// "http://127.0.0.1:PORT", or another scheme and host. Throws when that is no destination.
[[nodiscard]] std::shared_ptr<const net::destination> destination_at(
    std::uint16_t port, const tls_options& tls = {}, const http_options& http = {},
    const limit_options& limits = {}, const std::string& base = "http://127.0.0.1");

}  // namespace symphony::test_support
