#include "cli/demo_api.hpp"

#include "symphony/core/clock.hpp"
#include "symphony/core/json.hpp"
#include "symphony/net/asio_timers.hpp"
#include "symphony/net/http_server.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <fmt/format.h>

#include <atomic>
#include <charconv>
#include <stdexcept>
#include <thread>

namespace symphony::cli {

namespace asio = boost::asio;

namespace {

constexpr auto quick = std::chrono::milliseconds(5);
constexpr auto sluggish = std::chrono::milliseconds(400);
constexpr auto limited_for = std::chrono::milliseconds(1000);

response answer_json(int status, const json& document) {
    response answer;
    answer.status = status;
    answer.body = document.dump() + "\n";
    answer.fields.add("content-type", "application/json");
    return answer;
}

response order(std::string_view id) {
    return answer_json(
        200,
        json::of({{"id", id}, {"item", "a metronome"}, {"quantity", 2}, {"state", "shipped"}}));
}

response refusal(int status, std::string_view message) {
    return answer_json(status, json::of({{"error", message}}));
}

response too_many() {
    response answer = refusal(429, "too many requests");
    answer.fields.add("retry-after", "1");
    return answer;
}

}  // namespace

class demo_api::impl {
public:
    explicit impl(std::uint16_t preferred)
        : timers_(loop_.get_executor(), clock_),
          server_(std::make_unique<net::http_server>(
              loop_.get_executor(), clock_, timers_,
              [this](net::server_request& request) { return handle(request); })) {
        result<std::uint16_t> port = server_->listen("127.0.0.1", preferred);
        if (!port && preferred != 0) port = server_->listen("127.0.0.1", 0);
        if (!port) throw std::runtime_error("demo API: " + port.error().message);
        url = fmt::format("http://127.0.0.1:{}", *port);
        thread_ = std::thread([this] { loop_.run(); });
    }

    ~impl() {
        asio::post(loop_, [this] {
            server_->stop();
            asio::post(loop_, [this] { loop_.stop(); });  // after the handlers it cancelled
        });
        thread_.join();
    }
    impl(const impl&) = delete;
    impl& operator=(const impl&) = delete;

    void set_mode(demo_mode mode) {
        limited_until_.store((clock_.now() + limited_for).time_since_epoch().count());
        mode_.store(mode);
    }

    std::string url;

private:
    asio::awaitable<response> handle(net::server_request& request) {
        std::string_view path = request.target;
        path = path.substr(0, path.find('?'));
        if (request.fields.get("authorization") != "Bearer demo-token")
            co_return refusal(401, "the bearer token is missing or wrong");
        constexpr std::string_view orders = "/orders/";
        constexpr std::string_view statuses = "/status/";
        if (path.starts_with(orders)) co_return co_await answer_order(path.substr(orders.size()));
        if (path == "/slow") {
            co_await net::wait_until(timers_, clock_.now() + sluggish);
            co_return order("slow");
        }
        if (path == "/failing") co_return refusal(500, "this page always fails");
        if (path == "/limited") co_return limited_page();
        if (path.starts_with(statuses)) co_return answer_status(path.substr(statuses.size()));
        co_return refusal(404, "pages: /orders/{id} /slow /limited /failing /status/{code}");
    }

    asio::awaitable<response> answer_order(std::string_view id) {
        const demo_mode mode = mode_.load();
        const instant now = clock_.now();
        if (mode == demo_mode::failing) co_return refusal(500, "out of order");
        if (mode == demo_mode::limited && now.time_since_epoch().count() < limited_until_.load())
            co_return too_many();
        const duration pause = mode == demo_mode::slow ? duration(sluggish) : duration(quick);
        co_await net::wait_until(timers_, now + pause);
        co_return order(id);
    }

    // Refuses once, and is content when the caller waited as told.
    response limited_page() {
        const instant now = clock_.now();
        if (now < page_refuses_until_) return too_many();
        if (now < page_refuses_until_ + std::chrono::seconds(2)) return order("limited");
        page_refuses_until_ = now + limited_for;
        return too_many();
    }

    static response answer_status(std::string_view digits) {
        int status = 0;
        const auto [end, fault] =
            std::from_chars(digits.data(), digits.data() + digits.size(), status);
        if (fault != std::errc() || end != digits.data() + digits.size() || status < 200 ||
            status > 599)
            return refusal(404, "the status must be 200 to 599");
        return answer_json(status, json::of({{"status", status}}));
    }

    system_clock clock_;
    asio::io_context loop_{1};
    asio::executor_work_guard<asio::io_context::executor_type> work_{loop_.get_executor()};
    net::asio_timers timers_;
    std::atomic<demo_mode> mode_{demo_mode::healthy};
    std::atomic<std::int64_t> limited_until_{0};
    instant page_refuses_until_{};
    std::unique_ptr<net::http_server> server_;
    std::thread thread_;
};

demo_api::demo_api(std::uint16_t preferred_port) : impl_(std::make_unique<impl>(preferred_port)) {}
demo_api::~demo_api() = default;
const std::string& demo_api::url() const noexcept {
    return impl_->url;
}
void demo_api::set_mode(demo_mode mode) {
    impl_->set_mode(mode);
}

}  // namespace symphony::cli
