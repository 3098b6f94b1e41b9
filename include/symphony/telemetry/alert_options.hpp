#pragma once

#include "symphony/core/secret.hpp"
#include "symphony/core/time.hpp"
#include "symphony/telemetry/alert.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace symphony {

/// A header field of a webhook's POST; its value may be a credential.
struct alert_header {
    std::string name;  ///< letters, digits, '-' and '_'; not one the delivery writes itself
    secret value{};    ///< one line

    [[nodiscard]] bool same_as(const alert_header& other) const noexcept {
        return name == other.name && value.equals(other.value.reveal());
    }
};

/// Where the alerts of one circuit go (`circuitBreaker.monitoring.alerts`). Each channel that is
/// given gets every alert.
struct alert_options {
    secret slack{};                               ///< URL of a Slack incoming webhook
    std::string email{};                          ///< one address; needs `alerting_options::smtp`
    secret webhook{};                             ///< URL that gets a JSON object by POST
    std::vector<alert_header> webhook_headers{};  ///< sent with it; at most 32
    /// At most one alert of a circuit in this time; what was held back comes as one summary.
    duration min_interval = std::chrono::seconds(60);

    [[nodiscard]] bool same_as(const alert_options& other) const noexcept;
    /// What is impossible about these options, in words without secrets, or nothing.
    [[nodiscard]] std::optional<std::string> problem() const;
};

enum class smtp_security : std::uint8_t {
    starttls,  ///< plain connection that must turn to TLS before anything is said (RFC 3207)
    tls,       ///< TLS from the first byte (RFC 8314)
    none       ///< no TLS: credentials only to this machine
};

/// The mail server that takes alerts by e-mail (`alerting.smtp`).
struct smtp_options {
    std::string host;
    std::uint16_t port = 0;  ///< 0: 587 with starttls, 465 with tls, 25 without
    std::string from;        ///< the sender's address
    std::string username{};  ///< empty: no authentication
    secret password{};
    smtp_security security = smtp_security::starttls;

    /// `port`, or the usual one.
    [[nodiscard]] std::uint16_t port_in_use() const noexcept;
    /// What is impossible about these options, in words without secrets, or nothing.
    [[nodiscard]] std::optional<std::string> problem() const;
};

/// The texts, with placeholders: {tool} {endpoint} {state} {reason} {time} {since} {downFor}
/// {opened} {recovered} {consecutiveFailures} {windowTotal} {windowFailures}. "{{" and "}}" stand
/// for braces.
struct alert_templates {
    std::string opened =
        "Circuit {tool}.{endpoint} opened: {reason}. {consecutiveFailures} failures in a row, "
        "{windowFailures} of the last {windowTotal} calls. {time}";
    std::string recovered = "Circuit {tool}.{endpoint} recovered after {downFor}. {time}";
    std::string summary =
        "Circuit {tool}.{endpoint} is {state} since {time} ({reason}). Since {since} it opened "
        "{opened} times and recovered {recovered} times.";
};
/// What is wrong with a template, in words, or nothing.
[[nodiscard]] std::optional<std::string> template_problem(std::string_view text);
/// The names that may stand in braces.
[[nodiscard]] std::span<const std::string_view> alert_placeholders() noexcept;

/// How alerts are delivered, for all circuits of a client (`alerting`).
struct alerting_options {
    std::optional<smtp_options> smtp{};
    alert_templates templates{};
    /// PEM file of certificates that are trusted besides the system's, for all channels.
    std::string ca_file{};
    /// A channel of the user's: called with every alert, on the thread that delivers. Must not
    /// throw, and not last: the others wait.
    std::function<void(const alert_notice&)> notify{};
    duration timeout = std::chrono::seconds(10);     ///< of one try
    duration retry_delay = std::chrono::seconds(1);  ///< before the second try; doubles each time
};

}  // namespace symphony
