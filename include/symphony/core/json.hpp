#pragma once

#include "symphony/core/result.hpp"

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace symphony {

/// Where in a text something stands. Both count from 1; columns count characters, not bytes.
struct json_position {
    std::size_t line = 1;
    std::size_t column = 1;
};

/// A JSON value (RFC 8259): what goes into and comes out of tools. A plain value type; objects
/// keep the order in which their members were added.
class json {
public:
    using array = std::vector<json>;
    using member = std::pair<std::string, json>;
    using object = std::vector<member>;

    json() noexcept : value_(nullptr) {}
    json(std::nullptr_t) noexcept : value_(nullptr) {}
    json(bool b) noexcept : value_(b) {}
    json(int n) noexcept : value_(std::int64_t{n}) {}
    json(std::int64_t n) noexcept : value_(n) {}
    json(std::uint64_t n) noexcept;  ///< above 2^63-1 it becomes a double
    json(double n) noexcept : value_(n) {}
    json(const char* text) : value_(std::string(text)) {}
    json(std::string_view text) : value_(std::string(text)) {}
    json(std::string text) noexcept : value_(std::move(text)) {}
    json(array items) noexcept : value_(std::move(items)) {}
    json(object members) noexcept : value_(std::move(members)) {}
    /// `json::of({{"id", 42}, {"name", "x"}})`: an object.
    [[nodiscard]] static json of(std::initializer_list<member> members) {
        return json(object(members));
    }

    /// Errors: `invalid_response` with line and column in the message. At most 64 levels deep; of
    /// members with equal names the last one counts; numbers are exact to the nearest double.
    [[nodiscard]] static result<json> parse(std::string_view text);
    /// As above, and tells where an error stands; `where` is untouched on success.
    [[nodiscard]] static result<json> parse(std::string_view text, json_position& where);
    /// Compact text, always valid JSON: a number that is not finite becomes null, bytes that are
    /// not UTF-8 become U+FFFD. Parsing it gives an equal value.
    [[nodiscard]] std::string dump() const;

    [[nodiscard]] bool is_null() const noexcept { return holds<std::nullptr_t>(); }
    [[nodiscard]] bool is_bool() const noexcept { return holds<bool>(); }
    [[nodiscard]] bool is_number() const noexcept {
        return holds<std::int64_t>() || holds<double>();
    }
    /// A whole number in the range of std::int64_t, written as one.
    [[nodiscard]] bool is_integer() const noexcept { return holds<std::int64_t>(); }
    [[nodiscard]] bool is_string() const noexcept { return holds<std::string>(); }
    [[nodiscard]] bool is_array() const noexcept { return holds<array>(); }
    [[nodiscard]] bool is_object() const noexcept { return holds<object>(); }

    /// The value if it has that type, else null / `fallback`.
    [[nodiscard]] const std::string* as_string() const noexcept {
        return std::get_if<std::string>(&value_);
    }
    [[nodiscard]] const array* as_array() const noexcept { return std::get_if<array>(&value_); }
    [[nodiscard]] const object* as_object() const noexcept { return std::get_if<object>(&value_); }
    [[nodiscard]] bool as_bool(bool fallback = false) const noexcept;
    [[nodiscard]] std::int64_t as_int(std::int64_t fallback = 0) const noexcept;
    [[nodiscard]] double as_double(double fallback = 0) const noexcept;

    /// The member called `key`, or a shared null: chains of look-ups never fail.
    [[nodiscard]] const json& operator[](std::string_view key) const noexcept;
    [[nodiscard]] const json& operator[](const char* key) const noexcept {
        return (*this)[std::string_view(key)];
    }
    /// The item at `index`, or a shared null.
    [[nodiscard]] const json& operator[](std::size_t index) const noexcept;
    [[nodiscard]] const json& operator[](int index) const noexcept {
        return (*this)[static_cast<std::size_t>(index)];
    }
    [[nodiscard]] bool contains(std::string_view key) const noexcept;
    /// Adds or replaces a member; a null value becomes an object first.
    json& set(std::string key, json value);
    /// Items of an array, members of an object, else 0.
    [[nodiscard]] std::size_t size() const noexcept;

    bool operator==(const json&) const = default;

private:
    template <class Type>
    [[nodiscard]] bool holds() const noexcept {
        return std::holds_alternative<Type>(value_);
    }

    std::variant<std::nullptr_t, bool, std::int64_t, double, std::string, array, object> value_;
};

}  // namespace symphony
