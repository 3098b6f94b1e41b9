#include "symphony/testing/memory_body.hpp"

#include <utility>

namespace symphony::testing {

memory_body::memory_body(std::vector<std::string> pieces) : pieces_(std::move(pieces)) {
    std::erase_if(pieces_, [](const std::string& piece) { return piece.empty(); });
}

memory_body::memory_body(std::vector<std::string> pieces, error then)
    : memory_body(std::move(pieces)) {
    fault_ = std::move(then);
}

memory_body& memory_body::say_size(std::uint64_t size) {
    size_ = size;
    return *this;
}

memory_body& memory_body::say_size() {
    std::uint64_t total = 0;
    for (const std::string& piece : pieces_)
        total += piece.size();
    return say_size(total);
}

boost::asio::awaitable<result<std::string_view>> memory_body::read() {
    ++reads_;
    if (at_ < pieces_.size()) co_return std::string_view(pieces_[at_++]);
    if (fault_) co_return std::unexpected(*fault_);
    co_return std::string_view();
}

}  // namespace symphony::testing
