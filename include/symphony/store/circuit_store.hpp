#pragma once

#include "symphony/core/result.hpp"
#include "symphony/core/time.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <string>

namespace symphony {

/// The right to find out, for one process at a time, whether the API behind an open circuit is
/// well.
enum class circuit_turn_kind : std::uint8_t {
    none,
    check,  ///< to ask its health page, while no call may be tried yet
    probe   ///< to try it with calls
};

/// What one process says about a shared circuit: its view, which counts until `view_time` passes
/// without another word (`broken_time` for broken, which is said often), and what it wants.
struct circuit_report {
    enum class finding : std::uint8_t {
        unsure,  ///< it has not seen enough calls to tell, or does not judge
        sound,   ///< enough calls, and its own circuit is closed
        broken   ///< its own calls opened its circuit
    };
    /// What became of its turn.
    enum class trial : std::uint8_t {
        none,
        proven,  ///< its recovery is complete
        failed,
        well,  ///< the health page said so
        sick   ///< the health page did not: no call may be tried for another `hold`
    };
    std::uint64_t who = 0;    ///< a random number, the same for as long as it lives; not 0
    std::uint64_t epoch = 0;  ///< as heard last; 0 = never. What was found before is of no weight
    finding found = finding::unsure;
    trial result = trial::none;
    circuit_turn_kind wish = circuit_turn_kind::none;
    duration hold{};
    duration reset_timeout{};      ///< above 0: how long an opening for all lasts
    duration max_reset_timeout{};  ///< as it doubles with each failed trial
};

/// What all of them come to.
struct circuit_council {
    std::uint64_t epoch = 0;   ///< never 0; grows when it closes for all and when views were lost
    std::uint64_t healed = 0;  ///< the epoch that ended with a proof; 0 = none that is known
    bool open = false;         ///< for all
    duration wait{};  ///< until a call may be tried, rounded up; 0 = now, by whose turn it is
    circuit_turn_kind turn = circuit_turn_kind::none;  ///< the asker's, for `turn_time` from now on
    bool wanted = false;       ///< another asked for the turn to probe while it was somebody's
    std::uint32_t broken = 0;  ///< how many find it broken …
    std::uint32_t sound = 0;   ///< … and sound
};

/// Where processes share what they find about an API. It is open for all from the moment when at
/// least two find it broken and they are more than those that find it sound: one sick process alone
/// opens it for nobody else. For `settling_time` after the beginning and after a proof it stays
/// closed for all, so that everybody can speak. It is closed for all when the one whose turn it was
/// last has proven it. A process whose trials failed leaves the next one to others for another
/// `shy_time` each, up to eight; so does one whose page was sick, once. One step is atomic; the
/// clock is the store's own.
///
/// An error is `store_unavailable`: no answer within the store's own short deadline; the report may
/// have been heard. Used from one executor; cancellation: terminal, at any point.
class circuit_store {
public:
    static constexpr duration view_time = std::chrono::seconds(3);
    static constexpr duration broken_time = std::chrono::seconds(1);
    static constexpr duration settling_time = std::chrono::seconds(2);
    static constexpr duration turn_time = std::chrono::seconds(2);
    static constexpr duration shy_time = std::chrono::milliseconds(500);

    virtual ~circuit_store() = default;
    /// `key` names the circuit.
    [[nodiscard]] virtual boost::asio::awaitable<result<circuit_council>> meet(
        std::string key, circuit_report says) = 0;
};

}  // namespace symphony
