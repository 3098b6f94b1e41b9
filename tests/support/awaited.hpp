#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <exception>
#include <optional>
#include <utility>

namespace symphony::test_support {

/// What a coroutine that waits for nobody else returns.
template <class Value>
Value awaited(boost::asio::awaitable<Value> work) {
    boost::asio::io_context loop;
    std::optional<Value> value;
    boost::asio::co_spawn(loop, std::move(work), [&value](std::exception_ptr failed, Value v) {
        if (failed) std::rethrow_exception(failed);
        value.emplace(std::move(v));
    });
    loop.run();
    return std::move(value).value();
}

}  // namespace symphony::test_support
