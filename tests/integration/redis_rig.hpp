#pragma once

#include "store/redis_client.hpp"
#include "support/certificates.hpp"
#include "support/redis_server.hpp"
#include "symphony/core/clock.hpp"
#include "symphony/core/random.hpp"
#include "symphony/net/asio_timers.hpp"

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace symphony::test_support {

/// A command under way, and what came of it.
struct redis_call {
    std::vector<std::string> words;              ///< the second is the key
    std::optional<detail::redis_script> script;  ///< then the words are its keys
    std::vector<std::string> arguments;
    detail::split_keys when_split = detail::split_keys::wait;
    std::optional<result<detail::redis_reply>> outcome;
    instant ended_at{};
    boost::asio::cancellation_signal cancel;
};

/// A client of Redis on a loop that runs only inside the calls below. They give up after 20 s.
class redis_rig {
public:
    explicit redis_rig(const redis_options& options, net::io_hook* hook = nullptr);
    ~redis_rig();
    redis_rig(const redis_rig&) = delete;
    redis_rig& operator=(const redis_rig&) = delete;

    using call = std::shared_ptr<redis_call>;

    [[nodiscard]] call start(std::vector<std::string> words);
    [[nodiscard]] call start_script(const std::string& lua, std::vector<std::string> keys,
                                    std::vector<std::string> arguments = {});
    /// Starts and waits for the end.
    result<detail::redis_reply> ask(std::vector<std::string> words);
    result<detail::redis_reply> run(const std::string& lua, std::vector<std::string> keys,
                                    std::vector<std::string> arguments = {});
    /// Runs the loop until `done`; false when that never comes.
    [[nodiscard]] bool run_until(const std::function<bool()>& done);
    [[nodiscard]] bool finish(const call& one) {
        return run_until([&] { return one->outcome.has_value(); });
    }
    /// Asks again and again until there is a reply. Returns how long that took.
    duration until_answered(const std::vector<std::string>& words);

    system_clock time;
    fast_random chance{1};
    boost::asio::io_context loop{1};
    std::optional<net::asio_timers> wakeups;
    std::unique_ptr<detail::redis_commands> client;

private:
    call spawn(call one);
};

/// With a time-out that no busy machine comes near.
[[nodiscard]] redis_options options_for(const redis_server& server);

/// For servers of this address that speak TLS among themselves, too.
[[nodiscard]] redis_server_options over_tls(throwaway_ca& authority);

/// For EXPECT_TRUE: what is wrong is said in one line.
[[nodiscard]] ::testing::AssertionResult replied(const result<detail::redis_reply>& got,
                                                 const std::string& text);
[[nodiscard]] ::testing::AssertionResult replied(const result<detail::redis_reply>& got,
                                                 std::int64_t number);
/// `store_unavailable`, the message and the remote text holding those parts.
[[nodiscard]] ::testing::AssertionResult unavailable(const result<detail::redis_reply>& got,
                                                     const std::string& message = {},
                                                     const std::string& remote = {});

}  // namespace symphony::test_support
