#include "cli/call_output.hpp"
#include "cli/call_target.hpp"
#include "cli/commands.hpp"
#include "cli/config_files.hpp"
#include "cli/exit_code.hpp"
#include "cli/request_body.hpp"
#include "cli/terminal.hpp"
#include "cli/text.hpp"
#include "gateway/event_log.hpp"
#include "symphony/core/nearest_name.hpp"
#include "symphony/tool/client.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <fmt/format.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <utility>

namespace symphony::cli {

namespace asio = boost::asio;

namespace {

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// What stands on the command line as a request; a complaint and nothing when it makes none.
std::optional<request> make_request(const settings& given, const call_target& target) {
    request call(target.path_and_query);
    call.method = !given.method.empty() ? given.method : given.has_data ? "POST" : "";
    if (!call.method.empty() && !is_valid_header(call.method, "")) {
        complain(fmt::format("'{}' is no method", call.method));
        return std::nullopt;
    }
    if (call.method == "CONNECT") {
        complain("'CONNECT' is no method for an API");
        return std::nullopt;
    }
    for (const std::string& field : given.fields) {
        const auto colon = field.find(':');
        const auto name = trimmed(std::string_view(field).substr(0, colon));
        const auto value =
            colon == std::string::npos ? "" : trimmed(std::string_view(field).substr(colon + 1));
        if (colon == std::string::npos || !call.fields.add(name, value)) {
            complain(fmt::format("-H '{}' is no header field 'name: value'", field));
            return std::nullopt;
        }
    }
    if (given.has_data) {
        result<request_body> body = read_data(given.data);
        if (!body) {
            complain("-d: " + body.error().message);
            return std::nullopt;
        }
        call.body = std::move(body->text);
        call.stream = std::move(body->stream);
    }
    call.cost = given.cost;
    call.priority = static_cast<std::uint8_t>(given.priority);
    if (!given.timeout.empty()) call.timeout = parse_duration(given.timeout);
    call.stream_response = !given.as_json;
    return call;
}

// Nothing when the tools have that endpoint, else what is wrong and what may have been meant.
std::optional<std::string> unknown(const call_target& target,
                                   const std::vector<tool_options>& tools) {
    std::vector<std::string> known;
    for (const tool_options& tool : tools) {
        for (const named_endpoint& endpoint : tool.external_apis) {
            if (tool.name == target.tool && endpoint.name == target.endpoint) return std::nullopt;
            known.push_back(tool.name + "." + endpoint.name);
        }
    }
    const std::string asked = target.tool + "." + target.endpoint;
    std::string message = fmt::format("no such tool or endpoint: {}", asked);
    const std::vector<std::string_view> names(known.begin(), known.end());
    if (const std::string_view meant = nearest_name(asked, names); !meant.empty()) {
        message += fmt::format(" (did you mean '{}'?)", meant);
    } else if (known.size() <= 20) {
        message += fmt::format(" (there are: {})", fmt::join(known, ", "));
    }
    return message;
}

// One call, from the first byte to the exit status.
class call_run {
public:
    call_run(const settings& given, client& calls) : given_(given), client_(calls) {}

    asio::awaitable<void> perform(call_target target, request what) {
        const instant started = client_.time().now();
        result<response> outcome =
            co_await client_.call(target.tool, target.endpoint, std::move(what));
        const duration took = client_.time().now() - started;
        if (!outcome) {
            fail_with(outcome.error(), took);
        } else if (given_.as_json) {
            if (print(call_report(*outcome, took) + "\n")) {
                code_ = exit_code_of(outcome->status);
            }
        } else {
            co_await print_answer(*outcome);
        }
        if (outcome && outcome->status >= 400) {
            complain(fmt::format(
                "{}.{} answered {}{}", target.tool, target.endpoint, outcome->status,
                outcome->attempts > 1 ? fmt::format(" after {} attempts", outcome->attempts) : ""));
        }
    }

    [[nodiscard]] int code() const noexcept { return code_; }

private:
    void fail_with(const error& failure, duration took) {
        code_ = exit_code_of(failure.kind);
        if (given_.as_json) print(call_report(failure, took) + "\n");
        complain(error_line(failure));
    }

    asio::awaitable<void> print_answer(response& answer) {
        code_ = exit_code_of(answer.status);
        if (given_.include_head) print(head_text(answer));
        print(answer.body);
        while (answer.stream) {
            const result<std::string_view> piece = co_await answer.stream->read();
            if (!piece) {
                complain(error_line(piece.error()));
                code_ = exit_code_of(piece.error().kind);
                break;
            }
            if (piece->empty() || !print(*piece)) break;
        }
    }

    bool print(std::string_view text) {
        const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size() &&
                             std::fflush(stdout) == 0;
        if (!written) {
            complain("standard output cannot be written");
            code_ = exit_no_answer;
        }
        return written;
    }

    const settings& given_;
    client& client_;
    int code_ = exit_ok;
};

int run_call(const settings& given, client& calls, asio::io_context& loop, call_target target,
             request what) {
    bool interrupted = false;
    asio::cancellation_signal cancel;
    asio::signal_set signals(loop, SIGINT);
    signals.async_wait([&](const boost::system::error_code& ignored, int) {
        if (ignored) return;
        interrupted = true;
        std::signal(SIGINT, SIG_DFL);  // asked twice, the program ends at once
        cancel.emit(asio::cancellation_type::terminal);
    });
    call_run run(given, calls);
    std::exception_ptr fault;
    asio::co_spawn(loop, run.perform(std::move(target), std::move(what)),
                   asio::bind_cancellation_slot(cancel.slot(), [&](std::exception_ptr thrown) {
                       fault = std::move(thrown);
                       loop.stop();  // pooled connections would keep it running
                   }));
    loop.run();
    if (interrupted) return exit_interrupted;
    if (fault) std::rethrow_exception(fault);
    return run.code();
}

}  // namespace

int call_command(const settings& given) {
    // Who reads objects gets one, whatever is wrong.
    const auto refuse = [&given](error_kind kind, std::string message) {
        if (given.as_json) {
            error failure;
            failure.kind = kind;
            failure.message = std::move(message);
            fmt::print("{}\n", call_report(failure, duration::zero()));
        }
        return static_cast<int>(exit_usage);
    };
    auto options = load_or_complain(given.config, process_environment());
    if (!options) return refuse(error_kind::invalid_request, "the configuration cannot be used");
    const std::optional<call_target> target = parse_call_target(given.target);
    if (!target) {
        const std::string message =
            fmt::format("'{}' is not TOOL.ENDPOINT[/PATH][?QUERY]", given.target);
        complain(message);
        return refuse(error_kind::invalid_request, message);
    }
    if (const auto problem = unknown(*target, options->tools)) {
        complain(*problem);
        return refuse(error_kind::not_found, *problem);
    }
    std::optional<request> what = make_request(given, *target);
    if (!what) return refuse(error_kind::invalid_request, "the options make no request");

    // Quiet unless asked: what went wrong is said once, at the end.
    std::optional<gateway::event_log> log;
    if (const auto level = gateway::parse_severity(given.log_level)) {
        options->log.level = *level;
        log.emplace(options->log);
    }
    asio::io_context loop(1);
    client_options how;
    how.executor = loop.get_executor();
    if (log) how.events = log->sink();
    client calls(std::move(how));
    if (const result<void> made =
            calls.replace_tools(std::move(options->tools), std::move(options->alerting));
        !made) {
        complain(made.error().message);
        return exit_usage;
    }
    return run_call(given, calls, loop, *target, std::move(*what));
}

}  // namespace symphony::cli
