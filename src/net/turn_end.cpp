#include "net/turn_end.hpp"

#include <boost/asio/post.hpp>

#include <vector>

namespace symphony::net::detail {

void turn_end::wait(waiter& one) {
    if (!state_->posted) {
        boost::asio::post(state_->executor, [state = state_] { state->pass(); });
        state_->posted = true;
    }
    state_->waiting.push_back(&one);
}

void turn_end::state::pass() noexcept {
    posted = false;
    served.swap(waiting);
    for (waiter* const one : served)  // which grows no more; whoever goes is struck out
        if (one != nullptr) one->on_end_of_turn();
    served.clear();
}

void turn_end::forget(const waiter& one) noexcept {
    std::erase(state_->waiting, &one);
    for (waiter*& other : state_->served)
        if (other == &one) other = nullptr;
}

}  // namespace symphony::net::detail
