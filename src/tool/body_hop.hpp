#pragma once

#include "symphony/net/body.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <memory>

namespace symphony::detail {

/// A body that belongs to one executor, read from another: each `read` goes there and back, and the
/// body ends its life where it belongs.
class body_hop final : public body_source {
public:
    body_hop(std::shared_ptr<body_source> origin, boost::asio::any_io_executor home)
        : origin_(std::move(origin)), home_(std::move(home)), size_(origin_->size()) {}
    ~body_hop() override;
    body_hop(const body_hop&) = delete;
    body_hop& operator=(const body_hop&) = delete;

    [[nodiscard]] boost::asio::awaitable<result<std::string_view>> read() override;
    [[nodiscard]] std::optional<std::uint64_t> size() const noexcept override { return size_; }

private:
    std::shared_ptr<body_source> origin_;
    const boost::asio::any_io_executor home_;
    const std::optional<std::uint64_t> size_;
};

}  // namespace symphony::detail
