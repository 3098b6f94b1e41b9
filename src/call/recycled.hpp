#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <new>
#include <utility>

namespace symphony {

namespace detail {

#ifdef __SANITIZE_ADDRESS__
#define SYMPHONY_WATCHES_MEMORY
#elifdef __has_feature
#if __has_feature(address_sanitizer)
#define SYMPHONY_WATCHES_MEMORY
#endif
#endif
#ifdef SYMPHONY_WATCHES_MEMORY
inline constexpr std::size_t most_spares = 0;  // a use of what is gone is to be seen
#else
inline constexpr std::size_t most_spares = 64;
#endif

/// Memory for objects of one type that a thread keeps for the next ones. Trivial, so that it may be
/// asked even by what is destroyed after the thread's own objects.
template <class T>
struct spare_memory {
    [[nodiscard]] void* take() { return count > 0 ? blocks[--count] : ::operator new(sizeof(T)); }
    void give(void* block) noexcept;

    std::array<void*, most_spares + 1> blocks;
    std::size_t count;
    bool closed;  // the thread ends
};
template <class T>
constinit thread_local spare_memory<T> spares{};

template <class T>
void spare_memory<T>::give(void* block) noexcept {
    struct end_of_thread {
        ~end_of_thread() {
            spares<T>.closed = true;
            while (spares<T>.count > 0)
                ::operator delete(spares<T>.blocks[--spares<T>.count]);
        }
    };
    if (count >= most_spares || closed) {
        ::operator delete(block);
        return;
    }
    static thread_local const end_of_thread noticed;
    static_cast<void>(noticed);
    blocks[count++] = block;
}

}  // namespace detail

/// Gives memory back for the next of `make_recycled`.
struct recycle {
    template <class T>
    void operator()(T* gone) const noexcept {
        std::destroy_at(gone);
        detail::spares<T>.give(gone);
    }
};
template <class T>
using recycled = std::unique_ptr<T, recycle>;

/// An object in memory that the thread keeps for the next of its type: what is made for every call
/// costs no visit to the allocator, however many calls begin before the first of them ends.
template <class T, class... Arguments>
[[nodiscard]] recycled<T> make_recycled(Arguments&&... arguments) {
    static_assert(alignof(T) <= alignof(std::max_align_t));
    void* const at = detail::spares<T>.take();
    try {
        return recycled<T>(
            std::construct_at(static_cast<T*>(at), std::forward<Arguments>(arguments)...));
    } catch (...) {
        detail::spares<T>.give(at);
        throw;
    }
}

}  // namespace symphony
