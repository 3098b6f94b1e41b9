#pragma once

#include "symphony/call/endpoint_options.hpp"
#include "symphony/core/result.hpp"
#include "symphony/net/transport.hpp"

#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace symphony {

/// The other origins that an endpoint was sent to, as destinations that know nothing of who calls:
/// no client certificate, no name or socket that was meant for the endpoint's own. The latest few
/// are kept. Thread-safe.
class redirect_targets {
public:
    /// As the endpoint's options; read, not kept, by each `find`.
    [[nodiscard]] result<std::shared_ptr<const net::destination>> find(
        const url& to, const endpoint_options& options);

private:
    using entry = std::pair<std::string, std::shared_ptr<const net::destination>>;

    std::mutex mutex_;
    std::vector<entry> known_;  // by origin, the oldest first
};

}  // namespace symphony
