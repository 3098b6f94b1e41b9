#include "symphony/testing/local_server.hpp"

#include "symphony/core/clock.hpp"
#include "symphony/net/asio_timers.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <atomic>
#include <optional>
#include <stdexcept>
#include <thread>
#include <utility>

namespace symphony::testing {

namespace asio = boost::asio;

namespace {

asio::awaitable<response> answer_at_once(const local_server::handler& on_request,
                                         net::server_request& request) {
    co_return on_request(request);
}

}  // namespace

class local_server::impl {
public:
    explicit impl(async_handler on_request)
        : on_request_(std::move(on_request)),
          timers_(loop_.get_executor(), clock_),
          server_(std::in_place, loop_.get_executor(), clock_, timers_,
                  [this](net::server_request& request) {
                      requests_.fetch_add(1);
                      return on_request_(request);
                  }) {
        const result<std::uint16_t> bound = server_->listen("127.0.0.1", 0);
        if (!bound) throw std::runtime_error("local_server: " + bound.error().message);
        port_ = *bound;
        url_ = "http://127.0.0.1:" + std::to_string(port_);
        thread_ = std::thread([this] { loop_.run(); });
    }

    // What cancellation ends comes to its end here; what ignores it is dropped with the loop.
    ~impl() {
        asio::post(loop_, [this] {
            server_.reset();
            loop_.stop();
        });
        thread_.join();
        loop_.restart();
        loop_.poll();
    }
    impl(const impl&) = delete;
    impl& operator=(const impl&) = delete;

    [[nodiscard]] const std::string& url() const noexcept { return url_; }
    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
    [[nodiscard]] std::uint64_t requests() const noexcept { return requests_.load(); }

private:
    async_handler on_request_;
    std::atomic<std::uint64_t> requests_{0};
    std::string url_;
    std::uint16_t port_ = 0;
    system_clock clock_;
    asio::io_context loop_{1};
    asio::executor_work_guard<asio::io_context::executor_type> work_{loop_.get_executor()};
    net::asio_timers timers_;
    std::optional<net::http_server> server_;
    std::thread thread_;
};

local_server::local_server(handler on_request)
    : impl_(std::make_unique<impl>([answer = std::move(on_request)](net::server_request& request) {
          return answer_at_once(answer, request);
      })) {}

local_server::local_server(std::unique_ptr<impl> implementation)
    : impl_(std::move(implementation)) {}

local_server local_server::with_coroutine(async_handler on_request) {
    return local_server(std::make_unique<impl>(std::move(on_request)));
}

local_server::~local_server() = default;
local_server::local_server(local_server&&) noexcept = default;

const std::string& local_server::url() const noexcept {
    return impl_->url();
}

std::uint16_t local_server::port() const noexcept {
    return impl_->port();
}

std::uint64_t local_server::requests() const noexcept {
    return impl_->requests();
}

// NOLINTNEXTLINE(performance-unnecessary-value-param): the public signature
response make_response(int status, std::string body, std::string content_type) {
    response answer;
    answer.status = status;
    if (!body.empty()) answer.fields.add("content-type", content_type);
    answer.body = std::move(body);
    return answer;
}

}  // namespace symphony::testing
