// Any bytes as a configuration: faults or options, never a crash, a hang or a secret in a message.
#include "symphony/config/load.hpp"

#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    constexpr std::string_view marker = "s3cr3t-m4rk3r";
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    // Files could be anything here, so none is read; and what the file itself says is no secret.
    if (text.find("file:") != std::string_view::npos) return 0;
    if (text.find(marker) != std::string_view::npos) return 0;
    const symphony::environment env = [&](std::string_view name) -> std::optional<std::string> {
        if (name == "SECRET") return std::string(marker);
        return std::nullopt;
    };
    for (const char* file : {"fuzz.yaml", "fuzz.json"}) {
        const auto result = symphony::parse_config(text, file, env);
        if (result) {
            if (result->tools.empty()) std::abort();
            continue;
        }
        if (result.error().empty()) std::abort();
        for (const symphony::config_fault& fault : result.error()) {
            if (to_string(fault).find(marker) != std::string::npos) std::abort();
            if (fault.message.empty()) std::abort();
        }
    }
    return 0;
}
