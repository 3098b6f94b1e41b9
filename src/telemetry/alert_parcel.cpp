#include "telemetry/alert_parcel.hpp"

#include "telemetry/alert_text.hpp"

#include <utility>

namespace symphony::detail {

std::vector<alert_parcel> pack(const alert_notice& notice, const alert_options& channels,
                               const alerting_options& how,
                               const std::shared_ptr<const smtp_options>& smtp,
                               const std::string& identity, wall_time now) {
    const std::string text = alert_text(notice, how.templates);
    std::vector<alert_parcel> all;
    const auto add = [&](alert_channel channel, std::string content) -> alert_parcel& {
        alert_parcel& made = all.emplace_back();
        made.channel = channel;
        made.content = std::move(content);
        made.tool = notice.tool;
        made.endpoint = notice.endpoint;
        made.kind = notice.kind;
        return made;
    };
    if (!channels.slack.empty()) {
        add(alert_channel::slack, slack_body(text)).url = channels.slack;
    }
    if (!channels.email.empty() && smtp) {
        const mail_envelope envelope{smtp->from, channels.email, identity, now};
        alert_parcel& mail = add(alert_channel::email, mail_message(envelope, notice, text));
        mail.recipient = channels.email;
        mail.smtp = smtp;
    }
    if (!channels.webhook.empty()) {
        alert_parcel& post = add(alert_channel::webhook, webhook_body(notice, text));
        post.url = channels.webhook;
        post.headers = channels.webhook_headers;
    }
    return all;
}

}  // namespace symphony::detail
