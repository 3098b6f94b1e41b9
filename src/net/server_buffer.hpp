#pragma once

#include <boost/asio/buffer.hpp>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>

namespace symphony::net::detail {

/// Bytes received and not yet used, in one flat piece of memory that is reused.
class input_buffer {
public:
    [[nodiscard]] std::string_view view() const noexcept {
        return {data_.get() + begin_, end_ - begin_};
    }
    [[nodiscard]] bool empty() const noexcept { return begin_ == end_; }

    void consume(std::size_t size) noexcept {
        begin_ += size;
        if (begin_ == end_) begin_ = end_ = 0;
    }

    /// Room behind the bytes, `at_least` of it; moves or grows what is there.
    [[nodiscard]] boost::asio::mutable_buffer prepare(std::size_t at_least) {
        if (capacity_ - end_ < at_least) make_room(at_least);
        return {data_.get() + end_, capacity_ - end_};
    }
    void commit(std::size_t size) noexcept { end_ += size; }

    /// Gives memory above `keep` back when nothing is in it.
    void shrink(std::size_t keep) noexcept {
        if (!empty() || capacity_ <= keep) return;
        data_.reset();
        capacity_ = begin_ = end_ = 0;
    }

private:
    void make_room(std::size_t at_least) {
        const std::size_t used = end_ - begin_;
        if (capacity_ >= used + at_least) {
            std::memmove(data_.get(), data_.get() + begin_, used);
        } else {
            const std::size_t wanted = std::max(used + at_least, capacity_ * 2);
            auto larger = std::make_unique_for_overwrite<char[]>(wanted);
            if (used != 0) std::memcpy(larger.get(), data_.get() + begin_, used);
            data_ = std::move(larger);
            capacity_ = wanted;
        }
        begin_ = 0;
        end_ = used;
    }

    std::unique_ptr<char[]> data_;
    std::size_t capacity_ = 0;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
};

}  // namespace symphony::net::detail
