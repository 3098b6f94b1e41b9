#pragma once

#include "net/tls_context.hpp"
#include "net/tls_files.hpp"
#include "symphony/core/result.hpp"
#include "symphony/core/time.hpp"
#include "symphony/net/transport.hpp"

#include <boost/asio/ssl/context.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace symphony::net::detail {

/// How connections to one destination, or those that a server accepts, shake hands: a context made
/// of files, and made again when these have changed. Thread-safe.
class tls_origin {
public:
    enum class role : std::uint8_t { client, server };

    /// Errors: as `make_tls_client` or `make_server_context`.
    [[nodiscard]] static result<std::shared_ptr<tls_origin>> make(const tls_options& options,
                                                                  tls_reload_listener listener,
                                                                  role side = role::client);

    struct state {
        std::shared_ptr<boost::asio::ssl::context> context;
        std::uint64_t revision = 0;  ///< tells the contents of the files apart
    };
    /// For a new connection. Looks at the files when the last look was a second ago: a few calls of
    /// stat, on one thread; the others go on with what there is.
    [[nodiscard]] state use(instant now);
    /// Another origin of the same files has `other`: looks at them, at once if that is news and
    /// else as `use` does. Who listens to the other has heard of it, and is not told again.
    void catch_up(instant now, std::uint64_t other);
    /// Of the latest context.
    [[nodiscard]] std::uint64_t revision() const noexcept {
        return revision_.load(std::memory_order_relaxed);
    }

private:
    struct watched_file {
        std::string name;
        file_stamp stamp{};
    };

    tls_origin(const tls_options& options, tls_reload_listener listener, role side);
    [[nodiscard]] result<std::shared_ptr<boost::asio::ssl::context>> make_context(
        const tls_files& files);
    enum class news : std::uint8_t { all, only_bad };
    void look(instant now, news told);
    [[nodiscard]] bool have_files_changed();
    [[nodiscard]] result<void> load();
    void read_again(instant now, news told);

    const tls_options options_;
    const role side_;
    const tls_reload_listener listener_;
    std::atomic<std::int64_t> next_look_;  // nanoseconds of `instant`
    std::atomic<std::uint64_t> revision_ = 0;
    std::atomic<std::uint64_t> other_ = 0;  // what was last to be caught up with

    std::mutex looking_;  // and for what follows
    std::vector<watched_file> watched_;
    std::uint64_t authorities_ = 0;  // which CA file's content `context_` trusts
    bool unusable_ = false;          // what is on the disk now

    std::mutex mutex_;
    std::shared_ptr<boost::asio::ssl::context> context_;
};

}  // namespace symphony::net::detail
