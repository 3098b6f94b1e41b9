#include "support/script_redis.hpp"

#include <hiredis/hiredis.h>

#include <array>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <stdexcept>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <utility>

namespace symphony::test_support {

namespace {

using detail::redis_reply;

redis_reply converted(const ::redisReply& from) {
    redis_reply to;
    switch (from.type) {
        case REDIS_REPLY_INTEGER:
            to.kind = redis_reply::type::integer;
            break;
        case REDIS_REPLY_STRING:
            to.kind = redis_reply::type::text;
            break;
        case REDIS_REPLY_STATUS:
            to.kind = redis_reply::type::status;
            break;
        case REDIS_REPLY_ERROR:
            to.kind = redis_reply::type::error;
            break;
        case REDIS_REPLY_ARRAY:
            to.kind = redis_reply::type::array;
            break;
        default:
            return to;
    }
    to.integer = from.type == REDIS_REPLY_INTEGER ? from.integer : 0;
    if (from.str != nullptr) to.text.assign(from.str, from.len);
    for (std::size_t i = 0; from.type == REDIS_REPLY_ARRAY && i < from.elements; ++i)
        to.items.push_back(converted(*from.element[i]));
    return to;
}

result<redis_reply> checked(redis_reply reply) {
    if (reply.kind != redis_reply::type::error) return reply;
    return fail(error_kind::store_unavailable, "Redis refused", std::move(reply.text));
}

}  // namespace

script_redis::script_redis() {
    const std::string socket = (directory_.path() / "s").string();
    const std::string directory = directory_.path().string();
    const std::array<const char*, 10> arguments{"redis-server",    "--port", "0", "--unixsocket",
                                                socket.c_str(),    "--save", "",  "--dir",
                                                directory.c_str(), nullptr};
    const pid_t parent = ::getpid();
    process_ = ::fork();
    if (process_ == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (::getppid() != parent || ::freopen("/dev/null", "w", stdout) == nullptr) ::_exit(1);
        ::execvp("redis-server", const_cast<char* const*>(arguments.data()));
        ::_exit(127);
    }
    connect();
}

script_redis::~script_redis() {
    if (context_ != nullptr) ::redisFree(context_);
    if (process_ > 0) {
        ::kill(process_, SIGKILL);
        ::waitpid(process_, nullptr, 0);
    }
}

void script_redis::connect() {
    const std::string socket = (directory_.path() / "s").string();
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (std::chrono::steady_clock::now() < give_up) {
        context_ = ::redisConnectUnix(socket.c_str());
        if (context_ != nullptr && context_->err == 0) return;
        if (context_ != nullptr) ::redisFree(std::exchange(context_, nullptr));
        if (::waitpid(process_, nullptr, WNOHANG) == process_) break;
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    throw std::runtime_error("redis-server did not come up");
}

void script_redis::append(std::span<const std::string_view> words) {
    std::vector<const char*> starts;
    std::vector<std::size_t> sizes;
    for (const std::string_view word : words) {
        starts.push_back(word.data() == nullptr ? "" : word.data());
        sizes.push_back(word.size());
    }
    const int count = static_cast<int>(words.size());
    if (::redisAppendCommandArgv(context_, count, starts.data(), sizes.data()) != REDIS_OK)
        throw std::runtime_error("cannot append");
    ++appended_;
}

std::vector<redis_reply> script_redis::collect() {
    std::vector<redis_reply> replies;
    for (; appended_ > 0; --appended_) {
        void* reply = nullptr;
        if (::redisGetReply(context_, &reply) != REDIS_OK)
            throw std::runtime_error("no answer of redis-server");
        replies.push_back(converted(*static_cast<::redisReply*>(reply)));
        ::freeReplyObject(reply);
    }
    return replies;
}

redis_reply script_redis::command(std::span<const std::string_view> words) {
    append(words);
    return std::move(collect().front());
}

boost::asio::awaitable<result<redis_reply>> blocking_commands::run(
    const detail::redis_script& script, std::span<const std::string_view> keys,
    std::span<const std::string_view> arguments, detail::split_keys /*when_split*/) {
    const std::string count = std::to_string(keys.size());
    std::vector<std::string_view> words{"EVALSHA", script.sha1, count};
    words.insert(words.end(), keys.begin(), keys.end());
    words.insert(words.end(), arguments.begin(), arguments.end());
    redis_reply reply = server_.command(words);
    if (reply.kind == redis_reply::type::error && reply.text.starts_with("NOSCRIPT")) {
        words[0] = "EVAL";
        words[1] = script.source;
        reply = server_.command(words);
    }
    co_return checked(std::move(reply));
}

boost::asio::awaitable<result<redis_reply>> blocking_commands::command(
    std::string_view, std::span<const std::string_view> words) {
    co_return checked(server_.command(words));
}

}  // namespace symphony::test_support
