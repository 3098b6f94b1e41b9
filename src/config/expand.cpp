#include "config/expand.hpp"

#include "config/text.hpp"

#include <algorithm>
#include <expected>
#include <filesystem>
#include <fstream>
#include <optional>

namespace symphony::detail {

namespace {

constexpr std::size_t max_file_bytes = std::size_t{1} << 20;

bool is_variable(std::string_view name) {
    const auto letter = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    };
    return !name.empty() && letter(name.front()) &&
           std::ranges::all_of(name, [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

std::expected<std::string, std::string> read_file(const std::string& path) {
    std::error_code failed;
    if (std::filesystem::is_directory(path, failed)) return std::unexpected("is a directory");
    std::ifstream in(path, std::ios::binary);
    if (!in) return std::unexpected("cannot be read");
    std::string text(max_file_bytes + 1, '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(in.gcount()));
    if (text.size() > max_file_bytes) return std::unexpected("is larger than 1 MiB");
    if (invalid_utf8(text) != std::string::npos) return std::unexpected("is not UTF-8");
    if (text.ends_with('\n')) text.pop_back();
    if (text.ends_with('\r')) text.pop_back();
    return text;
}

// The value of what stands between `${` and `}`, or what is wrong with it.
std::expected<std::string, std::string> look_up(std::string_view inside, const environment& env,
                                                const std::string& directory) {
    if (inside.starts_with("file:")) {
        const std::string_view path = inside.substr(5);
        if (path.empty()) return std::unexpected("${file:} needs a path");
        auto text = read_file(resolve_path(directory, path));
        if (!text)
            return std::unexpected("the file '" + printable(path, 200) + "' " + text.error());
        return text;
    }
    if (inside.find("${") != std::string_view::npos) {
        return std::unexpected("'${...}' cannot stand inside another");
    }
    const auto mark = inside.find(":-");
    const std::string_view name = inside.substr(0, mark);
    if (!is_variable(name)) {
        return std::unexpected("${...} wants VAR, VAR:-default or file:PATH inside");
    }
    auto value = env ? env(name) : std::nullopt;
    const bool has_default = mark != std::string_view::npos;
    if (has_default && (!value || value->empty())) return std::string(inside.substr(mark + 2));
    if (!value) {
        return std::unexpected("the environment variable " + printable(name, 100) + " is not set");
    }
    if (invalid_utf8(*value) != std::string::npos) {
        return std::unexpected("the environment variable " + printable(name, 100) +
                               " is not UTF-8");
    }
    return std::move(*value);
}

}  // namespace

bool uses_file(std::string_view text) {
    for (auto at = text.find("${file:"); at != std::string_view::npos;
         at = text.find("${file:", at + 1)) {
        if (at == 0 || text[at - 1] != '$') return true;
    }
    return false;
}

std::string resolve_path(const std::string& directory, std::string_view path) {
    return (std::filesystem::path(directory) / std::filesystem::path(path)).string();
}

namespace {

expansion expand_with(std::string_view text, auto&& value_of) {
    expansion result;
    while (!text.empty()) {
        const auto at = text.find("${");
        if (at == std::string_view::npos) break;
        if (at > 0 && text[at - 1] == '$') {
            result.text.append(text.substr(0, at - 1)).append("${");
            text.remove_prefix(at + 2);
            continue;
        }
        result.text.append(text.substr(0, at));
        result.expanded = true;
        const auto end = text.find('}', at);
        if (end == std::string_view::npos) {
            result.problems.emplace_back("'${' without its '}' (a literal '${' is written '$${')");
            return result;
        }
        std::expected<std::string, std::string> value = value_of(text.substr(at + 2, end - at - 2));
        if (value) {
            result.text += *value;
        } else {
            result.problems.push_back(std::move(value.error()));
        }
        text.remove_prefix(end + 1);
    }
    result.text.append(text);
    return result;
}

}  // namespace

expansion expand(std::string_view text, const environment& env, const std::string& directory) {
    return expand_with(text,
                       [&](std::string_view inside) { return look_up(inside, env, directory); });
}

std::string expand_shown(std::string_view text, const environment& env,
                         const std::string& directory) {
    const auto value_of = [&](std::string_view inside) -> std::expected<std::string, std::string> {
        if (inside.starts_with("file:")) return "***";
        return look_up(inside, env, directory);
    };
    return expand_with(text, value_of).text;
}

}  // namespace symphony::detail
