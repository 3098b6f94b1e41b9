#pragma once

#include "store/redis_commands.hpp"
#include "support/temporary_directory.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

struct redisContext;

namespace symphony::test_support {

/// A real redis-server on a Unix socket, and one blocking, pipelining connection to it. Both end
/// with this object. Throws std::runtime_error where anything goes wrong.
class script_redis {
public:
    script_redis();
    ~script_redis();
    script_redis(const script_redis&) = delete;
    script_redis& operator=(const script_redis&) = delete;

    /// Sends nothing yet.
    void append(std::span<const std::string_view> words);
    /// Sends what was appended and reads that many answers.
    std::vector<detail::redis_reply> collect();
    detail::redis_reply command(std::span<const std::string_view> words);
    detail::redis_reply command(std::initializer_list<std::string_view> words) {
        return command(std::span(words.begin(), words.size()));
    }

private:
    void connect();

    temporary_directory directory_;
    pid_t process_ = -1;
    redisContext* context_ = nullptr;
    std::size_t appended_ = 0;
};

/// `redis_commands` that block; for stores under test.
class blocking_commands final : public detail::redis_commands {
public:
    explicit blocking_commands(script_redis& server) : server_(server) {}
    [[nodiscard]] boost::asio::awaitable<result<detail::redis_reply>> run(
        const detail::redis_script& script, std::span<const std::string_view> keys,
        std::span<const std::string_view> arguments, detail::split_keys when_split) override;
    [[nodiscard]] boost::asio::awaitable<result<detail::redis_reply>> command(
        std::string_view key, std::span<const std::string_view> words) override;

private:
    script_redis& server_;
};

}  // namespace symphony::test_support
