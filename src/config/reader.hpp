#pragma once

#include "config/document.hpp"
#include "config/expand.hpp"
#include "symphony/config/load.hpp"

#include <concepts>
#include <initializer_list>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace symphony::detail {

/// What the reading of one file has in common: its faults above all.
class read_context {
public:
    read_context(std::string file, const environment& env);

    void fault(position at, std::string path, std::string message, std::string suggestion = {});
    /// All faults, in the order of the file.
    [[nodiscard]] std::vector<config_fault> take_faults();
    [[nodiscard]] bool sound() const noexcept { return faults_.empty(); }
    [[nodiscard]] const std::string& file() const noexcept { return file_; }
    [[nodiscard]] const std::string& directory() const noexcept { return directory_; }
    [[nodiscard]] const environment& env() const noexcept { return env_; }
    /// The file says where e-mails are sent from.
    void note_mail_server() noexcept { has_mail_server_ = true; }
    [[nodiscard]] bool has_mail_server() const noexcept { return has_mail_server_; }

private:
    std::string file_;
    std::string directory_;
    const environment& env_;
    std::vector<config_fault> faults_;
    bool has_mail_server_ = false;
};

/// A key or value that is known. What this version cannot do is told apart from what nobody knows.
struct known {
    std::string_view name;
    bool available = true;
};
constexpr known unavailable(std::string_view name) {
    return {name, false};
}

/// A scalar, expanded.
struct scalar_text {
    std::string text;
    bool plain = true;     ///< may be a number or a boolean
    bool quotable = true;  ///< may appear in a message
};

struct duration_range {
    duration least{1};
    duration most = std::chrono::days(365);
};

/// One value of the file, its path and where faults about it point. A getter either gives a value
/// or has reported why not.
class cursor {
public:
    cursor(read_context& context, const node& value, std::string path, position key)
        : context_(&context), value_(&value), path_(std::move(path)), key_(key) {}

    [[nodiscard]] std::optional<std::string> text() const;
    /// Text that will be seen, in a status page for example: what came from a file is refused.
    [[nodiscard]] std::optional<std::string> shown_text() const;
    /// What `text` is for people, where something of it came from a file; nothing elsewhere.
    [[nodiscard]] std::optional<std::string> masked_text() const;
    /// Text that no message repeats.
    [[nodiscard]] std::optional<secret> hidden() const;
    [[nodiscard]] std::optional<scalar_text> scalar() const;
    template <std::unsigned_integral Number>
    [[nodiscard]] std::optional<Number> integer(std::int64_t least, std::int64_t most) const {
        const auto value = whole_number(least, most);
        if (!value) return std::nullopt;
        return static_cast<Number>(*value);
    }
    /// A number in (0, 1].
    [[nodiscard]] std::optional<double> share() const;
    /// A bare number is milliseconds.
    [[nodiscard]] std::optional<duration> time(duration_range range = {}) const;
    /// The index of the name in the table.
    [[nodiscard]] std::optional<std::size_t> choice(std::span<const known> names) const;
    [[nodiscard]] std::optional<std::size_t> choice(std::initializer_list<known> names) const {
        return choice(std::span<const known>(names.begin(), names.size()));
    }
    /// The items of a list, or nothing and a fault.
    [[nodiscard]] std::vector<cursor> items() const;
    /// The members of an object whose keys are names of the user's.
    [[nodiscard]] std::optional<std::vector<std::pair<std::string, cursor>>> members() const;

    /// Says that this value is wrong.
    void wrong(std::string message, std::string suggestion = {}) const;
    /// Says that something about the whole of it is wrong; points at its key.
    void incomplete(std::string message) const;

    [[nodiscard]] const node& value() const noexcept { return *value_; }
    [[nodiscard]] const std::string& path() const noexcept { return path_; }
    [[nodiscard]] read_context& context() const noexcept { return *context_; }
    [[nodiscard]] position key() const noexcept { return key_; }

private:
    [[nodiscard]] std::optional<std::int64_t> whole_number(std::int64_t least,
                                                           std::int64_t most) const;

    read_context* context_;
    const node* value_;
    std::string path_;
    position key_;
};

/// An object with a fixed set of keys. Making one reports every key it does not know and every key
/// this version cannot serve.
class object {
public:
    enum class secrecy : std::uint8_t {
        open,
        secret  ///< an unknown key may be a value in the wrong place: it is not repeated
    };

    object(const cursor& at, std::initializer_list<known> keys, secrecy mode = secrecy::open);

    /// The value of `key` when it is given.
    [[nodiscard]] std::optional<cursor> get(std::string_view key) const;
    /// The same; its absence is a fault.
    [[nodiscard]] std::optional<cursor> require(std::string_view key) const;

    /// Stores what `read` (a getter of `cursor`, or a function of one) makes of `key`, if anything.
    template <class Target, class Read>
    void into(Target& target, std::string_view key, Read&& read) const {
        if (const auto at = get(key)) {
            if (auto read_value = std::forward<Read>(read)(*at)) {
                auto& value = *read_value;
                target = std::move(value);
            }
        }
    }

private:
    cursor at_;
    std::map<std::string_view, const node::member*> members_;
};

/// `child` of `path`: "path.child", or with brackets when it is no plain name.
[[nodiscard]] std::string member_path(const std::string& path, std::string_view child);
/// "'a', 'b' or 'c'"
[[nodiscard]] std::string list_of(std::span<const known> names);
/// Names of tools and endpoints: letters, digits, '-', '_', at most 64.
[[nodiscard]] bool is_name(std::string_view name) noexcept;

constexpr std::string_view not_available = "not available in this version";

}  // namespace symphony::detail
