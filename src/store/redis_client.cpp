#include "store/redis_client.hpp"

#include "store/redis_topology.hpp"
#include "symphony/net/tls_client.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace symphony::detail {

namespace asio = boost::asio;

namespace {

struct redis_parts {
    std::shared_ptr<redis_core> core;
    std::shared_ptr<redis_topology> topology;
    duration command_timeout;
};

// Free of the client, which may go while they run.
asio::awaitable<result<redis_reply>> send(redis_parts to, std::string_view key,
                                          std::span<const std::string_view> words) {
    if (to.core->stopped || words.empty()) {
        co_return fail(error_kind::cancelled, "the call was cancelled");
    }
    const instant until = later(to.core->time.now(), to.command_timeout);
    co_return co_await to.topology->send(key, words, until, split_keys::wait);
}

asio::awaitable<result<redis_reply>> run_script(redis_parts on, const redis_script& script,
                                                std::span<const std::string_view> keys,
                                                std::span<const std::string_view> arguments,
                                                split_keys when_split) {
    if (on.core->stopped) co_return fail(error_kind::cancelled, "the call was cancelled");
    const instant until = later(on.core->time.now(), on.command_timeout);
    const std::string count = std::to_string(keys.size());
    const std::string_view key = keys.empty() ? std::string_view() : keys.front();
    std::vector<std::string_view> words{"EVALSHA", script.sha1, count};
    words.insert(words.end(), keys.begin(), keys.end());
    words.insert(words.end(), arguments.begin(), arguments.end());
    result<redis_reply> reply = co_await on.topology->send(key, words, until, when_split);
    if (!reply || reply->kind != redis_reply::type::error) co_return reply;
    // Redis has lost the script, or never had it: what it is asked for with its source, it keeps.
    words[0] = "EVAL";
    words[1] = script.source;
    reply = co_await on.topology->send(key, words, until, when_split);
    if (!reply || reply->kind != redis_reply::type::error) co_return reply;
    co_return std::unexpected(
        redis_error("Redis does not know a script that it was just given", reply->text));
}

class redis_client final : public redis_commands {
public:
    explicit redis_client(redis_parts parts) : parts_(std::move(parts)) {}
    ~redis_client() override {
        parts_.core->stop();
        parts_.topology->stop();
    }
    redis_client(const redis_client&) = delete;
    redis_client& operator=(const redis_client&) = delete;

    asio::awaitable<result<redis_reply>> run(const redis_script& script,
                                             std::span<const std::string_view> keys,
                                             std::span<const std::string_view> arguments,
                                             split_keys when_split) override {
        return run_script(parts_, script, keys, arguments, when_split);
    }
    asio::awaitable<result<redis_reply>> command(std::string_view key,
                                                 std::span<const std::string_view> words) override {
        return send(parts_, key, words);
    }

private:
    const redis_parts parts_;
};

result<void> check(const redis_options& options) {
    const bool sentinel = !options.sentinel.addresses.empty();
    if (options.cluster && (sentinel || options.database != 0)) {
        return fail(error_kind::invalid_request,
                    "a Redis cluster has neither sentinels nor a database other than 0");
    }
    if (!options.cluster && !options.cluster_nodes.empty()) {
        return fail(error_kind::invalid_request, "nodes of a Redis cluster go with 'cluster'");
    }
    if (sentinel && options.sentinel.master.empty()) {
        return fail(error_kind::invalid_request, "the master that Sentinel watches has no name");
    }
    if (options.command_timeout <= duration::zero() ||
        options.connect_timeout <= duration::zero()) {
        return fail(error_kind::invalid_request, "a time-out of Redis has to be above 0");
    }
    return {};
}

}  // namespace

result<std::unique_ptr<redis_commands>> make_redis_commands(const redis_options& options,
                                                            asio::any_io_executor executor,
                                                            const clock& time, timers& wakeups,
                                                            random_source& chance,
                                                            net::io_hook* hook) {
    if (auto fine = check(options); !fine) return std::unexpected(std::move(fine.error()));
    auto tls = std::make_shared<redis_tls>();
    if (options.tls) {
        auto context = net::make_tls_client(options.tls_settings);
        if (!context) return std::unexpected(std::move(context.error()));
        tls->context = std::move(*context);
        tls->server_name = options.tls_settings.server_name;
    }
    redis_setup setup;
    setup.core = std::make_shared<redis_core>(std::move(executor), time, wakeups, chance, hook);
    setup.tls = std::move(tls);
    setup.login = {options.username, options.password, options.database, false};
    setup.limits = {options.command_timeout, options.connect_timeout};
    redis_parts parts{setup.core, {}, options.command_timeout};
    parts.topology = options.cluster ? make_cluster_topology(std::move(setup), options)
                                     : make_direct_topology(std::move(setup), options);
    return std::make_unique<redis_client>(std::move(parts));
}

}  // namespace symphony::detail
