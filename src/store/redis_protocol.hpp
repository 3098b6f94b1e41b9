#pragma once

#include "store/redis_commands.hpp"

#include <fmt/format.h>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

struct redisReader;

namespace symphony::detail {

/// A number as an argument.
template <std::integral Number>
[[nodiscard]] std::string decimal(Number n) {
    return fmt::format_int(n).str();
}

/// Appends a command as Redis reads it (RESP2: an array of bulk strings).
void append_command(std::string& to, std::span<const std::string_view> words);

/// Takes a server's bytes apart into replies (RESP2), in whatever pieces they come. Arrays nest at
/// most 8 deep and a reply takes at most 16 MiB, in memory and on the wire; anything beyond, and
/// anything that is no RESP, breaks the reader for good. For one thread.
class reply_reader {
public:
    static constexpr std::size_t most_bytes = std::size_t{16} << 20;

    reply_reader();
    ~reply_reader();
    reply_reader(const reply_reader&) = delete;
    reply_reader& operator=(const reply_reader&) = delete;

    /// False: broken.
    bool feed(std::string_view bytes);
    /// The next whole reply. False: there is none yet, or broken.
    bool next(redis_reply& into);
    [[nodiscard]] bool broken() const noexcept { return broken_; }

private:
    struct freed {
        void operator()(redisReader* reader) const noexcept;
    };
    [[nodiscard]] bool is_overlong() const noexcept;

    std::size_t budget_ = most_bytes;  // what the reply under way may still take
    std::unique_ptr<redisReader, freed> reader_;
    bool broken_ = false;
};

}  // namespace symphony::detail
