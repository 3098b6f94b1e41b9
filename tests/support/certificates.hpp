#pragma once

#include "support/temporary_directory.hpp"

#include <filesystem>
#include <memory>
#include <string>

namespace symphony::test_support {

/// PEM files a server starts with.
struct certificate_files {
    std::string certificate;
    std::string key;
};

/// When a certificate is valid, in days from now.
struct validity {
    int from = -1;
    int to = 1;
};

/// A certificate authority that nobody knows, gone with the test. Throws std::runtime_error when
/// OpenSSL refuses.
class throwaway_ca {
public:
    throwaway_ca();
    ~throwaway_ca();
    throwaway_ca(const throwaway_ca&) = delete;
    throwaway_ca& operator=(const throwaway_ca&) = delete;

    /// Its own certificate: what a client has to trust.
    [[nodiscard]] std::string file() const;
    /// A server certificate. `names` as OpenSSL writes them: "DNS:a.test,IP:127.0.0.1".
    [[nodiscard]] certificate_files issue(const std::string& names, validity valid = {});

private:
    struct keys;
    temporary_directory directory_;
    std::unique_ptr<keys> keys_;
    int issued_ = 0;
};

}  // namespace symphony::test_support
