#include "net/client_connection.hpp"

#include <boost/asio/post.hpp>

#include <vector>

namespace symphony::net::detail {

void client_core::receive_soon(client_connection& one) {
    if (!turn_ends_) {
        boost::asio::post(executor, [self = shared_from_this()] {
            self->turn_ends_ = false;
            // To begin a receive completes nothing, so the list stays as it is meanwhile.
            for (client_connection* const one : self->receivers_)
                one->on_end_of_turn();
            self->receivers_.clear();
        });
        turn_ends_ = true;
    }
    receivers_.push_back(&one);
}

void client_core::forget(const client_connection& one) noexcept {
    std::erase(receivers_, &one);
}

}  // namespace symphony::net::detail
