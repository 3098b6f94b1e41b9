#pragma once

#include "symphony/net/transport.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>

namespace symphony::soak {

/// How a call ended.
struct ending {
    enum class type : std::uint8_t {
        answered,   ///< whole and right
        passed_on,  ///< the API's own status of 400 or more
        unknown,    ///< there is no such endpoint, and it was said
        failed,     ///< with a kind, the gateway's or the connection's
        given_up,   ///< by the caller
        wrong       ///< what must not be
    };
    type what = type::answered;
    std::string why{};  ///< the kind of a failure; what is wrong
};

/// One of the calls of the soak: what is asked and what must come back.
class call {
public:
    /// Small and large answers, uploads, events, statuses, endpoints that there are not, and calls
    /// that nobody answers.
    call(std::mt19937_64& chance, std::string_view endpoint);

    /// Whether it ends only when its caller goes.
    [[nodiscard]] bool never_ends() const noexcept { return what_ == type::hang; }
    [[nodiscard]] boost::asio::awaitable<ending> make(
        net::transport& by, const std::shared_ptr<const net::destination>& to,
        deadline until) const;

private:
    enum class type : std::uint8_t { small, large, upload, events, status, missing, hang };

    [[nodiscard]] boost::asio::awaitable<ending> judge(response& got) const;
    [[nodiscard]] bool is_right(std::string_view piece, std::size_t at) const;
    [[nodiscard]] std::size_t size() const;

    type what_ = type::small;
    std::uint32_t number_ = 0;  ///< what it is about: an answer's text or a pattern's seed
    int status_ = 200;
    std::string target_{};
    std::string expected_{};  ///< the body where it is a text
};

}  // namespace symphony::soak
