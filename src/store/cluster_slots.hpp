#pragma once

#include "store/redis_commands.hpp"
#include "symphony/store/redis_options.hpp"

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace symphony::detail {

inline constexpr std::uint16_t cluster_slot_count = 16'384;

/// The slot of a key: CRC16 (XMODEM) of it, or of what stands between the first `{` and the next
/// `}` when that is not empty. (Redis Cluster specification, "Key distribution model".)
[[nodiscard]] std::uint16_t cluster_slot(std::string_view key) noexcept;

/// What a cluster's node says instead of an answer.
struct redirection {
    enum class type : std::uint8_t {
        none,       ///< something else
        moved,      ///< the slot lives at `to` from now on
        ask,        ///< this once at `to`, after ASKING
        try_again,  ///< a slot on its way holds only some of the keys
        down,       ///< the cluster does not serve this slot
    };
    type what = type::none;
    std::uint16_t slot = 0;
    redis_address to{};
};

/// Reads the text of an error. `asked` is the host that said it: it names none where it means
/// itself.
[[nodiscard]] redirection read_redirection(std::string_view text, std::string_view asked);

/// Which node holds which slot. For one thread.
class cluster_slots {
public:
    static constexpr std::size_t most_nodes = 1024;

    cluster_slots() { owners_.fill(nobody); }

    /// Replaces all by the answer to CLUSTER SLOTS. False, and nothing changed, when that makes no
    /// sense or names no node.
    bool read(const redis_reply& answer, std::string_view asked);
    /// One slot has a new owner.
    void move(std::uint16_t slot, const redis_address& to);
    /// Null when nobody is known to hold it.
    [[nodiscard]] const redis_address* owner(std::uint16_t slot) const noexcept;
    /// Every node that holds a slot or once did since `read`.
    [[nodiscard]] const std::vector<redis_address>& nodes() const noexcept { return nodes_; }

private:
    static constexpr std::uint16_t nobody = 0xffff;

    [[nodiscard]] std::uint16_t index_of(const redis_address& node);

    std::array<std::uint16_t, cluster_slot_count> owners_{};
    std::vector<redis_address> nodes_;
};

}  // namespace symphony::detail
