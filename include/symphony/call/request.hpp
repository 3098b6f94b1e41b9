#pragma once

#include "symphony/core/time.hpp"
#include "symphony/net/body.hpp"
#include "symphony/net/headers.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace symphony {

/// What a caller asks of an endpoint. Not an aggregate on purpose: some compilers break aggregates
/// built inside a `co_await` expression; build a request as a named variable.
class request {
public:
    request() = default;
    explicit request(std::string path_and_query) : path(std::move(path_and_query)) {
        split_target();
    }
    request(std::string verb, std::string path_and_query, std::string content = {})
        : method(std::move(verb)), path(std::move(path_and_query)), body(std::move(content)) {
        split_target();
    }

    std::string method;  ///< empty: the endpoint's
    std::string path;    ///< joined to the endpoint's URL; may be empty
    std::string query;   ///< without '?'; merged after the endpoint's own
    headers fields;
    std::string body;
    /// Instead of `body`: read once, so such a call is repeated only if nothing of it was read.
    std::shared_ptr<body_source> stream;
    std::uint32_t cost = 1;             ///< rate-limit permits each attempt takes; 0 … 10^6
    std::uint8_t priority = 5;          ///< in the rate limit's queue: 0 first … 9
    std::optional<duration> timeout{};  ///< the whole call; only ever shortens the endpoint's
    bool stream_response = false;       ///< give `response.stream` as soon as the head is there
    /// Ask for a compressed answer and give it decoded (`http.decompress` of the endpoint
    /// allowing). Never when the fields sent hold Accept-Encoding or Range: the body is then as it
    /// came.
    bool decode = true;

private:
    void split_target() {
        const auto mark = path.find('?');
        if (mark == std::string::npos) return;
        query = path.substr(mark + 1);
        path.resize(mark);
    }
};

}  // namespace symphony
