#include "symphony/telemetry/alert_options.hpp"

#include "telemetry/alert_text.hpp"

namespace symphony {

namespace {

bool is_this_machine(const std::string& host) noexcept {
    return host == "localhost" || host == "::1" ||
           (host.starts_with("127.") && host.find_first_not_of("0123456789.") == std::string::npos);
}

bool is_host_text(std::string_view host) noexcept {
    return !host.empty() && host.size() <= 253 &&
           host.find_first_not_of(
               "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
               ".-:_") == std::string_view::npos;
}

bool is_web_address(const secret& url) noexcept {
    const std::string_view text = url.reveal();
    const bool plain = text.find_first_of(" \t\r\n") == std::string_view::npos;
    return plain && text.size() <= 2048 &&
           ((text.starts_with("https://") && text.size() > 8) ||
            (text.starts_with("http://") && text.size() > 7));
}

}  // namespace

std::optional<std::string> alert_options::problem() const {
    if (!slack.empty() && !is_web_address(slack)) return "slack must be an http or https URL";
    if (!webhook.empty() && !is_web_address(webhook)) return "webhook must be an http or https URL";
    if (!email.empty() && !detail::is_mail_address(email)) return "email must be one address";
    if (min_interval < duration::zero() || min_interval > std::chrono::days(7)) {
        return "min_interval must be from 0 to 7 days";
    }
    return std::nullopt;
}

std::uint16_t smtp_options::port_in_use() const noexcept {
    if (port != 0) return port;
    switch (security) {
        case smtp_security::starttls:
            return 587;
        case smtp_security::tls:
            return 465;
        case smtp_security::none:
            return 25;
    }
    return 25;
}

std::optional<std::string> smtp_options::problem() const {
    if (!is_host_text(host)) return "host must be a host name or an address";
    if (!detail::is_mail_address(from)) return "from must be one address";
    if (username.empty() != password.empty()) return "username and password go together";
    if (!username.empty() && security == smtp_security::none && !is_this_machine(host)) {
        return "without TLS the password would be readable on the way: use starttls or tls";
    }
    return std::nullopt;
}

}  // namespace symphony
