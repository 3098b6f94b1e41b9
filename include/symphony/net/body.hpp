#pragma once

#include "symphony/core/result.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <optional>
#include <string_view>

namespace symphony {

/// A body that is read piece by piece, with backpressure: nothing is read from its origin before
/// `read` is called. One reader, on the executor it was made for. Letting it go before the end
/// abandons the rest (a client's connection is then closed, not reused).
class body_source {
public:
    virtual ~body_source() = default;
    /// The next piece, valid until the next call; an empty piece is the end. After an error or the
    /// end, calls go on giving the same. Cancellation: the awaiting coroutine's, gives `cancelled`.
    [[nodiscard]] virtual boost::asio::awaitable<result<std::string_view>> read() = 0;
    /// Bytes in all, if known before reading.
    [[nodiscard]] virtual std::optional<std::uint64_t> size() const noexcept = 0;
};

}  // namespace symphony
