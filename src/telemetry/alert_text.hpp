#pragma once

#include "symphony/telemetry/alert.hpp"
#include "symphony/telemetry/alert_options.hpp"

#include <string>
#include <string_view>

namespace symphony::detail {

/// The alert in words, as its template says.
[[nodiscard]] std::string alert_text(const alert_notice& notice, const alert_templates& templates);
/// Body for a Slack incoming webhook.
[[nodiscard]] std::string slack_body(std::string_view text);
/// Body for a webhook: docs/circuit-breakers.md lists the members.
[[nodiscard]] std::string webhook_body(const alert_notice& notice, std::string_view text);

struct mail_envelope {
    std::string_view from;
    std::string_view to;
    std::string_view identity;  ///< unique: the Message-ID's left part
    wall_time date{};
};
/// A whole message (RFC 5322) with CR LF at the line ends; nothing of `notice` begins a header.
[[nodiscard]] std::string mail_message(const mail_envelope& envelope, const alert_notice& notice,
                                       std::string_view text);
/// Whether `text` may stand as an address in a header and an SMTP command: one '@', no white
/// space, control character, quote or angle bracket, at most 254 bytes of ASCII.
[[nodiscard]] bool is_mail_address(std::string_view text) noexcept;

}  // namespace symphony::detail
