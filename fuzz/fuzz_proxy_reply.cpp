// Any bytes as what a proxy answers to CONNECT: what comes of them must not depend on the pieces
// they arrive in, as long as a tunnel is not followed by anything.
#include "net/connect_reply.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

namespace {

using symphony::net::destination;
using symphony::net::detail::connect_reply;

std::shared_ptr<const destination> somewhere() {
    symphony::http_options http;
    http.proxy = symphony::proxy_options::to(symphony::secret("u:hunter2@p:3128"));
    symphony::result<symphony::url> base = symphony::url::parse("https://api.test");
    return *destination::make(*base, {}, http);
}

std::string outcome(const destination& where, std::string_view text, std::size_t piece) {
    connect_reply reply(where);
    for (std::size_t size = 0; size < text.size();) {
        size += std::min(piece, text.size() - size);
        const auto taken = reply.take(text.substr(0, size));
        if (!taken) {
            if (taken.error().message.find("hunter2") != std::string::npos) std::abort();
            return taken.error().message;
        }
        if (*taken) return size == text.size() ? "tunnel" : "tunnel, and then bytes";
    }
    return "more";
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const auto where = somewhere();
    if (size < 1) return 0;
    const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
    const std::string whole = outcome(*where, text, text.size() + 1);
    const std::string parts = outcome(*where, text, data[0] % 32U + 1);
    // Bytes behind the head are refused with it, and cannot be known when they come later.
    const bool tunnel = parts.starts_with("tunnel");
    const bool refused = whole.find("into the tunnel") != std::string::npos;
    if (whole != parts && !(tunnel && refused) &&
        parts.find("into the tunnel") == std::string::npos)
        std::abort();
    return 0;
}
