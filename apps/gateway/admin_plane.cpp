#include "gateway/admin_plane.hpp"

#include "gateway/event_log.hpp"
#include "gateway/problem.hpp"
#include "gateway/proxy_target.hpp"
#include "gateway/status_document.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

#include <optional>
#include <string>
#include <utility>

namespace symphony::gateway {

namespace asio = boost::asio;

namespace {

constexpr std::size_t max_body = std::size_t{16} << 10;
constexpr std::string_view breakers = "/v1/breakers/";

response text_answer(int status, std::string_view text) {
    response answer;
    answer.status = status;
    answer.body = text;
    answer.fields.add("content-type", "text/plain; charset=utf-8");
    return answer;
}

response json_answer(int status, const json& document,
                     std::string_view content_type = "application/json") {
    response answer;
    answer.status = status;
    answer.body = document.dump();
    answer.fields.add("content-type", content_type);
    answer.fields.add("cache-control", "no-store");
    return answer;
}

// A problem of HTTP alone, which the status says completely (RFC 9457, 4.2.1).
response http_problem(int status, std::string_view title, std::string_view detail) {
    const json document = json::of(
        {{"type", "about:blank"}, {"title", title}, {"status", status}, {"detail", detail}});
    return json_answer(status, document, "application/problem+json");
}

response refuse(error_kind kind, std::string message) {
    error failure;
    failure.kind = kind;
    failure.message = std::move(message);
    return make_problem(failure);
}

// The method a page answers to; nothing for an unknown page.
std::optional<std::string_view> method_of(std::string_view path) noexcept {
    if (path == "/healthz" || path == "/readyz" || path == "/metrics" || path == "/v1/status" ||
        path == "/v1/events")
        return "GET";
    if (path == "/v1/reload" || path.starts_with(breakers)) return "POST";
    return std::nullopt;
}

std::optional<circuit_control> parse_control(const json& state) {
    const std::string* name = state.as_string();
    if (!name) return std::nullopt;
    if (*name == "open") return circuit_control::open;
    if (*name == "closed") return circuit_control::closed;
    if (*name == "auto") return circuit_control::automatic;
    return std::nullopt;
}

asio::awaitable<result<std::string>> read_bounded(body_source& body) {
    std::string text;
    for (;;) {
        result<std::string_view> piece = co_await body.read();
        if (!piece) co_return std::unexpected(std::move(piece.error()));
        if (piece->empty()) co_return text;
        if (text.size() + piece->size() > max_body)
            co_return fail(error_kind::invalid_request, "the body is longer than 16 KiB");
        text.append(*piece);
    }
}

json fault_document(const config_fault& fault) {
    json document = json::of({{"file", fault.file},
                              {"line", fault.line},
                              {"column", fault.column},
                              {"path", fault.path},
                              {"message", fault.message}});
    if (!fault.suggestion.empty()) document.set("suggestion", fault.suggestion);
    return document;
}

asio::awaitable<reloader::outcome> run_reload(reloader& files) {
    co_return files.reload();
}

}  // namespace

bool wants_openmetrics(std::string_view accept) noexcept {
    return accept.find("application/openmetrics-text") != std::string_view::npos;
}

std::optional<severity> parse_event_level(std::string_view query) noexcept {
    constexpr std::string_view key = "level=";
    if (query.empty()) return severity::info;
    return query.starts_with(key) ? parse_severity(query.substr(key.size())) : std::nullopt;
}

admin_plane::admin_plane(client& calls, reloader& files, event_hub& hub,
                         const std::atomic<bool>& draining, secret token,
                         asio::any_io_executor reload_on)
    : client_(calls),
      reloader_(files),
      hub_(hub),
      draining_(draining),
      token_(std::move(token)),
      reload_on_(std::move(reload_on)),
      started_(calls.time().now()) {}

asio::awaitable<response> admin_plane::handle(net::server_request& received) {
    if (!authorised(received.fields)) {
        response answer = http_problem(401, "Unauthorized", "a bearer token is required");
        answer.fields.add("www-authenticate", "Bearer realm=\"symphony\"");
        co_return answer;
    }
    const std::string_view path = path_of(received.target);
    const std::optional<std::string_view> method = method_of(path);
    if (!method)
        co_return refuse(error_kind::not_found,
                         "pages: /healthz, /readyz, /metrics, /v1/status, /v1/events, "
                         "/v1/breakers/{tool}/{endpoint}, /v1/reload");
    const bool head = *method == "GET" && received.method == "HEAD";
    if (received.method != *method && !head) {
        response answer = http_problem(405, "Method Not Allowed",
                                       fmt::format("this page answers to {} only", *method));
        answer.fields.add("allow", *method == "GET" ? "GET, HEAD" : "POST");
        co_return answer;
    }
    if (path == "/healthz") co_return text_answer(200, "ok\n");
    if (path == "/readyz") co_return ready();
    if (path == "/metrics") co_return metrics(received.fields);
    if (path == "/v1/status") co_return status();
    if (path == "/v1/events") co_return co_await events(received.target);
    if (path == "/v1/reload") co_return co_await reload();
    co_return co_await breaker(received, path.substr(breakers.size()));
}

bool admin_plane::authorised(const headers& fields) const noexcept {
    if (token_.empty()) return true;
    const std::optional<std::string_view> given = fields.get("authorization");
    constexpr std::string_view scheme = "bearer ";
    return given && given->size() > scheme.size() &&
           iequals(given->substr(0, scheme.size()), scheme) &&
           token_.equals(given->substr(scheme.size()));
}

response admin_plane::ready() const {
    return draining_.load(std::memory_order_relaxed) ? text_answer(503, "draining\n")
                                                     : text_answer(200, "ready\n");
}

response admin_plane::metrics(const headers& fields) const {
    const auto format = wants_openmetrics(fields.get("accept").value_or(""))
                            ? exposition::openmetrics
                            : exposition::prometheus;
    response answer;
    answer.status = 200;
    answer.body = write_metrics(client_.metrics(), format);
    answer.fields.add("content-type", content_type(format));
    return answer;
}

response admin_plane::status() const {
    const duration uptime = client_.time().now() - started_;
    return json_answer(200, status_document(client_.status(), SYMPHONY_VERSION, uptime));
}

asio::awaitable<response> admin_plane::events(std::string_view target) {
    const auto mark = target.find('?');
    const auto least = parse_event_level(mark == std::string_view::npos ? std::string_view()
                                                                        : target.substr(mark + 1));
    if (!least)
        co_return refuse(error_kind::invalid_request,
                         "the query may be level=trace|debug|info|warn|error");
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    response answer;
    answer.status = 200;
    answer.fields.add("content-type", "text/event-stream");
    answer.fields.add("cache-control", "no-store");
    answer.stream = hub_.listen(*least, executor, client_.timers_of(executor), client_.time());
    if (!answer.stream)
        co_return refuse(error_kind::overloaded, "too many listen to the events already");
    co_return answer;
}

asio::awaitable<response> admin_plane::breaker(net::server_request& received,
                                               std::string_view names) {
    const auto slash = names.find('/');
    if (slash == std::string_view::npos || names.find('/', slash + 1) != std::string_view::npos)
        co_return refuse(error_kind::not_found, "use /v1/breakers/{tool}/{endpoint}");
    const std::string_view tool = names.substr(0, slash);
    const std::string_view endpoint = names.substr(slash + 1);

    result<std::string> text = co_await read_bounded(*received.body);
    if (!text) co_return make_problem(text.error(), tool, endpoint);
    const result<json> document = json::parse(*text);
    const auto control = document ? parse_control((*document)["state"]) : std::nullopt;
    if (!control)
        co_return refuse(error_kind::invalid_request,
                         R"(the body must be {"state": "open" | "closed" | "auto"})");
    const result<void> done = client_.control_breaker(tool, endpoint, *control);
    if (!done) co_return make_problem(done.error(), tool, endpoint);
    co_return json_answer(
        200, json::of({{"tool", tool}, {"endpoint", endpoint}, {"state", (*document)["state"]}}));
}

asio::awaitable<response> admin_plane::reload() {
    asio::awaitable<reloader::outcome> work = run_reload(reloader_);
    const reloader::outcome outcome =
        co_await asio::co_spawn(reload_on_, std::move(work), asio::use_awaitable);
    if (outcome.faults.empty())
        co_return json_answer(200, json::of({{"reloaded", json(true)},
                                             {"file", reloader_.file()},
                                             {"tools", std::uint64_t{outcome.tools}}}));
    json::array faults;
    for (const config_fault& fault : outcome.faults)
        faults.push_back(fault_document(fault));
    json document = json::of({{"type", "urn:symphony:error:invalid_request"},
                              {"title", "Invalid configuration"},
                              {"status", 422},
                              {"detail", "nothing was changed"},
                              {"kind", "invalid_request"}});
    document.set("faults", json(std::move(faults)));
    co_return json_answer(422, document, "application/problem+json");
}

}  // namespace symphony::gateway
