#include "store/redis_topology.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace symphony::detail {

namespace asio = boost::asio;

namespace {

class redis_direct final : public redis_topology,
                           public std::enable_shared_from_this<redis_direct> {
public:
    explicit redis_direct(std::shared_ptr<redis_connection> to) : to_(std::move(to)) {}

    asio::awaitable<result<redis_reply>> send(std::string_view key,
                                              std::span<const std::string_view> words,
                                              instant until, split_keys when_split) override;
    void stop() noexcept override { to_->retire(redis_error("the Redis client was stopped")); }

private:
    const std::shared_ptr<redis_connection> to_;
};

asio::awaitable<result<redis_reply>> redis_direct::send(std::string_view /*key*/,
                                                        std::span<const std::string_view> words,
                                                        instant until, split_keys /*when_split*/) {
    const auto server = to_;
    redis_request request;
    request.verb = words.front();
    append_command(request.bytes, words);
    result<redis_reply> reply = co_await server->ask(request, until);
    if (!reply || reply->kind != redis_reply::type::error || has_code(*reply, "NOSCRIPT")) {
        co_return reply;
    }
    error why = refused(*server, request.verb, *reply);
    if (is_wrong_server(*reply)) server->drop(why);
    co_return std::unexpected(std::move(why));
}

}  // namespace

bool has_code(const redis_reply& reply, std::string_view code) noexcept {
    return reply.kind == redis_reply::type::error && reply.text.starts_with(code) &&
           (reply.text.size() == code.size() || reply.text[code.size()] == ' ');
}

bool is_wrong_server(const redis_reply& reply) noexcept {
    constexpr std::array<std::string_view, 4> codes{"READONLY", "LOADING", "MASTERDOWN", "NOAUTH"};
    return std::ranges::any_of(codes, [&](std::string_view code) { return has_code(reply, code); });
}

error refused(const redis_connection& by, std::string_view verb, const redis_reply& reply) {
    error made = redis_error(fmt::format("Redis at {} refused {}", by.name(), verb), reply.text);
    made.maybe_sent = true;
    return made;
}

std::shared_ptr<redis_topology> make_direct_topology(redis_setup setup,
                                                     const redis_options& options) {
    std::unique_ptr<redis_locator> locator;
    std::string name;
    if (options.sentinel.addresses.empty()) {
        redis_endpoint where{options.server, options.unix_socket};
        name = where.name();
        locator = std::make_unique<fixed_locator>(std::move(where));
    } else {
        name = fmt::format("the master '{}'", options.sentinel.master);
        locator = std::make_unique<sentinel_locator>(setup.core, options.sentinel, setup.tls,
                                                     setup.limits.connect);
        setup.login.master_only = true;
    }
    return std::make_shared<redis_direct>(
        std::make_shared<redis_connection>(setup.core, std::move(locator), std::move(setup.login),
                                           setup.tls, setup.limits, std::move(name)));
}

}  // namespace symphony::detail
