#pragma once

#include "integration/expect_error.hpp"
#include "support/client_rig.hpp"
#include "support/misbehaving_server.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <filesystem>
#include <string>
#include <system_error>

namespace symphony::test_support {

/// Sockets that this process has open.
[[nodiscard]] inline std::size_t open_sockets() {
    std::size_t count = 0;
    for (const auto& one : std::filesystem::directory_iterator("/proc/self/fd")) {
        std::error_code gone;
        count += std::filesystem::read_symlink(one, gone).string().starts_with("socket:") ? 1 : 0;
    }
    return count;
}

/// Proof that nothing is left of a misbehaviour: a good call over the same pool is served, and once
/// the client closes, no connection and no descriptor is left on either side. Over HTTP/2 a
/// connection closes only when its last stream is over. To be made when the server listens and
/// nothing is connected.
class clean_pool {
public:
    explicit clean_pool(client_rig& rig) : rig_(rig) {}

    void expect(const client_rig::target_ptr& where, const misbehaving_server& server,
                const std::string& good) const {
        outgoing call;
        call.options.until = rig_.in(std::chrono::seconds(15));
        const result<response> next = rig_.send(where, std::move(call));
        EXPECT_TRUE(answered(next)) << "the next call";
        EXPECT_EQ(next ? next->body : good, good) << "the next call";
        expect_nothing_left(where, server);
    }
    /// For a client that was aborted, which calls nobody any more.
    void expect_nothing_left(const client_rig::target_ptr& where,
                             const misbehaving_server& server) const {
        EXPECT_EQ(rig_.client->look(*where).waiting, 0U);
        rig_.client->close();
        EXPECT_TRUE(rig_.run_until([&] {
            const auto seen = rig_.client->look(*where);
            return seen.busy == 0 && seen.idle == 0;
        })) << "a connection is left";
        for (std::size_t i = 0; i < server.connections(); ++i)
            EXPECT_TRUE(server.wait_until_finished(i)) << "connection " << i << " lives on";
        EXPECT_EQ(open_sockets(), before_) << "a descriptor is left";
    }

private:
    client_rig& rig_;
    std::size_t before_ = open_sockets();
};

}  // namespace symphony::test_support
