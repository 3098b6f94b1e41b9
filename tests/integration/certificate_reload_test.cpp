#include "support/certificates.hpp"
#include "support/nginx.hpp"
#include "support/temporary_directory.hpp"
#include "symphony/tool/client.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

// A client certificate that is renewed under a running client, as its owner sees it.

namespace symphony::test_support {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

class renewed_certificate : public ::testing::Test {
protected:
    renewed_certificate() {
        become(alice);
        client_options options;
        options.events = [this](const event& one) {
            if (one.name != "tls.reload") return;
            const std::lock_guard lock(mutex);
            told.push_back(one);
        };
        calls.emplace(std::move(options));
        calls->tools().create(tool());
    }

    [[nodiscard]] tool_options tool() const {
        named_endpoint api;
        api.name = "api";
        api.options.url = "https://localhost:" + std::to_string(server.port());
        api.options.tls.ca = ca.file();
        api.options.tls.identity = {cert, secret(key), {}};
        tool_options made;
        made.name = "t";
        made.external_apis.push_back(std::move(api));
        return made;
    }
    void become(const certificate_files& who) const {
        swap_file(cert, content_of(who.certificate));
        swap_file(key, content_of(who.key));
    }
    [[nodiscard]] std::string ask() {
        const result<response> got = calls->call_blocking("t", "api", request("/"));
        return got ? got->body : got.error().message;
    }
    [[nodiscard]] std::vector<event> heard() {
        const std::lock_guard lock(mutex);
        return told;
    }
    // Calls until it is so; each opens a connection.
    [[nodiscard]] bool comes_true(const std::function<bool()>& so) {
        const system_clock time;
        for (const instant end = time.now() + 20s; time.now() < end;) {
            if (so()) return true;
        }
        return false;
    }

    temporary_directory directory;
    std::string cert = (directory.path() / "client.pem").string();
    std::string key = (directory.path() / "client.key").string();
    throwaway_ca ca;
    certificate_files files = ca.issue("DNS:localhost");
    certificate_files alice = ca.issue_client("alice");
    certificate_files bob = ca.issue_client("bob");
    nginx server{"server { listen @LISTEN@ ssl; ssl_certificate " + files.certificate +
                 "; ssl_certificate_key " + files.key +
                 "; ssl_verify_client on; ssl_client_certificate " + ca.file() +
                 "; keepalive_timeout 0; location / { return 200 $ssl_client_s_dn; } }"};
    std::mutex mutex;
    std::vector<event> told;
    std::optional<client> calls;
};

TEST_F(renewed_certificate, is_used_without_a_restart_and_told_of) {
    EXPECT_EQ(ask(), "CN=alice");
    swap_file(key, content_of(bob.key));
    ASSERT_TRUE(comes_true([this] {
        EXPECT_EQ(ask(), "CN=alice");
        return !heard().empty();
    }));
    const event broken = heard().front();
    EXPECT_EQ(broken.level, severity::warn);
    EXPECT_EQ(broken.tool, "t");
    EXPECT_EQ(broken.endpoint, "api");
    EXPECT_THAT(broken.message, HasSubstr("does not belong to the certificate"));
    EXPECT_THAT(broken.message, Not(HasSubstr("PRIVATE")));
    swap_file(cert, content_of(bob.certificate));
    ASSERT_TRUE(comes_true([this] { return ask() == "CN=bob"; }));
    ASSERT_EQ(heard().size(), 2U);
    EXPECT_EQ(heard().back().level, severity::info);
}

TEST_F(renewed_certificate, comes_with_a_new_configuration_at_once_unless_that_is_broken) {
    EXPECT_EQ(ask(), "CN=alice");
    swap_file(key, content_of(bob.key));
    const result<void> refused = calls->replace_tools({tool()});
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr("does not belong to the certificate"));
    EXPECT_EQ(ask(), "CN=alice");
    become(bob);
    ASSERT_TRUE(calls->replace_tools({tool()}));
    EXPECT_EQ(ask(), "CN=bob");
}

}  // namespace
}  // namespace symphony::test_support
