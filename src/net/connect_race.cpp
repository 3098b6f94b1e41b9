#include "net/connect_race.hpp"

#include "net/client_connection.hpp"

#include <algorithm>
#include <utility>

namespace symphony::net::detail {

namespace asio = boost::asio;
using asio::ip::tcp;

std::vector<tcp::endpoint> by_turns(std::vector<tcp::endpoint> addresses, std::size_t most) {
    std::vector<tcp::endpoint> other;
    std::vector<tcp::endpoint> order;
    const bool first_is_v6 = !addresses.empty() && addresses.front().address().is_v6();
    std::erase_if(addresses, [&](const tcp::endpoint& one) {
        if (one.address().is_v6() == first_is_v6) return false;
        other.push_back(one);
        return true;
    });
    for (std::size_t turn = 0; turn < std::max(addresses.size(), other.size()); ++turn) {
        if (turn < addresses.size()) order.push_back(addresses[turn]);
        if (turn < other.size()) order.push_back(other[turn]);
    }
    if (order.size() > most) order.resize(most);
    return order;
}

connect_race::connect_race(std::shared_ptr<client_core> core, std::vector<endpoint> addresses)
    : core_(std::move(core)),
      addresses_(std::move(addresses)),
      winner_(core_->executor),
      delay_(core_->wakeups, this,
             [](void* self) noexcept { static_cast<connect_race*>(self)->try_next(); }) {}

connect_race::~connect_race() = default;

void connect_race::start(std::move_only_function<void()> on_end) {
    on_end_ = std::move(on_end);
    try_next();
}

void connect_race::stop() noexcept {
    over_ = true;
    if (core_->stopped) {
        delay_.stop();
    } else {
        delay_.clear();
    }
    on_end_ = nullptr;
    running_.clear();
}

void connect_race::try_next() {
    while (!over_ && tried_ < addresses_.size()) {
        const endpoint& address = addresses_[tried_++];
        const auto mine = running_.emplace(running_.end(), core_->executor);
        boost::system::error_code fault;
        mine->open(address.protocol(), fault);
        if (!fault && core_->fails(io_operation::connect)) {
            fault = asio::error::connection_refused;
        }
        if (fault) {
            running_.erase(mine);
            add_refusal(fault);
            continue;
        }
        mine->async_connect(
            address, [self = shared_from_this(), mine](const boost::system::error_code& outcome) {
                // Of a client that has gone, clock, timers and hook may have gone too.
                if (!self->over_ && !self->core_->stopped) self->ended(mine, outcome);
            });
        if (tried_ < addresses_.size()) delay_.set(later(core_->time.now(), attempt_delay));
        return;
    }
    if (!over_ && running_.empty()) end();
}

void connect_race::ended(std::list<socket>::iterator which,
                         const boost::system::error_code& fault) {
    if (!fault) winner_ = std::move(*which);
    running_.erase(which);
    if (!fault) {
        end();
        return;
    }
    add_refusal(fault);
    delay_.clear();
    try_next();
}

void connect_race::add_refusal(const boost::system::error_code& fault) {
    if (!refusals_.empty()) refusals_ += "; ";
    refusals_ += fault.message();
}

void connect_race::end() {
    auto tell = std::exchange(on_end_, nullptr);
    stop();
    if (tell) tell();
}

}  // namespace symphony::net::detail
