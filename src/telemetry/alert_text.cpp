#include "telemetry/alert_text.hpp"

#include "symphony/core/json.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>

namespace symphony {

std::string_view to_string(alert_kind kind) noexcept {
    switch (kind) {
        case alert_kind::opened:
            return "opened";
        case alert_kind::recovered:
            return "recovered";
        case alert_kind::summary:
            return "summary";
        case alert_kind::test:
            return "test";
    }
    return "test";
}

namespace {

constexpr std::array<std::string_view, 12> placeholders{
    "tool",        "endpoint",      "state",  "reason",    "time",
    "since",       "downFor",       "opened", "recovered", "consecutiveFailures",
    "windowTotal", "windowFailures"};

std::tm utc(wall_time at) {
    return fmt::gmtime(std::chrono::system_clock::to_time_t(
        std::chrono::time_point_cast<std::chrono::system_clock::duration>(at)));
}

std::string time_text(wall_time at) {
    return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", utc(at));
}

std::string span_text(duration span) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(span).count();
    if (seconds >= 3600) return fmt::format("{} h {} min", seconds / 3600, seconds / 60 % 60);
    if (seconds >= 60) return fmt::format("{} min {} s", seconds / 60, seconds % 60);
    return fmt::format("{:.1f} s", std::chrono::duration<double>(span).count());
}

std::string value_of(std::string_view name, const alert_notice& notice) {
    if (name == "tool") return notice.tool;
    if (name == "endpoint") return notice.endpoint;
    if (name == "state") return notice.open ? "open" : "closed";
    if (name == "reason") return std::string(notice.reason);
    if (name == "time") return time_text(notice.at);
    if (name == "since") return time_text(notice.since);
    if (name == "downFor") return span_text(notice.down_for);
    if (name == "opened") return std::to_string(notice.opened);
    if (name == "recovered") return std::to_string(notice.recovered);
    if (name == "consecutiveFailures") return std::to_string(notice.consecutive_failures);
    if (name == "windowTotal") return std::to_string(notice.window_total);
    return std::to_string(notice.window_failures);
}

// Calls `literal` with each piece of text and `placeholder` with each name; returns what is wrong.
template <class Literal, class Placeholder>
std::optional<std::string> walk(std::string_view text, Literal&& literal,
                                Placeholder&& placeholder) {
    while (!text.empty()) {
        const auto brace = std::min(text.find_first_of("{}"), text.size());
        literal(text.substr(0, brace));
        text.remove_prefix(brace);
        if (text.empty()) break;
        if (text.size() > 1 && text[0] == text[1]) {
            literal(text.substr(0, 1));
            text.remove_prefix(2);
            continue;
        }
        const auto end = text.find('}');
        if (text[0] == '}' || end == std::string_view::npos) {
            return "a brace stands alone: write {{ or }}";
        }
        const std::string_view name = text.substr(1, end - 1);
        if (std::ranges::find(placeholders, name) == placeholders.end()) {
            return fmt::format("no placeholder '{:.40}': there are {}", name,
                               fmt::join(placeholders, ", "));
        }
        placeholder(name);
        text.remove_prefix(end + 1);
    }
    return std::nullopt;
}

// RFC 2045, 6.7: ASCII only, and no line longer than 76.
std::string quoted_printable(std::string_view text) {
    std::string out;
    std::size_t line = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        if (byte == '\r') continue;
        if (byte == '\n') {
            out += "\r\n";
            line = 0;
            continue;
        }
        const bool last = i + 1 == text.size() || text[i + 1] == '\n' || text[i + 1] == '\r';
        const bool plain = byte >= 0x20 && byte < 0x7F && byte != '=' && !(byte == ' ' && last);
        const std::size_t size = plain ? 1 : 3;
        if (line + size > 75) {
            out += "=\r\n";
            line = 0;
        }
        if (plain) {
            out += text[i];
        } else {
            out += fmt::format("={:02X}", byte);
        }
        line += size;
    }
    return out;
}

