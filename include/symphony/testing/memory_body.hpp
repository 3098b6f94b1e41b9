#pragma once

#include "symphony/net/body.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace symphony::testing {

/// A body that comes in scripted pieces and then ends, or fails.
class memory_body final : public body_source {
public:
    /// Its size is not known beforehand, as of a chunked body. Empty pieces are left out: an empty
    /// piece would be the end.
    explicit memory_body(std::vector<std::string> pieces);
    /// Fails after the pieces instead of ending.
    memory_body(std::vector<std::string> pieces, error then);

    /// Says `size` beforehand, whether that is true or not. Returns itself.
    memory_body& say_size(std::uint64_t size);
    /// Says its true size beforehand. Returns itself.
    memory_body& say_size();

    [[nodiscard]] boost::asio::awaitable<result<std::string_view>> read() override;
    [[nodiscard]] std::optional<std::uint64_t> size() const noexcept override { return size_; }
    /// How often `read` was called.
    [[nodiscard]] std::size_t reads() const noexcept { return reads_; }

private:
    std::vector<std::string> pieces_;
    std::optional<error> fault_;
    std::optional<std::uint64_t> size_;
    std::size_t at_ = 0;
    std::size_t reads_ = 0;
};

}  // namespace symphony::testing
