#include "config/blocks.hpp"
#include "symphony/core/nearest_name.hpp"

#include <algorithm>
#include <string_view>

namespace symphony::detail {

namespace {

constexpr duration_range intervals{duration::zero(), std::chrono::days(7)};

// A webhook's URL is all it takes to post there: no message repeats any of it.
std::optional<secret> read_webhook(const cursor& at) {
    auto url = at.hidden();
    if (!url) return std::nullopt;
    alert_options tried;
    tried.webhook = *url;
    if (url->empty() || tried.problem()) at.wrong("must be an http or https URL");
    return url;
}

std::optional<std::string> read_address(const cursor& at) {
    auto text = at.shown_text();
    if (!text) return std::nullopt;
    alert_options tried;
    tried.email = *text;
    if (text->empty() || tried.problem()) at.wrong("must be one address, such as ops@example.com");
    return text;
}

// The placeholder that was probably meant by the first that there is not.
std::string_view meant_placeholder(std::string_view text) {
    const auto known = alert_placeholders();
    for (auto open = text.find('{'); open != std::string_view::npos; open = text.find('{')) {
        text.remove_prefix(open + 1);
        const std::string_view name = text.substr(0, text.find('}'));
        if (std::ranges::find(known, name) == known.end()) {
            if (const auto meant = nearest_name(name, known); !meant.empty()) return meant;
        }
    }
    return {};
}

std::optional<std::string> read_template(const cursor& at) {
    auto text = at.text();
    if (!text) return std::nullopt;
    if (text->empty()) at.wrong("must not be empty");
    if (const auto problem = template_problem(*text)) {
        at.wrong(*problem, std::string(meant_placeholder(*text)));
    }
    return text;
}

void read_headers(const cursor& at, alert_options& options) {
    const auto members = at.members();
    if (!members) return;
    alert_options tried;
    tried.webhook = secret("http://localhost");
    for (const auto& [name, value] : *members) {
        auto text = value.hidden();
        if (!text) continue;
        tried.webhook_headers = {{name, *text}};
        if (tried.problem()) {
            value.incomplete(
                "is no header to give here: a name has letters, digits, '-' and '_' and is none "
                "that the delivery writes itself; a value is one line, and not empty");
        }
        options.webhook_headers.push_back({name, std::move(*text)});
    }
    if (members->size() > 32) at.incomplete("at most 32 headers");
}

// A URL, or an object with one.
void read_webhook_target(const cursor& at, alert_options& options) {
    if (at.value().kind != node::type::map) {
        if (auto url = read_webhook(at)) options.webhook = std::move(*url);
        return;
    }
    const object block(at, {{"url"}, {"headers"}}, object::secrecy::secret);
    if (const auto url = block.require("url")) {
        if (auto text = read_webhook(*url)) options.webhook = std::move(*text);
    }
    if (const auto headers = block.get("headers")) read_headers(*headers, options);
}

void read_credentials(const object& block, smtp_options& options) {
    const auto name = block.get("username");
    const auto word = block.get("password");
    if (name) {
        if (auto text = name->text()) options.username = std::move(*text);
        if (!word) name->incomplete("goes with 'password'");
    }
    if (word) {
        if (auto text = word->hidden()) options.password = std::move(*text);
        if (!name) word->incomplete("goes with 'username'");
        if (options.password.empty()) word->wrong("must not be empty");
    }
}

smtp_options read_smtp(const cursor& at) {
    const object block(at, {{"host"}, {"port"}, {"from"}, {"username"}, {"password"}, {"tls"}});
    smtp_options options;
    if (const auto host = block.require("host")) {
        if (auto text = host->shown_text()) options.host = std::move(*text);
    }
    block.into(options.port, "port",
               [](const cursor& c) { return c.integer<std::uint16_t>(1, 65'535); });
    if (const auto from = block.require("from")) {
        if (auto text = read_address(*from)) options.from = std::move(*text);
    }
    if (const auto tls = block.get("tls")) {
        if (const auto which = tls->choice({{"starttls"}, {"tls"}, {"none"}})) {
            options.security = static_cast<smtp_security>(*which);
        }
    }
    read_credentials(block, options);
    // What was reported at its own place is not repeated here.
    alert_options sender;
    sender.email = options.from;
    const bool rest_is_sound = !options.host.empty() && !options.from.empty() &&
                               !sender.problem() &&
                               options.username.empty() == options.password.empty();
    if (const auto problem = options.problem(); rest_is_sound && problem) at.wrong(*problem);
    return options;
}

}  // namespace

alert_options read_alerts(const cursor& at) {
    const object block(at, {{"slack"}, {"email"}, {"webhook"}, {"minInterval"}});
    alert_options options;
    block.into(options.slack, "slack", read_webhook);
    if (const auto webhook = block.get("webhook")) read_webhook_target(*webhook, options);
    if (const auto email = block.get("email")) {
        if (auto text = read_address(*email)) options.email = std::move(*text);
        if (!at.context().has_mail_server()) {
            email->incomplete("needs 'alerting.smtp', the server that sends it");
        }
    }
    block.into(options.min_interval, "minInterval",
               [](const cursor& c) { return c.time(intervals); });
    const bool any = block.get("slack") || block.get("email") || block.get("webhook");
    if (!any) at.incomplete("names no channel: give 'slack', 'email' or 'webhook'");
    return options;
}

alerting_options read_alerting(const cursor& at) {
    const object block(at, {{"smtp"}, {"templates"}, {"ca"}});
    alerting_options options;
    if (const auto smtp = block.get("smtp")) {
        at.context().note_mail_server();
        options.smtp = read_smtp(*smtp);
    }
    if (const auto templates = block.get("templates")) {
        const object inner(*templates, {{"opened"}, {"recovered"}, {"summary"}});
        inner.into(options.templates.opened, "opened", read_template);
        inner.into(options.templates.recovered, "recovered", read_template);
        inner.into(options.templates.summary, "summary", read_template);
    }
    block.into(options.ca_file, "ca", read_authorities);
    return options;
}

}  // namespace symphony::detail
