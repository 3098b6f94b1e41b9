#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace symphony {

/// A header field as views; whoever hands one out says how long they live.
struct header_view {
    std::string_view name;
    std::string_view value;
};

/// Whether `name` is a token (RFC 9110, 5.6.2), and `value` free of control characters other than
/// tab: CR and LF never reach the wire.
[[nodiscard]] bool is_valid_header(std::string_view name, std::string_view value) noexcept;
namespace detail {
[[nodiscard]] bool iequals_same_size(std::string_view a, std::string_view b) noexcept;
}
/// ASCII case-insensitive comparison, as header names want it.
[[nodiscard]] inline bool iequals(std::string_view a, std::string_view b) noexcept {
    // Length and first letter tell most names apart without a call.
    if (a.size() != b.size() || a.empty()) return a.size() == b.size();
    constexpr int no_case = ~0x20;
    return ((a[0] ^ b[0]) & no_case) == 0 && detail::iequals_same_size(a, b);
}

/// Header fields in order, names compared without case, several fields of one name allowed. All
/// text lies in one buffer: two allocations however many fields. Views live until the next change.
class headers {
public:
    headers() = default;
    /// Throws std::invalid_argument on an invalid field: for literals.
    headers(std::initializer_list<header_view> fields);

    /// Appends; false and no change when the field is invalid (see `is_valid_header`).
    bool add(std::string_view name, std::string_view value);
    /// Replaces all fields of that name by one; false and no change when invalid.
    bool set(std::string_view name, std::string_view value);
    /// Removes all fields of that name; returns how many there were.
    std::size_t erase(std::string_view name);
    /// Removes the fields for which `gone(header_view)` is true; returns how many there were.
    template <class Predicate>
    std::size_t erase_if(Predicate gone) {
        // The text stays: a few bytes are cheaper than moving everything behind them.
        return std::erase_if(fields_, [&](const field& f) { return gone(view_of(f)); });
    }
    void clear() noexcept;

    /// The first value of that name.
    [[nodiscard]] std::optional<std::string_view> get(std::string_view name) const noexcept;
    [[nodiscard]] bool contains(std::string_view name) const noexcept {
        return get(name).has_value();
    }
    /// All values of that name, joined with ", ".
    [[nodiscard]] std::string get_all(std::string_view name) const;
    [[nodiscard]] std::size_t size() const noexcept { return fields_.size(); }
    [[nodiscard]] bool empty() const noexcept { return fields_.empty(); }
    [[nodiscard]] header_view operator[](std::size_t index) const noexcept {
        return view_of(fields_[index]);
    }

    class iterator {
    public:
        using value_type = header_view;
        using difference_type = std::ptrdiff_t;
        iterator() = default;
        iterator(const headers* owner, std::size_t index) : owner_(owner), index_(index) {}
        header_view operator*() const { return (*owner_)[index_]; }
        iterator& operator++() {
            ++index_;
            return *this;
        }
        iterator operator++(int) {
            iterator old = *this;
            ++index_;
            return old;
        }
        bool operator==(const iterator& other) const { return index_ == other.index_; }

    private:
        const headers* owner_ = nullptr;
        std::size_t index_ = 0;
    };
    [[nodiscard]] iterator begin() const noexcept { return {this, 0}; }
    [[nodiscard]] iterator end() const noexcept { return {this, fields_.size()}; }

    /// Room for `fields` more fields of `bytes` in all.
    void reserve(std::size_t fields, std::size_t bytes);

private:
    struct field {
        std::uint32_t name, name_size, value, value_size;
    };
    [[nodiscard]] header_view view_of(const field& f) const noexcept {
        return {{text_.data() + f.name, f.name_size}, {text_.data() + f.value, f.value_size}};
    }
    [[nodiscard]] bool has_room_for(std::string_view name, std::string_view value) const noexcept;
    void put(std::string_view name, std::string_view value);

    std::string text_;
    std::vector<field> fields_;
};

}  // namespace symphony
