#include "symphony/telemetry/alert_options.hpp"

#include "telemetry/alert_text.hpp"

#include <algorithm>
#include <array>

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

// What the delivery writes itself, or what would change how the message is framed.
bool is_reserved(std::string_view name) noexcept {
    constexpr std::array<std::string_view, 8> reserved{
        "connection", "content-length", "content-type",     "expect", "host",
        "te",         "trailer",        "transfer-encoding"};
    return std::ranges::any_of(reserved, [name](std::string_view one) {
        return std::ranges::equal(one, name, [](char a, char b) {
            return a == (b >= 'A' && b <= 'Z' ? static_cast<char>(b + 32) : b);
        });
    });
}

bool is_sound(const alert_header& field) noexcept {
    const bool named = !field.name.empty() && field.name.size() <= 128 &&
                       field.name.find_first_not_of(
                           "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") ==
                           std::string::npos;
    const std::string_view value = field.value.reveal();
    // An empty value would take the field away, not send it.
    return named && !is_reserved(field.name) && !value.empty() && value.size() <= 8192 &&
           std::ranges::none_of(value, [](char c) {
               const auto byte = static_cast<unsigned char>(c);
               return (byte < 0x20 && c != '\t') || byte == 0x7f;
           });
}

}  // namespace

bool alert_options::same_as(const alert_options& other) const noexcept {
    return slack.equals(other.slack.reveal()) && email == other.email &&
           webhook.equals(other.webhook.reveal()) && min_interval == other.min_interval &&
           std::ranges::equal(webhook_headers, other.webhook_headers,
                              [](const auto& a, const auto& b) { return a.same_as(b); });
}

std::optional<std::string> alert_options::problem() const {
    if (webhook_headers.size() > 32) return "webhook_headers: at most 32";
    if (!webhook_headers.empty() && webhook.empty()) return "webhook_headers go with webhook only";
    for (const alert_header& field : webhook_headers) {
        if (!is_sound(field)) {
            return "webhook_headers: a name has letters, digits, '-' and '_' and is none that the "
                   "delivery writes itself; a value is one line, and not empty";
        }
    }
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
