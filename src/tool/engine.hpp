#pragma once

#include "call/call_job.hpp"
#include "symphony/call/request.hpp"
#include "symphony/core/result.hpp"
#include "symphony/core/spin_lock.hpp"
#include "symphony/tool/client.hpp"
#include "tool/catalogue.hpp"
#include "tool/housekeeping.hpp"
#include "tool/shard_set.hpp"
#include "tool/state_registry.hpp"

#include <boost/asio/awaitable.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace symphony::detail {

/// What stands behind a `client`. On a user's executor it goes with the last call under way. Else
/// thread-safe.
class engine final : private call_site, public std::enable_shared_from_this<engine> {
public:
    /// How often idle limiters are looked for; on a user's executor each 256 calls instead.
    static constexpr duration trim_interval = std::chrono::seconds(10);

    [[nodiscard]] static std::shared_ptr<engine> make(client_options options,
                                                      duration trims_each = trim_interval);
    ~engine() override = default;
    engine(const engine&) = delete;
    engine& operator=(const engine&) = delete;

    [[nodiscard]] boost::asio::awaitable<result<response>> call(std::string_view tool,
                                                                std::string_view endpoint,
                                                                request&& what);
    [[nodiscard]] result<response> call_blocking(std::string_view tool, std::string_view endpoint,
                                                 request&& what);
    /// Opens connections on every shard; see `client::warm_up`.
    [[nodiscard]] boost::asio::awaitable<result<void>> warm_up(std::string_view tool,
                                                               std::string_view endpoint);
    /// Adds one tool to those there are. Errors: `invalid_request`, one fault a line.
    [[nodiscard]] result<void> add(tool_options tool);
    /// `alerting`: nothing leaves it as it is.
    [[nodiscard]] result<void> replace(std::vector<tool_options> tools,
                                       std::optional<alerting_options> alerting);
    [[nodiscard]] alert_desk& alerts() noexcept { return alerts_; }

    [[nodiscard]] std::shared_ptr<const catalogue> tools() const;
    /// Errors: `not_found`.
    [[nodiscard]] result<std::shared_ptr<const endpoint>> find(std::string_view tool,
                                                               std::string_view endpoint) const;
    [[nodiscard]] shard_set& shards() noexcept { return shards_; }
    [[nodiscard]] const clock& time() const noexcept { return *time_; }
    [[nodiscard]] const metrics_registry& metrics() const noexcept { return states_.metrics(); }
    bool shut_down(duration limit);
    /// The client goes: what waits is cancelled. Nobody asks for anything afterwards.
    void end() noexcept;

private:
    engine(client_options options, duration trims_each);
    void trim(instant now) noexcept;
    /// Null when there is none of these names.
    [[nodiscard]] std::shared_ptr<const endpoint> look_up(std::string_view tool,
                                                          std::string_view endpoint) const;
    [[nodiscard]] error not_found(std::string_view tool, std::string_view endpoint) const;
    /// A closed client says so whatever the names.
    [[nodiscard]] error not_callable(std::string_view tool, std::string_view endpoint) const;
    [[nodiscard]] const shard* find(
        const boost::asio::any_io_executor& executor) const noexcept override {
        return shards_.find(executor);
    }
    [[nodiscard]] boost::asio::awaitable<result<response>> run_elsewhere(
        boost::asio::any_io_executor from, recycled<call_job> work) override;
    [[nodiscard]] const std::shared_ptr<calls_in_flight>& in_flight() const noexcept override {
        return in_flight_;
    }
    /// Runs on `there`, a shard's; bodies move between it and `from`. `alive`: `in_flight_`, until
    /// the call itself keeps that.
    [[nodiscard]] boost::asio::awaitable<result<response>> run_on(
        boost::asio::any_io_executor there, boost::asio::any_io_executor from,
        recycled<call_job> work, std::shared_ptr<const void> alive);
    [[nodiscard]] boost::asio::awaitable<result<void>> warm_up(std::shared_ptr<const endpoint> of);
    [[nodiscard]] boost::asio::awaitable<result<void>> warm_up_all(
        std::shared_ptr<const endpoint> of);
    void warm_up(const catalogue& put_into_service);
    [[nodiscard]] result<void> publish_locked(std::vector<tool_options> tools,
                                              std::optional<alerting_options> alerting = {});

    const std::shared_ptr<const clock> time_;
    const event_sink events_;
    const std::shared_ptr<calls_in_flight> counted_ = std::make_shared<calls_in_flight>();
    std::shared_ptr<calls_in_flight> in_flight_ = counted_;  // keeps this too where calls have to
    shard_set shards_;
    alert_desk alerts_;
    bool has_mail_server_ = false;
    state_registry states_;
    std::mutex change_;       // one change at a time
    mutable spin_lock lock_;  // of `tools_`, which each call looks at
    std::shared_ptr<const catalogue> tools_;
    std::atomic<std::uint8_t> calls_{0};        // of a guest, modulo 256
    std::optional<housekeeping> housekeeping_;  // on threads of our own
};

}  // namespace symphony::detail
