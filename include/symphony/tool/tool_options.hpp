#pragma once

#include "symphony/call/endpoint_options.hpp"
#include "symphony/core/json.hpp"
#include "symphony/core/result.hpp"

#include <boost/asio/awaitable.hpp>

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace symphony {

class tool_context;

/// What a tool does with its APIs. Runs as a coroutine; `context` lives until it ends.
using tool_handler =
    std::function<boost::asio::awaitable<result<json>>(tool_context& context, json params)>;

struct named_endpoint {
    std::string name;
    endpoint_options options;
};

/// What `tools().create` takes: the specification's shape.
struct tool_options {
    std::string name;  ///< letters, digits, '-', '_'
    std::string description{};
    std::vector<named_endpoint> external_apis{};  ///< in the order given; names unique
    /// Without a handler, `run` makes one call of the tool's API, described by
    /// `{"endpoint"?, "method"?, "path"?, "query"?, "headers"?, "body"?}`.
    tool_handler handler{};
};

}  // namespace symphony
