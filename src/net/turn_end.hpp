#pragma once

#include <boost/asio/any_io_executor.hpp>

#include <memory>
#include <vector>

namespace symphony::net::detail {

/// The end of a loop's turn, behind all else that is ready to run, for those who expect a word from
/// a peer: by then it may be there, and the first attempt to receive is not in vain. One thread.
class turn_end {
public:
    class waiter {
    public:
        virtual void on_end_of_turn() noexcept = 0;

    protected:
        ~waiter() = default;
    };

    explicit turn_end(boost::asio::any_io_executor executor)
        : state_(std::make_shared<state>(std::move(executor))) {}

    /// Once for each call; the waiter is there until then, or takes itself off.
    void wait(waiter& one);
    void forget(const waiter& one) noexcept;

private:
    struct state {
        explicit state(boost::asio::any_io_executor on) : executor(std::move(on)) {}
        void pass() noexcept;

        boost::asio::any_io_executor executor;
        std::vector<waiter*> waiting;
        std::vector<waiter*> served;  // its memory is used again
        bool posted = false;
    };
    std::shared_ptr<state> state_;
};

}  // namespace symphony::net::detail
