#include "store/redis_cluster.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

namespace symphony::detail {

namespace asio = boost::asio;

namespace {

using namespace std::chrono_literals;

constexpr int most_redirections = 5;
constexpr duration least_between_refreshes = 100ms;
constexpr duration refresh_patience = 250ms;  // per node that is asked for the map
constexpr duration try_again_delay = 5ms;
constexpr duration kept_unused = 60s;

error stopped_error() {
    error made;
    made.kind = error_kind::cancelled;
    made.message = "the call was cancelled";
    return made;
}

redis_request with_asking(const redis_request& request) {
    redis_request both;
    const std::array<std::string_view, 1> word{"ASKING"};
    append_command(both.bytes, word);
    both.bytes += request.bytes;
    both.replies = 2;
    both.verb = request.verb;
    return both;
}

}  // namespace

redis_cluster::redis_cluster(redis_setup setup, const std::vector<redis_endpoint>& seeds)
    : setup_(std::move(setup)) {
    for (const redis_endpoint& seed : seeds) {
        seeds_.push_back(connect(seed));
        nodes_.emplace(seeds_.back()->name(), seeds_.back());
    }
}

asio::awaitable<result<redis_reply>> redis_cluster::send(std::string_view key,
                                                         std::span<const std::string_view> words,
                                                         instant until, split_keys when_split) {
    const auto self = shared_from_this();
    if (!known_) refresh_soon();
    redis_request request;
    request.verb = words.front();
    append_command(request.bytes, words);
    route way;
    way.to = for_slot(cluster_slot(key));
    for (int hop = 0; hop <= most_redirections; ++hop) {
        const redis_request asking = way.asks ? with_asking(request) : redis_request();
        result<redis_reply> reply = co_await way.to->ask(way.asks ? asking : request, until);
        const bool leads_on = follow(reply, way);
        if (!leads_on || (way.waits && when_split == split_keys::fail))
            co_return judge(std::move(reply), way, request.verb);
        if (!way.waits) continue;
        redis_waiter pause(*setup_.core);
        const wake why = co_await pause.wait(later(setup_.core->time.now(), try_again_delay));
        if (why != wake::timed_out) co_return std::unexpected(stopped_error());
    }
    error why =
        redis_error(fmt::format("the Redis cluster sent {} from node to node", request.verb));
    why.maybe_sent = true;
    co_return std::unexpected(std::move(why));
}

// Whether the reply is a redirection, and then where it leads.
bool redis_cluster::follow(const result<redis_reply>& reply, route& way) {
    way.waits = false;
    if (setup_.core->stopped || !reply || reply->kind != redis_reply::type::error) return false;
    const redirection where = read_redirection(reply->text, way.to->host());
    switch (where.what) {
        case redirection::type::moved:
            slots_.move(where.slot, where.to);
            refresh_soon();
            way.to = at(where.to);
            way.asks = false;
            return true;
        case redirection::type::ask:
            way.to = at(where.to);
            way.asks = true;
            return true;
        case redirection::type::try_again:
            way.waits = true;
            return true;
        case redirection::type::down:
            refresh_soon();
            return false;
        case redirection::type::none:
            return false;
    }
    return false;
}

// What is no redirection is the answer, or says that the map may be out of date.
result<redis_reply> redis_cluster::judge(result<redis_reply> reply, const route& way,
                                         std::string_view verb) {
    if (setup_.core->stopped) return std::unexpected(stopped_error());
    if (!reply) {
        // Dead, perhaps: the others may know who serves its slots by now.
        if (reply.error().kind != error_kind::cancelled) refresh_soon();
        return reply;
    }
    if (reply->kind != redis_reply::type::error || has_code(*reply, "NOSCRIPT")) return reply;
    error why = refused(*way.to, verb, *reply);
    if (is_wrong_server(*reply)) {
        way.to->drop(why);
        refresh_soon();
    }
    return std::unexpected(std::move(why));
}

void redis_cluster::stop() noexcept {
    for (const auto& [name, node] : nodes_)
        node->retire(redis_error("the Redis client was stopped"));
}

redis_cluster::connection redis_cluster::for_slot(std::uint16_t slot) {
    const redis_address* const owner = slots_.owner(slot);
    return owner != nullptr ? at(*owner) : any_seed();
}

redis_cluster::connection redis_cluster::any_seed() const {
    const auto ready = std::ranges::find_if(seeds_, &redis_connection::is_ready);
    return ready != seeds_.end() ? *ready : seeds_.front();
}

redis_cluster::connection redis_cluster::at(const redis_address& node) {
    const redis_endpoint where{node, {}};
    const std::string name = where.name();
    const auto known = nodes_.find(name);
    if (known != nodes_.end()) return known->second;
    if (nodes_.size() >= cluster_slots::most_nodes) forget_unused();
    return nodes_.emplace(name, connect(where)).first->second;
}

redis_cluster::connection redis_cluster::connect(const redis_endpoint& where) {
    return std::make_shared<redis_connection>(setup_.core, std::make_unique<fixed_locator>(where),
                                              setup_.login, setup_.tls, setup_.limits,
                                              where.name());
}

void redis_cluster::refresh_soon() {
    if (refreshing_ || setup_.core->stopped) return;
    const instant now = setup_.core->time.now();
    if (difference(now, refreshed_at_) < least_between_refreshes) return;
    refreshing_ = true;
    asio::co_spawn(setup_.core->executor, refresh(shared_from_this()), asio::detached);
}

asio::awaitable<void> redis_cluster::refresh(std::shared_ptr<redis_cluster> /*self*/) {
    redis_request question;
    question.verb = "CLUSTER";
    const std::array<std::string_view, 2> words{"CLUSTER", "SLOTS"};
    append_command(question.bytes, words);
    bool found = false;
    for (const connection& node : candidates()) {
        if (setup_.core->stopped) co_return;
        const instant until = later(setup_.core->time.now(), refresh_patience);
        const result<redis_reply> answer = co_await node->ask(question, until);
        if (setup_.core->stopped) co_return;
        found = answer && slots_.read(*answer, node->host());
        if (found) break;
    }
    refreshed_at_ = setup_.core->time.now();
    refreshing_ = false;
    known_ = known_ || found;
    if (found) forget_unused();
}

// Those that are connected first: a dead one costs its time-out.
std::vector<redis_cluster::connection> redis_cluster::candidates() {
    for (const redis_address& address : slots_.nodes())
        (void)at(address);
    std::vector<connection> all;
    for (const bool ready : {true, false}) {
        for (const auto& [name, node] : nodes_) {
            if (node->is_ready() == ready) all.push_back(node);
        }
    }
    return all;
}

// Nodes that left the cluster, and those that were asked of once on the way of a slot.
void redis_cluster::forget_unused() {
    const instant now = setup_.core->time.now();
    std::erase_if(nodes_, [&](const auto& entry) {
        const connection& node = entry.second;
        const bool stays = std::ranges::find(seeds_, node) != seeds_.end() ||
                           difference(now, node->last_used()) < kept_unused ||
                           std::ranges::any_of(
                               slots_.nodes(),
                               [&](const redis_address& address) {
                                   return redis_endpoint{address, {}}.name() == entry.first;
                               });
        if (!stays) node->retire(redis_error("the node left the Redis cluster"));
        return !stays;
    });
}

std::shared_ptr<redis_topology> make_cluster_topology(redis_setup setup,
                                                      const redis_options& options) {
    setup.login.database = 0;
    std::vector<redis_endpoint> seeds{{options.server, options.unix_socket}};
    for (const redis_address& node : options.cluster_nodes)
        seeds.push_back({node, {}});
    return std::make_shared<redis_cluster>(std::move(setup), seeds);
}

}  // namespace symphony::detail