// What came from a configuration must not begin a header or a line of its own.
std::string one_line(std::string_view text) {
    std::string out(text);
    for (char& c : out) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte == 0x7F) c = ' ';
    }
    return out;
}

}  // namespace

std::span<const std::string_view> alert_placeholders() noexcept {
    return placeholders;
}

std::optional<std::string> template_problem(std::string_view text) {
    if (text.size() > 2000) return "longer than 2000 bytes";
    return walk(text, [](std::string_view) {}, [](std::string_view) {});
}

std::string detail::alert_text(const alert_notice& notice, const alert_templates& templates) {
    if (notice.kind == alert_kind::test) {
        return fmt::format("This is a test: alerts of the circuit {}.{} arrive here. {}",
                           notice.tool, notice.endpoint, time_text(notice.at));
    }
    const std::string& pattern = notice.kind == alert_kind::opened      ? templates.opened
                                 : notice.kind == alert_kind::recovered ? templates.recovered
                                                                        : templates.summary;
    std::string text;
    (void)walk(
        pattern, [&](std::string_view literal) { text += literal; },
        [&](std::string_view name) { text += value_of(name, notice); });
    return text;
}

// Slack reads &, < and > as its own marks.
std::string detail::slack_body(std::string_view text) {
    std::string escaped;
    for (const char c : text) {
        if (c == '&') {
            escaped += "&amp;";
        } else if (c == '<') {
            escaped += "&lt;";
        } else if (c == '>') {
            escaped += "&gt;";
        } else {
            escaped += c;
        }
    }
    return json::of({{"text", json(std::move(escaped))}}).dump();
}

std::string detail::webhook_body(const alert_notice& notice, std::string_view text) {
    using std::chrono::milliseconds;
    const auto down = std::chrono::duration_cast<milliseconds>(notice.down_for).count();
    return json::of({{"event", json(fmt::format("circuit.{}", to_string(notice.kind)))},
                     {"tool", json(notice.tool)},
                     {"endpoint", json(notice.endpoint)},
                     {"state", notice.open ? "open" : "closed"},
                     {"reason", json(notice.reason)},
                     {"time", json(time_text(notice.at))},
                     {"since", json(time_text(notice.since))},
                     {"opened", std::int64_t{notice.opened}},
                     {"recovered", std::int64_t{notice.recovered}},
                     {"downForMs", std::int64_t{down}},
                     {"consecutiveFailures", std::int64_t{notice.consecutive_failures}},
                     {"windowTotal", std::int64_t{notice.window_total}},
                     {"windowFailures", std::int64_t{notice.window_failures}},
                     {"text", json(text)}})
        .dump();
}

std::string detail::mail_message(const mail_envelope& envelope, const alert_notice& notice,
                                 std::string_view text) {
    const std::string body = quoted_printable(text);
    const auto host = envelope.from.substr(envelope.from.find('@') + 1);
    return fmt::format(
        "Date: {:%a, %d %b %Y %H:%M:%S} +0000\r\nFrom: Symphony <{}>\r\nTo: <{}>\r\n"
        "Message-ID: <{}@{}>\r\nSubject: [symphony] {}.{}: {}\r\nAuto-Submitted: auto-generated\r\n"
        "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
        "Content-Transfer-Encoding: quoted-printable\r\n\r\n{}\r\n",
        utc(envelope.date), envelope.from, envelope.to, envelope.identity, host,
        one_line(notice.tool), one_line(notice.endpoint), to_string(notice.kind), body);
}

bool detail::is_mail_address(std::string_view text) noexcept {
    const auto at = text.find('@');
    const bool shaped = at != std::string_view::npos && at > 0 && at + 1 < text.size() &&
                        text.find('@', at + 1) == std::string_view::npos && text.size() <= 254;
    return shaped && std::ranges::all_of(text, [](char c) {
               return c > 0x20 && c < 0x7F &&
                      std::string_view("<>\"(),:;[]\\").find(c) == std::string_view::npos;
           });
}

}  // namespace symphony
