#pragma once

#include "symphony/core/result.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace symphony::detail {

/// One answer of Redis (RESP2).
struct redis_reply {
    enum class type : std::uint8_t { nil, status, error, integer, text, array };
    type kind = type::nil;
    std::int64_t integer = 0;
    std::string text;  ///< of a status, an error or a bulk string
    std::vector<redis_reply> items;
};

/// A Lua script and its name in Redis's cache.
struct redis_script {
    explicit redis_script(std::string lua);
    std::string source;
    std::string sha1;  ///< lower-case hex
};

/// What becomes of a script while its slot moves and the node at hand lacks some of its keys.
enum class split_keys : std::uint8_t {
    wait,  ///< asked again for a while
    fail,  ///< an error at once, for who can do without some of the keys; see `are_split`
};

/// Whether a script failed because its slot is on its way and its keys are apart.
[[nodiscard]] inline bool are_split(const error& why) noexcept {
    return why.remote.starts_with("TRYAGAIN ");
}

/// Sends commands to the server that holds a key. Errors: `store_unavailable`, also for an error
/// that Redis answers (its text in `remote`); redirections, a script that Redis has lost and a
/// master that has become a replica are dealt with underneath.
class redis_commands {
public:
    virtual ~redis_commands() = default;
    /// EVALSHA; all `keys` live in one slot. A single key is never apart.
    [[nodiscard]] virtual boost::asio::awaitable<result<redis_reply>> run(
        const redis_script& script, std::span<const std::string_view> keys,
        std::span<const std::string_view> arguments, split_keys when_split) = 0;
    /// Any other command; `key` says where it goes.
    [[nodiscard]] virtual boost::asio::awaitable<result<redis_reply>> command(
        std::string_view key, std::span<const std::string_view> words) = 0;
};

}  // namespace symphony::detail
