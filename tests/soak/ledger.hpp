#pragma once

#include "soak/call.hpp"

#include <cstdint>
#include <map>
#include <string>

namespace symphony::soak {

/// What became of every call that was sent. For one thread.
struct ledger {
    std::uint64_t sent = 0;
    std::map<ending::type, std::uint64_t> ended{};
    std::map<std::string, std::uint64_t> failed{};  ///< by kind
    std::map<std::string, std::uint64_t> wrong{};   ///< by what is wrong

    void enter(const ending& how) {
        ++ended[how.what];
        if (how.what == ending::type::failed) ++failed[how.why];
        if (how.what == ending::type::wrong) ++wrong[how.why];
    }
    [[nodiscard]] std::uint64_t count(ending::type what) const {
        const auto found = ended.find(what);
        return found == ended.end() ? 0 : found->second;
    }
    [[nodiscard]] std::uint64_t all_ended() const {
        std::uint64_t all = 0;
        for (const auto& [_, count] : ended)
            all += count;
        return all;
    }
};

}  // namespace symphony::soak
