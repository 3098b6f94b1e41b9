#include "store/redis_commands.hpp"

#include <openssl/sha.h>

#include <array>
#include <utility>

namespace symphony::detail {

// SHA-1 is how Redis names scripts; nothing secret depends on it.
redis_script::redis_script(std::string lua) : source(std::move(lua)) {
    std::array<unsigned char, SHA_DIGEST_LENGTH> digest{};
    SHA1(reinterpret_cast<const unsigned char*>(source.data()), source.size(), digest.data());
    constexpr std::string_view hex = "0123456789abcdef";
    for (const unsigned char byte : digest) {
        sha1 += hex[byte >> 4];
        sha1 += hex[byte & 15];
    }
}

}  // namespace symphony::detail
