#include "config/reader.hpp"

#include "config/text.hpp"
#include "symphony/core/nearest_name.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <numeric>
#include <tuple>

namespace symphony::detail {

namespace {

std::string_view kind_name(const node& value) {
    switch (value.kind) {
        case node::type::null:
            return "nothing";
        case node::type::scalar:
            return "a single value";
        case node::type::sequence:
            return "a list";
        case node::type::map:
            return "an object";
    }
    return "nothing";
}

std::string quoted(const scalar_text& value) {
    return value.quotable ? ", not '" + printable(value.text) + "'" : std::string();
}

std::string in_words(duration d) {
    if (d % std::chrono::hours(1) == duration::zero()) {
        return fmt::format("{}h", d / std::chrono::hours(1));
    }
    if (d % std::chrono::seconds(1) == duration::zero()) {
        return fmt::format("{}s", d / std::chrono::seconds(1));
    }
    return fmt::format("{}ms", d / std::chrono::milliseconds(1));
}

std::vector<std::string_view> available_names(std::span<const known> names) {
    std::vector<std::string_view> all;
    for (const known& one : names) {
        if (one.available) all.push_back(one.name);
    }
    return all;
}

void report_again(read_context& context, std::string path, position at, position first) {
    context.fault(at, std::move(path),
                  fmt::format("this key was given before, in line {}", first.line));
}

}  // namespace

read_context::read_context(std::string file, const environment& env)
    : file_(std::move(file)),
      directory_(std::filesystem::path(file_).parent_path().string()),
      env_(env) {}

void read_context::fault(position at, std::string path, std::string message,
                         std::string suggestion) {
    config_fault one;
    one.file = file_;
    one.line = at.line;
    one.column = at.column;
    one.path = std::move(path);
    one.message = std::move(message);
    one.suggestion = std::move(suggestion);
    faults_.push_back(std::move(one));
}

std::vector<config_fault> read_context::take_faults() {
    // Faults of one place stay in the order in which they were found.
    std::vector<std::size_t> order(faults_.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::sort(order, {}, [&](std::size_t i) {
        return std::tuple(faults_[i].line, faults_[i].column, i);
    });
    std::vector<config_fault> sorted;
    sorted.reserve(order.size());
    for (const std::size_t i : order)
        sorted.push_back(std::move(faults_[i]));
    faults_.clear();
    return sorted;
}

void cursor::wrong(std::string message, std::string suggestion) const {
    // A missing value has no place of its own; its key has.
    const position at = value_->kind == node::type::null ? key_ : value_->at;
    context_->fault(at, path_, std::move(message), std::move(suggestion));
}

void cursor::incomplete(std::string message) const {
    context_->fault(key_, path_, std::move(message));
}

std::optional<scalar_text> cursor::scalar() const {
    if (value_->kind != node::type::scalar) return std::nullopt;
    expansion made = expand(value_->text, context_->env(), context_->directory());
    for (std::string& problem : made.problems)
        wrong(std::move(problem));
    if (!made.problems.empty()) return std::nullopt;
    return scalar_text{std::move(made.text), value_->plain || made.expanded, !made.expanded};
}

std::optional<std::string> cursor::text() const {
    if (value_->kind != node::type::scalar) {
        wrong(fmt::format("must be text, not {}", kind_name(*value_)));
        return std::nullopt;
    }
    auto value = scalar();
    if (!value) return std::nullopt;
    return std::move(value->text);
}

std::optional<std::string> cursor::shown_text() const {
    auto value = text();
    if (value && uses_file(value_->text)) {
        wrong("what comes from ${file:} is a secret, and this value is shown");
        return std::nullopt;
    }
    return value;
}

std::optional<std::string> cursor::masked_text() const {
    if (value_->kind != node::type::scalar || !uses_file(value_->text)) return std::nullopt;
    return expand_shown(value_->text, context_->env(), context_->directory());
}

std::optional<secret> cursor::hidden() const {
    auto value = text();
    if (!value) return std::nullopt;
    return secret(std::move(*value));
}

std::optional<std::int64_t> cursor::whole_number(std::int64_t least, std::int64_t most) const {
    const std::string wanted = fmt::format("must be a whole number, {} to {}", least, most);
    if (value_->kind != node::type::scalar) {
        wrong(fmt::format("{}, not {}", wanted, kind_name(*value_)));
        return std::nullopt;
    }
    const auto given = scalar();
    if (!given) return std::nullopt;
    const auto number = given->plain ? to_integer(given->text) : std::nullopt;
    if (!number || *number < least || *number > most) {
        wrong(wanted + quoted(*given));
        return std::nullopt;
    }
    return number;
}

std::optional<double> cursor::share() const {
    constexpr std::string_view wanted = "must be a number above 0 and at most 1";
    if (value_->kind != node::type::scalar) {
        wrong(fmt::format("{}, not {}", wanted, kind_name(*value_)));
        return std::nullopt;
    }
    const auto given = scalar();
    if (!given) return std::nullopt;
    const auto number = given->plain ? to_number(given->text) : std::nullopt;
    if (!number || *number <= 0 || *number > 1) {
        wrong(std::string(wanted) + quoted(*given));
        return std::nullopt;
    }
    return number;
}

std::optional<duration> cursor::time(duration_range range) const {
    constexpr std::string_view wanted =
        "must be milliseconds or text with a unit (250ms, 30s, 5m, 1h)";
    if (value_->kind != node::type::scalar) {
        wrong(fmt::format("{}, not {}", wanted, kind_name(*value_)));
        return std::nullopt;
    }
    const auto given = scalar();
    if (!given) return std::nullopt;
    const auto length = to_duration(given->text, given->plain);
    if (!length) {
        wrong(std::string(wanted) + quoted(*given));
        return std::nullopt;
    }
    if (*length < range.least || *length > range.most) {
        const std::string least = range.least < std::chrono::milliseconds(1)
                                      ? (range.least > duration::zero() ? "above 0" : "0 or more")
                                      : "at least " + in_words(range.least);
        wrong(fmt::format("must be {} and at most {}{}", least, in_words(range.most),
                          quoted(*given)));
        return std::nullopt;
    }
    return length;
}

std::optional<std::size_t> cursor::choice(std::span<const known> names) const {
    const std::string wanted = "must be " + list_of(names);
    if (value_->kind != node::type::scalar) {
        wrong(fmt::format("{}, not {}", wanted, kind_name(*value_)));
        return std::nullopt;
    }
    const auto given = scalar();
    if (!given) return std::nullopt;
    const auto found = std::ranges::find(names, std::string_view(given->text), &known::name);
    if (found == names.end()) {
        const auto near = given->quotable ? nearest_name(given->text, available_names(names))
                                          : std::string_view();
        wrong(wanted + quoted(*given), std::string(near));
        return std::nullopt;
    }
    if (!found->available) {
        wrong(fmt::format("'{}' is {}", found->name, not_available));
        return std::nullopt;
    }
    return static_cast<std::size_t>(found - names.begin());
}

std::vector<cursor> cursor::items() const {
    std::vector<cursor> all;
    if (value_->kind != node::type::sequence) {
        wrong(fmt::format("must be a list, not {}", kind_name(*value_)));
        return all;
    }
    for (std::size_t i = 0; i < value_->items.size(); ++i) {
        const node& item = *value_->items[i];
        all.emplace_back(*context_, item, fmt::format("{}[{}]", path_, i), item.at);
    }
    return all;
}

std::optional<std::vector<std::pair<std::string, cursor>>> cursor::members() const {
    if (value_->kind != node::type::map) {
        wrong(fmt::format("must be an object, not {}", kind_name(*value_)));
        return std::nullopt;
    }
    std::vector<std::pair<std::string, cursor>> all;
    std::map<std::string_view, position> seen;
    for (const node::member& one : value_->members) {
        const auto [first, fresh] = seen.emplace(one.key, one.at);
        if (!fresh) report_again(*context_, member_path(path_, one.key), one.at, first->second);
        all.emplace_back(one.key,
                         cursor(*context_, *one.value, member_path(path_, one.key), one.at));
    }
    return all;
}

object::object(const cursor& at, std::initializer_list<known> keys, secrecy mode) : at_(at) {
    const node& value = at.value();
    if (value.kind != node::type::map) {
        at.wrong(fmt::format("must be an object, not {}", kind_name(value)));
        return;
    }
    const std::span<const known> all(keys.begin(), keys.size());
    for (const node::member& member : value.members) {
        const auto found = std::ranges::find(all, std::string_view(member.key), &known::name);
        if (found != all.end() && found->available) {
            const auto [first, fresh] = members_.emplace(member.key, &member);
            if (!fresh) {
                report_again(at.context(), member_path(at.path(), member.key), member.at,
                             first->second->at);
            }
        } else if (found != all.end()) {
            at.context().fault(member.at, member_path(at.path(), member.key),
                               std::string(not_available));
        } else {
            const auto near = nearest_name(member.key, available_names(all));
            const bool repeat = mode == secrecy::open || !near.empty();
            at.context().fault(member.at, member_path(at.path(), repeat ? member.key : "?"),
                               "unknown key", std::string(near));
        }
    }
}

std::optional<cursor> object::get(std::string_view key) const {
    const auto found = members_.find(key);
    if (found == members_.end()) return std::nullopt;
    const node::member& member = *found->second;
    return cursor(at_.context(), *member.value, member_path(at_.path(), key), member.at);
}

std::optional<cursor> object::require(std::string_view key) const {
    auto found = get(key);
    if (!found && at_.value().kind == node::type::map) {
        at_.incomplete(fmt::format("'{}' is missing", key));
    }
    return found;
}

std::string member_path(const std::string& path, std::string_view child) {
    const bool simple = !child.empty() && std::ranges::all_of(child, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_' || c == '-' || c == '?';
    });
    if (!simple) return path + "['" + printable(child) + "']";
    const std::string name = printable(child);
    return path.empty() ? name : path + "." + name;
}

std::string list_of(std::span<const known> names) {
    const auto shown = available_names(names);
    std::string text;
    for (std::size_t i = 0; i < shown.size(); ++i) {
        if (i > 0) text += i + 1 == shown.size() ? " or " : ", ";
        text += fmt::format("'{}'", shown[i]);
    }
    return text;
}

bool is_name(std::string_view name) noexcept {
    return !name.empty() && name.size() <= 64 && std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '_';
    });
}

}  // namespace symphony::detail
