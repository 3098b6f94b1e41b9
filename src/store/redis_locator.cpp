#include "store/redis_locator.hpp"

#include <fmt/format.h>
#include <openssl/crypto.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>
#include <utility>

namespace symphony::detail {

namespace asio = boost::asio;

namespace {

constexpr duration most_sentinel_patience = std::chrono::milliseconds(250);

bool starts_with(const redis_reply& reply, std::string_view code) noexcept {
    return reply.kind == redis_reply::type::error && reply.text.starts_with(code);
}

// Whatever a server makes of a command it does not know, it may repeat the words of it.
std::string without(const std::string& text, std::string_view password) {
    if (password.empty() || text.find(password) == std::string::npos) return text;
    return text.substr(0, std::min(text.find(' '), text.find(password)));
}

class greeting {
public:
    explicit greeting(const redis_login& login) {
        if (!login.password.empty()) {
            if (login.username.empty()) {
                add({"AUTH", login.password.reveal()});
            } else {
                add({"AUTH", login.username, login.password.reveal()});
            }
        }
        if (login.database != 0) add({"SELECT", std::to_string(login.database)});
        add({login.master_only ? "ROLE" : "PING"});
    }
    ~greeting() { OPENSSL_cleanse(bytes.data(), bytes.size()); }
    greeting(const greeting&) = delete;
    greeting& operator=(const greeting&) = delete;

    std::string bytes;
    std::size_t commands = 0;

private:
    void add(std::initializer_list<std::string_view> words) {
        append_command(bytes, std::span(words.begin(), words.size()));
        ++commands;
    }
};

result<void> judge(const std::vector<redis_reply>& replies, const redis_login& login,
                   const std::string& name) {
    const redis_reply& last = replies.back();
    // A user that may do nothing but run scripts may not ask; it has logged in all the same.
    const bool forbidden = starts_with(last, "NOPERM");
    for (const redis_reply& reply : replies) {
        if (reply.kind != redis_reply::type::error || (&reply == &last && forbidden)) continue;
        const bool logging_in = &reply == &replies.front() && !login.password.empty();
        const char* const what = logging_in || starts_with(reply, "NOAUTH")
                                     ? "Redis at {} refused the credentials"
                                     : "Redis at {} is not ready to serve";
        return std::unexpected(redis_error(fmt::format(fmt::runtime(what), name),
                                           without(reply.text, login.password.reveal())));
    }
    if (login.master_only && !forbidden &&
        (last.items.empty() || last.items.front().text != "master")) {
        return std::unexpected(redis_error(fmt::format("Redis at {} is not the master", name)));
    }
    return {};
}

}  // namespace

asio::awaitable<result<void>> greet(redis_socket& server, const redis_login& login) {
    const greeting words(login);
    auto replies = co_await server.exchange(words.bytes, words.commands);
    if (!replies) co_return std::unexpected(std::move(replies.error()));
    co_return judge(*replies, login, server.name());
}

asio::awaitable<result<redis_endpoint>> fixed_locator::locate() {
    co_return where_;
}

sentinel_locator::sentinel_locator(std::shared_ptr<redis_core> core,
                                   redis_sentinel_options sentinel,
                                   std::shared_ptr<const redis_tls> tls, duration patience)
    : core_(std::move(core)),
      sentinel_(std::move(sentinel)),
      tls_(std::move(tls)),
      patience_(std::min(patience, most_sentinel_patience)) {
    login_.username = sentinel_.username;
    login_.password = sentinel_.password;
}

asio::awaitable<result<redis_endpoint>> sentinel_locator::locate() {
    const std::size_t count = sentinel_.addresses.size();
    std::string remote;
    for (std::size_t tried = 0; tried < count && !core_->stopped; ++tried) {
        const std::size_t index = (first_ + tried) % count;
        auto found = co_await ask(sentinel_.addresses[index]);
        if (found) {
            first_ = index;
            co_return found;
        }
        if (!remote.empty()) remote += "; ";
        remote += found.error().message;
        if (!found.error().remote.empty()) remote += ": " + found.error().remote;
    }
    // Next time another one is the first: this one may know of a master that is gone.
    first_ = (first_ + 1) % count;
    co_return std::unexpected(redis_error(
        fmt::format("no sentinel names the master '{}'", sentinel_.master), std::move(remote)));
}

asio::awaitable<result<redis_endpoint>> sentinel_locator::ask(const redis_address& sentinel) {
    redis_endpoint where;
    where.address = sentinel;
    const auto server = std::make_shared<redis_socket>(core_, std::move(where), tls_);
    const redis_time_limit limit(*core_, *server, patience_);
    result<void> done = co_await server->open();
    if (done) done = co_await greet(*server, login_);
    std::string question;
    const std::array<std::string_view, 3> words{"SENTINEL", "get-master-addr-by-name",
                                                sentinel_.master};
    append_command(question, words);
    result<std::vector<redis_reply>> answer;
    if (done) {
        answer = co_await server->exchange(question, 1);
        if (!answer) done = std::unexpected(std::move(answer.error()));
    }
    server->close();
    if (!done && limit.passed()) {
        co_return std::unexpected(
            redis_error(fmt::format("the sentinel at {} did not answer in time", server->name())));
    }
    if (!done) co_return std::unexpected(std::move(done.error()));
    const redis_reply& reply = answer->front();
    redis_endpoint master;
    if (reply.items.size() == 2) {
        const std::string& port = reply.items[1].text;
        std::from_chars(port.data(), port.data() + port.size(), master.address.port);
        master.address.host = reply.items[0].text;
        if (!master.address.host.empty()) co_return master;
    }
    co_return std::unexpected(redis_error(
        fmt::format("the sentinel at {} knows no master '{}'", server->name(), sentinel_.master),
        reply.text));
}

redis_time_limit::redis_time_limit(redis_core& core, redis_socket& limited, duration length)
    : limited_(limited), timer_(core, this, [](void* self, wake why) noexcept {
          auto& mine = *static_cast<redis_time_limit*>(self);
          mine.passed_ = why == wake::timed_out;
          mine.limited_.close();
      }) {
    if (core.stopped) {
        limited.close();
    } else {
        timer_.set(later(core.time.now(), length));
    }
}

}  // namespace symphony::detail
