#include "symphony/core/secret.hpp"

#include <cstring>
#include <string.h>
#include <utility>

namespace symphony {

secret::secret(std::string_view text) {
    if (text.empty()) return;
    data_ = new char[text.size()];
    size_ = text.size();
    std::memcpy(data_, text.data(), size_);
}

secret::secret(std::string&& text) : secret(std::string_view(text)) {
    // Growing to the capacity never reallocates and makes the tail part of the string, which may
    // hold what a longer text left behind.
    text.resize(text.capacity());
    explicit_bzero(text.data(), text.size());
    text.clear();
}

secret::secret(const secret& other) : secret(other.reveal()) {}

secret::secret(secret&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

secret& secret::operator=(const secret& other) {
    if (this != &other) *this = secret(other);
    return *this;
}

secret& secret::operator=(secret&& other) noexcept {
    if (this != &other) {
        wipe();
        data_ = std::exchange(other.data_, nullptr);
        size_ = std::exchange(other.size_, 0);
    }
    return *this;
}

secret::~secret() {
    wipe();
}

bool secret::equals(std::string_view text) const noexcept {
    if (text.size() != size_) return false;
    unsigned char difference = 0;
    for (std::size_t i = 0; i < size_; ++i) {
        difference = static_cast<unsigned char>(difference | (data_[i] ^ text[i]));
    }
    return difference == 0;
}

void secret::wipe() noexcept {
    if (data_ != nullptr) explicit_bzero(data_, size_);
    delete[] data_;
    data_ = nullptr;
    size_ = 0;
}

}  // namespace symphony
