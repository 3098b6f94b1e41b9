#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace symphony {

/// Text that must not be seen: a token, a password, a key. It cannot be streamed, formatted,
/// compared with `==` or converted by accident, and its memory is wiped when it goes.
/// Distinct objects may be used from different threads; one object as any other value.
class secret {
public:
    secret() = default;
    explicit secret(std::string_view text);
    explicit secret(const char* text) : secret(std::string_view(text)) {}
    /// Takes over `text` and wipes what was there.
    explicit secret(std::string&& text);
    secret(const secret& other);
    secret(secret&& other) noexcept;
    secret& operator=(const secret& other);
    secret& operator=(secret&& other) noexcept;
    ~secret();

    /// The text itself. The one place where a secret leaves its wrapping: grep for it.
    [[nodiscard]] std::string_view reveal() const noexcept { return {data_, size_}; }
    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
    /// Comparison in constant time for equal lengths.
    [[nodiscard]] bool equals(std::string_view text) const noexcept;

    bool operator==(const secret&) const = delete;

private:
    void wipe() noexcept;

    char* data_ = nullptr;
    std::size_t size_ = 0;
};

template <class Stream>
Stream& operator<<(Stream&, const secret&) = delete;

}  // namespace symphony
