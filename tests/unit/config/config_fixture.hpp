#pragma once

#include "symphony/config/load.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <string_view>
#include <unistd.h>
#include <vector>

namespace symphony::testing {

using variables = std::map<std::string, std::string, std::less<>>;

inline environment environment_of(variables values) {
    return [values = std::move(values)](std::string_view name) -> std::optional<std::string> {
        const auto found = values.find(name);
        if (found == values.end()) return std::nullopt;
        return found->second;
    };
}

using loaded = std::expected<file_options, std::vector<config_fault>>;

inline loaded parse(std::string_view text, variables values = {},
                    const std::string& file = "symphony.yaml") {
    return parse_config(text, file, environment_of(std::move(values)));
}

/// A file with one endpoint "t.e" that has `block` beside its URL, in flow style.
inline std::string endpoint_with(const std::string& block) {
    return "version: 1\ntools: [{name: t, externalAPIs: {e: {url: 'http://x'" +
           (block.empty() ? "" : ", " + block) + "}}}]\n";
}

inline std::string all_faults(const loaded& result) {
    std::string text;
    if (!result) {
        for (const config_fault& fault : result.error())
            text += to_string(fault) + "\n";
    }
    return text;
}

/// The endpoint of a file that has one; the default when the file is faulty.
inline endpoint_options only_endpoint(const loaded& result) {
    if (!result) {
        ADD_FAILURE() << all_faults(result);
        return {};
    }
    return result->tools.at(0).external_apis.at(0).options;
}

/// A directory of its own that goes with the test.
class temporary_directory {
public:
    temporary_directory() {
        std::string pattern = (std::filesystem::temp_directory_path() / "symphony-XXXXXX").string();
        if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary directory");
        path_ = pattern;
    }
    ~temporary_directory() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    temporary_directory(const temporary_directory&) = delete;
    temporary_directory& operator=(const temporary_directory&) = delete;

    std::string write(const std::string& name, std::string_view text) const {
        const auto file = path_ / name;
        std::ofstream(file, std::ios::binary) << text;
        return file.string();
    }
    [[nodiscard]] std::string file(const std::string& name) const {
        return (path_ / name).string();
    }

private:
    std::filesystem::path path_;
};

}  // namespace symphony::testing
