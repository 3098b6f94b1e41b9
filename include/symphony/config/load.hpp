#pragma once

#include "symphony/config/file_options.hpp"
#include "symphony/core/environment.hpp"

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace symphony {

/// One fault of a configuration, with its place and remedy.
struct config_fault {
    std::string file;
    int line = 0;              ///< from 1; 0 when the file as a whole is meant
    int column = 0;            ///< from 1
    std::string path;          ///< tools[0].externalAPIs.endpoint.rateLimit.maxRequestsPerSecnd
    std::string message;       ///< what is wrong; never holds a secret
    std::string suggestion{};  ///< the nearest valid name, or what to write instead
};

/// "file:line:column: path: message (did you mean 'x'?)"
[[nodiscard]] std::string to_string(const config_fault& fault);

/// The process's own environment.
[[nodiscard]] environment process_environment();

/// Reads, expands and checks a YAML or JSON file: all faults at once, or options that are whole.
/// Files above 4 MiB, depth above 64 and alias bombs are refused.
[[nodiscard]] std::expected<file_options, std::vector<config_fault>> load_config(
    const std::string& file, const environment& env);

/// The same from text; `file` is used in messages and to resolve `${file:…}`.
[[nodiscard]] std::expected<file_options, std::vector<config_fault>> parse_config(
    std::string_view text, const std::string& file, const environment& env);

/// `-c FILE`, else $SYMPHONY_CONFIG, else symphony.yaml, symphony.yml, symphony.json in the working
/// directory. Nothing when there is none.
[[nodiscard]] std::optional<std::string> find_config(const std::optional<std::string>& given,
                                                     const environment& env);

/// What was understood, for people: tools, endpoints and each endpoint's chain, no secrets.
[[nodiscard]] std::string describe(const file_options& options);

}  // namespace symphony
