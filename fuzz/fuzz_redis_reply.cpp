// Any bytes as what Redis answers: the same replies must come of them whatever pieces they arrive
// in, within the bounds, and what reads replies further must take any of them.
#include "store/cluster_slots.hpp"
#include "store/redis_protocol.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using symphony::detail::cluster_slots;
using symphony::detail::read_redirection;
using symphony::detail::redirection;
using symphony::detail::redis_reply;
using symphony::detail::reply_reader;

void require(bool holds) {
    if (!holds) std::abort();
}

void describe(const redis_reply& reply, int depth, std::string& account) {
    require(depth <= 8);
    account += std::to_string(static_cast<int>(reply.kind)) + "," + std::to_string(reply.integer) +
               "," + std::to_string(reply.items.size()) + ",";
    account += reply.text;
    account += "\n";
    for (const redis_reply& item : reply.items)
        describe(item, depth + 1, account);
}

void read_further(const redis_reply& reply) {
    cluster_slots slots;
    if (slots.read(reply, "asked")) require(!slots.nodes().empty());
    const redirection where = read_redirection(reply.text, "asked");
    if (where.what == redirection::type::moved || where.what == redirection::type::ask) {
        require(where.slot < symphony::detail::cluster_slot_count && where.to.port != 0);
        slots.move(where.slot, where.to);
        require(slots.owner(where.slot) != nullptr);
    }
    require(symphony::detail::cluster_slot(reply.text) < symphony::detail::cluster_slot_count);
}

// What came of the bytes, given out in pieces as sizes in `pieces` say; all at once without any.
std::string read_all(std::string_view bytes, std::string_view pieces) {
    std::string account;
    reply_reader reader;
    redis_reply reply;
    while (!bytes.empty()) {
        std::size_t size = bytes.size();
        if (!pieces.empty()) {
            size = std::min<std::size_t>(size, static_cast<unsigned char>(pieces.front()) % 16 + 1);
            pieces.remove_prefix(1);
        }
        require(reader.feed(bytes.substr(0, size)) || reader.broken());
        bytes.remove_prefix(size);
        while (reader.next(reply)) {
            describe(reply, 0, account);
            read_further(reply);
        }
        if (reader.broken()) return account + "broken";
    }
    return account;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view all(reinterpret_cast<const char*>(data), size);
    // The first byte says how many of the following are sizes of pieces.
    const std::size_t sizes = std::min<std::size_t>(data[0], size - 1);
    const std::string_view bytes = all.substr(1 + sizes);
    require(read_all(bytes, all.substr(1, sizes)) == read_all(bytes, {}));
    return 0;
}
