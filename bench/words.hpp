#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>

namespace bench {

[[noreturn]] inline void stop(const std::string& why) {
    std::fprintf(stderr, "%s\n", why.c_str());
    std::_Exit(1);
}

/// A program's arguments, each NAME=VALUE.
class words {
public:
    words(int count, char** arguments) {
        for (int i = 1; i < count; ++i) {
            const std::string_view word = arguments[i];
            const std::size_t at = word.find('=');
            if (at == std::string_view::npos) stop("not NAME=VALUE: " + std::string(word));
            given_.emplace(word.substr(0, at), word.substr(at + 1));
        }
    }
    [[nodiscard]] std::string text(const std::string& name, std::string otherwise = {}) const {
        const auto found = given_.find(name);
        return found == given_.end() ? otherwise : found->second;
    }
    [[nodiscard]] std::uint64_t number(const std::string& name, std::uint64_t otherwise = 0) const {
        const auto found = given_.find(name);
        return found == given_.end() ? otherwise : std::stoull(found->second);
    }

private:
    std::map<std::string, std::string> given_;
};

}  // namespace bench
