#include "net/key_digest.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>
#include <iterator>
#include <span>

namespace symphony::net::detail {

std::string key_digest(const secret& text) {
    if (text.empty()) return {};
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    const std::string_view plain = text.reveal();
    EVP_Digest(plain.data(), plain.size(), digest.data(), &size, EVP_sha256(), nullptr);
    std::string hex;
    for (const unsigned char byte : std::span(digest).first(size))
        fmt::format_to(std::back_inserter(hex), "{:02x}", byte);
    return hex;
}

}  // namespace symphony::net::detail
