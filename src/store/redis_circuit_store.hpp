#pragma once

#include "store/redis_commands.hpp"
#include "symphony/store/circuit_store.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace symphony::detail {

/// The text of the script, from circuit.lua.
[[nodiscard]] std::string_view circuit_script() noexcept;

/// Shared circuits in Redis: each word is one call of one script. Used from one executor. May be
/// destroyed at any time: words under way end `cancelled`.
class redis_circuit_store final : public circuit_store {
public:
    explicit redis_circuit_store(std::unique_ptr<redis_commands> commands);

    [[nodiscard]] boost::asio::awaitable<result<circuit_council>> meet(
        std::string key, circuit_report says) override;

private:
    std::unique_ptr<redis_commands> commands_;
    std::shared_ptr<const redis_script> script_;  // of a word under way too, which may end later
};

}  // namespace symphony::detail
