#include "store/redis_circuit_store.hpp"

#include "store/rate_units.hpp"
#include "store/redis_key.hpp"
#include "store/redis_protocol.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace symphony::detail {

namespace {

constexpr std::array<std::string_view, 3> findings{"unsure", "sound", "broken"};
constexpr std::array<std::string_view, 5> trials{"none", "proven", "failed", "well", "sick"};
constexpr std::array<std::string_view, 3> wishes{"none", "check", "probe"};

template <class Enum, std::size_t N>
std::string_view name_in(const std::array<std::string_view, N>& names, Enum which) {
    return names[std::min(static_cast<std::size_t>(which), N - 1)];
}

// As the script makes it, or nothing.
bool is_sound(const redis_reply& reply) {
    if (reply.kind != redis_reply::type::array || reply.items.size() != 8) return false;
    for (const redis_reply& item : reply.items) {
        if (item.kind != redis_reply::type::integer || item.integer < 0) return false;
    }
    constexpr std::int64_t exact = std::int64_t{1} << 53;  // of Lua's numbers
    const std::int64_t epoch = reply.items[0].integer;
    return epoch > 0 && epoch < exact && reply.items[1].integer < epoch &&
           reply.items[4].integer <= 2;
}

}  // namespace

redis_circuit_store::redis_circuit_store(std::unique_ptr<redis_commands> commands)
    : commands_(std::move(commands)),
      script_(std::make_shared<const redis_script>(std::string(circuit_script()))) {}

boost::asio::awaitable<result<circuit_council>> redis_circuit_store::meet(std::string key,
                                                                          circuit_report says) {
    const std::string name = redis_key(key) + ":cb";
    const std::array<std::string, 3> sets{name + ":broken", name + ":sound", name + ":failed"};
    const std::array<std::string_view, 4> keys{name, sets[0], sets[1], sets[2]};
    const std::array<std::string, 10> numbers{fmt::format("{:016x}", says.who),
                                              decimal(says.epoch),
                                              decimal(micros_up(says.hold)),
                                              decimal(micros_up(says.reset_timeout)),
                                              decimal(micros_up(says.max_reset_timeout)),
                                              decimal(micros_up(view_time)),
                                              decimal(micros_up(broken_time)),
                                              decimal(micros_up(turn_time)),
                                              decimal(micros_up(shy_time)),
                                              decimal(micros_up(settling_time))};
    const std::array<std::string_view, 13> arguments{numbers[0],
                                                     numbers[1],
                                                     name_in(findings, says.found),
                                                     name_in(trials, says.result),
                                                     name_in(wishes, says.wish),
                                                     numbers[2],
                                                     numbers[3],
                                                     numbers[4],
                                                     numbers[5],
                                                     numbers[6],
                                                     numbers[7],
                                                     numbers[8],
                                                     numbers[9]};
    const auto script = script_;
    const auto reply = co_await commands_->run(*script, keys, arguments, split_keys::wait);
    if (!reply) co_return std::unexpected(reply.error());
    if (!is_sound(*reply)) {
        co_return fail(error_kind::store_unavailable,
                       "Redis gave an answer that no script of ours gives");
    }
    const auto at = [&reply](std::size_t i) { return reply->items[i].integer; };
    constexpr std::int64_t most_processes = UINT32_MAX;
    circuit_council told;
    told.epoch = static_cast<std::uint64_t>(at(0));
    told.healed = static_cast<std::uint64_t>(at(1));
    told.open = at(2) != 0;
    told.wait = std::chrono::microseconds(std::min(at(3), 2 * longest_micros));
    told.turn = static_cast<circuit_turn_kind>(at(4));
    told.broken = static_cast<std::uint32_t>(std::min(at(5), most_processes));
    told.sound = static_cast<std::uint32_t>(std::min(at(6), most_processes));
    told.wanted = at(7) != 0;
    co_return told;
}

}  // namespace symphony::detail
