#include "redis_rig.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>

#include <chrono>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace symphony::test_support {

namespace asio = boost::asio;
using detail::redis_reply;

namespace {

constexpr auto patience = std::chrono::seconds(20);

asio::awaitable<result<redis_reply>> perform(redis_rig& rig, redis_rig::call one) {
    // A test may let the client go before the loop comes to this.
    if (!rig.client) co_return fail(error_kind::cancelled, "there is no client");
    detail::redis_commands& client = *rig.client;
    const std::vector<std::string_view> words(one->words.begin(), one->words.end());
    const std::vector<std::string_view> arguments(one->arguments.begin(), one->arguments.end());
    if (one->script) co_return co_await client.run(*one->script, words, arguments, one->when_split);
    co_return co_await client.command(words.size() > 1 ? words[1] : "", words);
}

std::string describe(const result<redis_reply>& got) {
    if (!got) {
        return std::string(to_string(got.error().kind)) + ": " + got.error().message + " [" +
               got.error().remote + "]";
    }
    return "a reply of type " + std::to_string(static_cast<int>(got->kind)) + ": " + got->text +
           " " + std::to_string(got->integer);
}

}  // namespace

redis_rig::redis_rig(const redis_options& options, net::io_hook* hook) {
    wakeups.emplace(loop.get_executor(), time);
    auto made =
        detail::make_redis_commands(options, loop.get_executor(), time, *wakeups, chance, hook);
    if (!made) throw std::runtime_error(made.error().message);
    client = std::move(*made);
}

redis_rig::~redis_rig() {
    client.reset();
    wakeups.reset();
    loop.restart();
    loop.poll();  // what was aborted comes to its end
}

redis_rig::call redis_rig::start(std::vector<std::string> words) {
    auto one = std::make_shared<redis_call>();
    one->words = std::move(words);
    return spawn(std::move(one));
}

redis_rig::call redis_rig::start_script(const std::string& lua, std::vector<std::string> keys,
                                        std::vector<std::string> arguments) {
    auto one = std::make_shared<redis_call>();
    one->words = std::move(keys);
    one->script.emplace(lua);
    one->arguments = std::move(arguments);
    return spawn(std::move(one));
}

redis_rig::call redis_rig::spawn(call one) {
    asio::co_spawn(loop, perform(*this, one),
                   asio::bind_cancellation_slot(
                       one->cancel.slot(),
                       [this, one](const std::exception_ptr& fault, result<redis_reply> got) {
                           one->outcome = fault ? fail(error_kind::internal, "an exception escaped")
                                                : std::move(got);
                           one->ended_at = time.now();
                       }));
    return one;
}

result<redis_reply> redis_rig::ask(std::vector<std::string> words) {
    const call one = start(std::move(words));
    if (!finish(one)) return fail(error_kind::internal, "the command never ended");
    return std::move(*one->outcome);
}

result<redis_reply> redis_rig::run(const std::string& lua, std::vector<std::string> keys,
                                   std::vector<std::string> arguments) {
    const call one = start_script(lua, std::move(keys), std::move(arguments));
    if (!finish(one)) return fail(error_kind::internal, "the script never ended");
    return std::move(*one->outcome);
}

bool redis_rig::run_until(const std::function<bool()>& done) {
    const instant end = time.now() + patience;
    while (!done()) {
        if (time.now() > end) return false;
        loop.restart();
        // Never for ever: what is waited for may happen in another process.
        loop.run_one_for(std::chrono::milliseconds(5));
    }
    return true;
}

duration redis_rig::until_answered(const std::vector<std::string>& words) {
    const instant begin = time.now();
    while (!ask(words) && time.now() - begin < patience) {
        loop.restart();
        loop.run_for(std::chrono::milliseconds(1));
    }
    return time.now() - begin;
}

redis_options options_for(const redis_server& server) {
    redis_options options;
    options.server.port = server.port();
    options.command_timeout = std::chrono::seconds(2);  // where nothing else is the point
    return options;
}

redis_server_options over_tls(throwaway_ca& authority) {
    const certificate_files files = authority.issue("IP:127.0.0.1");
    redis_server_options encrypted;
    encrypted.certificate = files.certificate;
    encrypted.key = files.key;
    encrypted.ca = authority.file();
    return encrypted;
}

::testing::AssertionResult replied(const result<redis_reply>& got, const std::string& text) {
    if (got && got->text == text && got->kind != redis_reply::type::error) {
        return ::testing::AssertionSuccess();
    }
    return ::testing::AssertionFailure() << describe(got);
}

::testing::AssertionResult replied(const result<redis_reply>& got, std::int64_t number) {
    if (got && got->kind == redis_reply::type::integer && got->integer == number) {
        return ::testing::AssertionSuccess();
    }
    return ::testing::AssertionFailure() << describe(got);
}

::testing::AssertionResult unavailable(const result<redis_reply>& got, const std::string& message,
                                       const std::string& remote) {
    if (!got && got.error().kind == error_kind::store_unavailable &&
        got.error().message.find(message) != std::string::npos &&
        got.error().remote.find(remote) != std::string::npos) {
        return ::testing::AssertionSuccess();
    }
    return ::testing::AssertionFailure() << describe(got);
}

}  // namespace symphony::test_support
