#include "config/blocks.hpp"
#include "config/expand.hpp"
#include "config/redis_url.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

namespace symphony::detail {

namespace {

constexpr duration_range timeouts{std::chrono::milliseconds(1), std::chrono::minutes(1)};
constexpr std::size_t most_addresses = 32;

void read_host(const cursor& at, redis_options& options) {
    auto text = at.shown_text();
    if (!text) return;
    if (!is_host(*text)) at.wrong("must be a host name or an address, without port and brackets");
    options.server.host = std::move(*text);
}

// A URL may hold a password: no message repeats any of it.
void read_url(const cursor& at, const object& block, redis_options& options) {
    const auto text = at.text();
    if (!text) return;
    const result<void> read = read_redis_url(*text, options);
    if (!read) at.wrong("no valid URL for Redis: " + read.error().message);
    if (const auto masked = at.masked_text(); read && masked) {
        redis_options shown;
        const bool same = read_redis_url(*masked, shown) && shown.server == options.server;
        if (!same) at.wrong(std::string(secret_host));
    }
    for (const char* key : {"host", "port"}) {
        if (const auto other = block.get(key)) {
            other->incomplete("goes without 'url', which says it already");
        }
    }
    for (const char* key : {"username", "password"}) {
        const auto other = block.get(key);
        if (other && !(options.username.empty() && options.password.empty())) {
            other->incomplete("'url' has user-info already");
        }
    }
    const auto database = block.get("database");
    if (database && options.database != 0) database->incomplete("'url' names one already");
}

void read_user(const object& block, std::string& username, secret& password) {
    if (const auto name = block.get("username")) {
        if (auto text = name->text()) username = std::move(*text);
    }
    if (const auto word = block.get("password")) {
        if (auto text = word->hidden()) {
            password = std::move(*text);
            if (password.empty()) word->wrong("must not be empty");
        }
    }
    const auto name = block.get("username");
    if (name && !username.empty() && !block.get("password")) {
        name->incomplete("a user needs a 'password'");
    }
}

void read_tls_of_redis(const cursor& at, redis_options& options) {
    if (at.value().kind == node::type::scalar) {
        const auto which = at.choice({{"true"}, {"false"}});
        if (!which) return;
        if (*which == 1 && options.tls) at.wrong("contradicts 'url: rediss://'");
        options.tls = *which == 0;
        return;
    }
    options.tls = true;
    options.tls_settings = read_tls(at);
}

void read_address(const cursor& at, std::uint16_t port, std::string_view example,
                  std::vector<redis_address>& addresses) {
    const auto text = at.shown_text();
    if (!text) return;
    auto address = read_redis_address(*text, port);
    if (!address) {
        at.wrong(fmt::format("must be HOST:PORT, for example {}:{}", example, port));
    } else if (std::ranges::find(addresses, *address) != addresses.end()) {
        at.wrong("was given before");
    } else {
        addresses.push_back(std::move(*address));
    }
}

std::vector<redis_address> read_addresses(const cursor& at, std::uint16_t port,
                                          std::string_view example) {
    std::vector<redis_address> addresses;
    const auto items = at.items();
    if (at.value().kind == node::type::sequence && items.empty()) at.wrong("must not be empty");
    if (items.size() > most_addresses) at.wrong("has more than 32 addresses");
    for (const cursor& item : items)
        read_address(item, port, example, addresses);
    return addresses;
}

redis_sentinel_options read_sentinels(const cursor& at) {
    const object block(at, {{"master"}, {"addresses"}, {"username"}, {"password"}},
                       object::secrecy::secret);
    redis_sentinel_options options;
    if (const auto master = block.require("master")) {
        if (auto name = master->shown_text()) {
            if (name->empty()) master->wrong("must not be empty");
            options.master = std::move(*name);
        }
    }
    if (const auto addresses = block.require("addresses")) {
        options.addresses = read_addresses(*addresses, 26'379, "sentinel-1");
    }
    read_user(block, options.username, options.password);
    return options;
}

// Of a list, the first is the one to ask first, unless `host` or `url` names another.
void read_cluster(const cursor& at, const object& block, redis_options& options) {
    if (at.value().kind == node::type::scalar) {
        options.cluster = at.choice({{"true"}, {"false"}}) == 0u;
        return;
    }
    options.cluster = true;
    options.cluster_nodes = read_addresses(at, 6379, "redis-1");
    if (block.get("host") || block.get("url") || options.cluster_nodes.empty()) return;
    options.server = options.cluster_nodes.front();
    options.cluster_nodes.erase(options.cluster_nodes.begin());
}

// What cannot go together.
void check_whole(const cursor& at, const object& block, const redis_options& options) {
    const bool names_server = block.get("host") || block.get("url");
    const auto sentinels = block.get("sentinels");
    const auto cluster = block.get("cluster");
    const bool names_nodes = cluster && cluster->value().kind == node::type::sequence;
    if (!names_server && !names_nodes && !sentinels) {
        at.incomplete("needs 'host', 'url', 'sentinels' or 'cluster' with its nodes");
    }
    if (names_server && sentinels) {
        sentinels->incomplete(
            "goes without 'host' and 'url': the sentinels say where the master is");
    }
    if (const auto port = block.get("port"); port && !block.get("host") && !block.get("url")) {
        port->incomplete("goes with 'host' only");
    }
    if (!options.cluster) return;
    if (sentinels)
        cluster->incomplete("goes without 'sentinels': a cluster finds its masters itself");
    if (options.database != 0) cluster->incomplete("a cluster has database 0 only");
    if (!options.unix_socket.empty()) cluster->incomplete("goes without 'unix://'");
}

}  // namespace

redis_options read_redis(const cursor& at) {
    const object block(at,
                       {{"url"},
                        {"host"},
                        {"port"},
                        {"username"},
                        {"password"},
                        {"database"},
                        {"tls"},
                        {"sentinels"},
                        {"cluster"},
                        {"commandTimeout"},
                        {"connectTimeout"}},
                       object::secrecy::secret);
    redis_options options;
    if (const auto host = block.get("host")) read_host(*host, options);
    block.into(options.server.port, "port",
               [](const cursor& c) { return c.integer<std::uint16_t>(1, 65'535); });
    if (const auto url = block.get("url")) read_url(*url, block, options);
    block.into(options.database, "database",
               [](const cursor& c) { return c.integer<std::uint32_t>(0, 15); });
    read_user(block, options.username, options.password);
    if (const auto tls = block.get("tls")) read_tls_of_redis(*tls, options);
    if (const auto sentinels = block.get("sentinels"))
        options.sentinel = read_sentinels(*sentinels);
    if (const auto cluster = block.get("cluster")) {
        read_cluster(*cluster, block, options);
    }
    const auto time = [](const cursor& c) { return c.time(timeouts); };
    block.into(options.command_timeout, "commandTimeout", time);
    block.into(options.connect_timeout, "connectTimeout", time);
    check_whole(at, block, options);
    return options;
}

}  // namespace symphony::detail
