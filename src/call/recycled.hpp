#pragma once

#include <boost/asio/recycling_allocator.hpp>

#include <cstddef>
#include <memory>
#include <utility>

namespace symphony {

/// Gives memory back to where `make_recycled` had it from.
struct recycle {
    template <class T>
    void operator()(T* gone) const noexcept {
        std::destroy_at(gone);
        boost::asio::recycling_allocator<T>().deallocate(gone, 1);
    }
};
template <class T>
using recycled = std::unique_ptr<T, recycle>;

/// An object in memory that the thread keeps for the next of its size, as Asio does with coroutine
/// frames: what is made for every call costs no visit to the allocator.
template <class T, class... Arguments>
[[nodiscard]] recycled<T> make_recycled(Arguments&&... arguments) {
    static_assert(sizeof(T) <= 1016, "larger blocks are not kept");
    static_assert(alignof(T) <= alignof(std::max_align_t));
    boost::asio::recycling_allocator<T> memory;
    T* const at = memory.allocate(1);
    try {
        return recycled<T>(std::construct_at(at, std::forward<Arguments>(arguments)...));
    } catch (...) {
        memory.deallocate(at, 1);
        throw;
    }
}

}  // namespace symphony
