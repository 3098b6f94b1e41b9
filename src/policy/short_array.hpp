#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

namespace symphony::detail {

/// Up to `Most` elements, the usual few of them in the object itself, so that they lie in the same
/// cache lines as what surrounds them. Only grows. Not thread-safe.
template <class T, std::size_t Usual, std::size_t Most>
class short_array {
public:
    void push_back(T added) {
        if (size_ == Usual) {
            auto all = std::make_unique<T[]>(Most);
            std::move(begin(), end(), all.get());
            more_ = std::move(all);
        }
        begin()[size_++] = std::move(added);
    }
    [[nodiscard]] T* begin() noexcept { return more_ ? more_.get() : usual_.data(); }
    [[nodiscard]] T* end() noexcept { return begin() + size_; }
    [[nodiscard]] const T* begin() const noexcept { return more_ ? more_.get() : usual_.data(); }
    [[nodiscard]] const T* end() const noexcept { return begin() + size_; }
    [[nodiscard]] T& operator[](std::size_t i) noexcept { return begin()[i]; }
    [[nodiscard]] const T& operator[](std::size_t i) const noexcept { return begin()[i]; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] std::size_t heap_bytes() const noexcept { return more_ ? Most * sizeof(T) : 0; }

private:
    std::array<T, Usual> usual_{};
    std::unique_ptr<T[]> more_;
    std::uint8_t size_ = 0;
};

}  // namespace symphony::detail
