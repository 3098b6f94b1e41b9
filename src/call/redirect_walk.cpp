#include "call/redirect_walk.hpp"

#include "call/redirect_rules.hpp"

#include <boost/container/small_vector.hpp>
#include <fmt/format.h>

#include <string>
#include <utility>

namespace symphony {

namespace asio = boost::asio;

namespace {

url asked_for(const net::destination& where, std::string_view target) {
    url asked = where.base;
    const auto mark = target.find('?');
    asked.path = target.substr(0, mark);
    asked.has_query = mark != std::string_view::npos;
    asked.query = asked.has_query ? target.substr(mark + 1) : std::string_view{};
    asked.user_info = secret();
    return asked;
}

/// The next request, made of the first.
class hop {
public:
    explicit hop(const net::wire_request& first) : first_(first) {}
    hop(const hop&) = delete;
    hop& operator=(const hop&) = delete;

    const net::wire_request& next(const redirect_rules& by) {
        const url& to = by.target();
        target_ = to.has_query ? fmt::format("{}?{}", to.path, to.query) : to.path;
        fields_.clear();
        const auto take = [&](const header_view& field) {
            if (by.has_left() && !may_leave_origin(field.name)) return;
            if (by.has_dropped_body() && belongs_to_body(field.name)) return;
            fields_.push_back(field);
        };
        for (const header_view& field : first_.fields)
            take(field);
        if (first_.more_fields != nullptr) {
            for (const header_view& field : first_.more_fields->fields())
                take(field);
        }
        wire_.method = by.method();
        wire_.target = target_;
        wire_.fields = {fields_.data(), fields_.size()};
        wire_.body = by.has_dropped_body() ? std::string_view{} : first_.body;
        return wire_;
    }

private:
    const net::wire_request& first_;
    net::wire_request wire_;
    std::string target_;
    boost::container::small_vector<header_view, 8> fields_;
};

void tell(const endpoint& on, const shard& where, int status, const redirect_rules& rules,
          std::string_view refused) {
    if (!on.events().heard()) return;
    event said;
    said.name = "call.redirect";
    said.level = severity::debug;
    // A path of the API's own may hold what the configured one hides.
    const auto place = [&] {
        const bool hidden = !on.options().shown_url.empty();
        return hidden ? rules.target().origin() : rules.target().display();
    };
    said.message = refused.empty() ? fmt::format("{} followed to {}", status, place())
                                   : fmt::format("{} is passed on: {}", status, refused);
    said.fields = {{"status", std::to_string(status)},
                   {"followed", refused.empty() ? "true" : "false"}};
    said.at = where.time.now();
    on.events().tell(std::move(said));
}

}  // namespace

asio::awaitable<void> send_and_follow(net::reply& last, const endpoint& on, const shard& where,
                                      const net::wire_request& first,
                                      const net::send_options& options) {
    co_await where.transport.send_into(last, on.where(), first, options);
    result<response>& answer = last.answer;
    if (!answer || !is_redirect(*answer)) co_return;
    redirect_rules rules(on.options().redirects, asked_for(*on.where(), first.target), first.method,
                         first.stream == nullptr);
    hop request(first);
    while (answer && is_redirect(*answer)) {
        const int status = answer->status;
        const auto followed = rules.follow(*answer);
        if (!followed) {
            tell(on, where, status, rules, followed.error());
            break;
        }
        result<std::shared_ptr<const net::destination>> to = on.where();
        if (rules.has_left()) to = on.redirect_target(rules.target());
        tell(on, where, status, rules, to ? std::string_view{} : to.error().message);
        if (!to) break;
        const net::wire_request& next = request.next(rules);
        answer->stream.reset();
        const std::shared_ptr<const net::destination> there = std::move(*to);
        co_await where.transport.send_into(last, there, next, options);
        if (!answer) answer.error().maybe_sent = true;
    }
}

}  // namespace symphony
