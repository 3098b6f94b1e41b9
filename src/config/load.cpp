#include "symphony/config/load.hpp"

#include "config/blocks.hpp"
#include "config/document.hpp"
#include "config/reader.hpp"

#include <filesystem>
#include <fstream>

namespace symphony {

namespace {

using loaded = std::expected<file_options, std::vector<config_fault>>;

void read_version(const detail::object& file) {
    const auto version = file.require("version");
    if (version) (void)version->choice({{"1"}});
}

file_options read_whole(const detail::cursor& root) {
    const detail::object file(root, {{"version"},
                                     {"tools"},
                                     {"gateway"},
                                     {"log"},
                                     {"alerting"},
                                     detail::unavailable("plugins")});
    file_options options;
    options.file = root.context().file();
    read_version(file);
    if (const auto alerting = file.get("alerting")) {
        options.alerting = detail::read_alerting(*alerting);
    }
    if (const auto tools = file.require("tools")) options.tools = detail::read_tools(*tools);
    if (const auto gateway = file.get("gateway")) options.gateway = detail::read_gateway(*gateway);
    if (const auto log = file.get("log")) options.log = detail::read_log(*log);
    return options;
}

loaded whole_file_fault(const std::string& file, std::string message) {
    config_fault fault;
    fault.file = file;
    fault.message = std::move(message);
    return std::unexpected(std::vector{std::move(fault)});
}

}  // namespace

std::string to_string(const config_fault& fault) {
    std::string text = fault.file;
    if (fault.line > 0) {
        text += ':' + std::to_string(fault.line) + ':' + std::to_string(fault.column);
    }
    if (!fault.path.empty()) text += ": " + fault.path;
    text += ": " + fault.message;
    if (!fault.suggestion.empty()) text += " (did you mean '" + fault.suggestion + "'?)";
    return text;
}

loaded parse_config(std::string_view text, const std::string& file, const environment& env) {
    detail::read_context context(file, env);
    const detail::document document = detail::read_document(text, file.ends_with(".json"));
    for (const auto& fault : document.faults)
        context.fault(fault.at, "", fault.message);
    if (document.root) {
        file_options options = read_whole({context, *document.root, "", document.root->at});
        if (context.sound()) return options;
    }
    return std::unexpected(context.take_faults());
}

loaded load_config(const std::string& file, const environment& env) {
    std::error_code failed;
    if (std::filesystem::is_directory(file, failed)) {
        return whole_file_fault(file, "is a directory");
    }
    std::ifstream in(file, std::ios::binary);
    if (!in) return whole_file_fault(file, "cannot be read");
    // One byte more than allowed, so that a larger file shows and an endless one ends.
    std::string text;
    constexpr std::size_t piece = 64 * 1024;
    while (in && text.size() <= detail::max_document_bytes) {
        const std::size_t had = text.size();
        text.resize(had + piece);
        in.read(text.data() + had, piece);
        text.resize(had + static_cast<std::size_t>(in.gcount()));
    }
    if (in.bad()) return whole_file_fault(file, "cannot be read");
    return parse_config(text, file, env);
}

}  // namespace symphony
