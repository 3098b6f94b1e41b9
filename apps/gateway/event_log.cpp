#include "gateway/event_log.hpp"

#include "symphony/core/clock.hpp"
#include "symphony/core/json.hpp"

#include <fmt/format.h>
#include <spdlog/async.h>
#include <spdlog/async_logger.h>
#include <spdlog/sinks/ansicolor_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <time.h>
#include <unistd.h>
#include <utility>

namespace symphony::gateway {

namespace {

constexpr std::array<std::string_view, 5> names{"trace", "debug", "info", "warn", "error"};

// What came from outside must not begin a line of its own or drive a terminal.
void append_clean(std::string& out, std::string_view text) {
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        out += byte < 0x20 || byte == 0x7f ? '?' : c;
    }
}

bool wants_colour() {
    const char* no_colour = std::getenv("NO_COLOR");
    const char* term = std::getenv("TERM");
    return isatty(STDERR_FILENO) == 1 && term != nullptr && std::string_view(term) != "dumb" &&
           (no_colour == nullptr || *no_colour == '\0');
}

spdlog::level::level_enum level_of(severity level) noexcept {
    switch (level) {
        case severity::trace:
            return spdlog::level::trace;
        case severity::debug:
            return spdlog::level::debug;
        case severity::info:
            return spdlog::level::info;
        case severity::warn:
            return spdlog::level::warn;
        case severity::error:
            return spdlog::level::err;
    }
    return spdlog::level::info;
}

spdlog::sink_ptr make_sink(log_format format) {
    if (format == log_format::text && wants_colour())
        return std::make_shared<spdlog::sinks::ansicolor_stderr_sink_mt>(
            spdlog::color_mode::always);
    return std::make_shared<spdlog::sinks::stderr_sink_mt>();
}

}  // namespace

std::string utc_now() {
    const auto now = system_clock().wall_now().time_since_epoch();
    const auto seconds = std::chrono::floor<std::chrono::seconds>(now);
    const auto rest = std::chrono::duration_cast<std::chrono::milliseconds>(now - seconds);
    const time_t whole = static_cast<time_t>(seconds.count());
    tm parts{};
    gmtime_r(&whole, &parts);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", parts.tm_year + 1900,
                       parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                       rest.count());
}

std::optional<severity> parse_severity(std::string_view name) noexcept {
    for (std::size_t i = 0; i < names.size(); ++i)
        if (names[i] == name) return static_cast<severity>(i);
    return std::nullopt;
}

std::string_view to_string(severity level) noexcept {
    return names[static_cast<std::size_t>(level)];
}

std::string event_text(const event& what) {
    std::string line;
    if (!what.tool.empty()) {
        append_clean(line, what.tool);
        if (!what.endpoint.empty()) {
            line += '.';
            append_clean(line, what.endpoint);
        }
        line += ": ";
    }
    append_clean(line, what.message.empty() ? what.name : std::string_view(what.message));
    if (!what.fields.empty()) {
        const char* separator = " (";
        for (const auto& [key, value] : what.fields) {
            line += separator;
            append_clean(line, key);
            line += '=';
            append_clean(line, value);
            separator = " ";
        }
        line += ')';
    }
    return line;
}

std::string event_json(const event& what, std::string_view time) {
    json line = json::of({{"time", time}, {"level", to_string(what.level)}, {"event", what.name}});
    if (!what.tool.empty()) line.set("tool", what.tool);
    if (!what.endpoint.empty()) line.set("endpoint", what.endpoint);
    if (!what.message.empty()) line.set("message", what.message);
    for (const auto& [key, value] : what.fields)
        line.set(key, value);
    return line.dump();
}

class event_log::impl {
public:
    explicit impl(const log_options& options)
        : format_(options.format),
          level_(options.level),
          // A reader that cannot keep up loses the oldest lines; calls are never held up.
          pool_(std::make_shared<spdlog::details::thread_pool>(8192, 1)),
          logger_(std::make_shared<spdlog::async_logger>(
              "symphony", make_sink(options.format), pool_,
              spdlog::async_overflow_policy::overrun_oldest)) {
        logger_->set_level(spdlog::level::trace);
        logger_->set_pattern(format_ == log_format::json ? "%v"
                                                         : "%Y-%m-%dT%H:%M:%S.%e%z %^%l%$ %v");
        logger_->flush_on(spdlog::level::warn);
    }

    void write(const event& what) {
        if (what.level < level_.load(std::memory_order_relaxed)) return;
        const std::string line =
            format_ == log_format::json ? event_json(what, utc_now()) : event_text(what);
        logger_->log(level_of(what.level), "{}", line);
    }

    void set_level(severity level) noexcept { level_.store(level, std::memory_order_relaxed); }
    void flush() { logger_->flush(); }

private:
    log_format format_;
    std::atomic<severity> level_;
    std::shared_ptr<spdlog::details::thread_pool> pool_;
    std::shared_ptr<spdlog::async_logger> logger_;
};

event_log::event_log(const log_options& options) : impl_(std::make_unique<impl>(options)) {}
event_log::~event_log() = default;

event_sink event_log::sink() {
    return [this](const event& what) {
        try {
            impl_->write(what);
        } catch (...) {  // a sink must not throw; a line that cannot be written is lost
        }
    };
}

void event_log::set_level(severity level) noexcept {
    impl_->set_level(level);
}
void event_log::flush() {
    impl_->flush();
}

}  // namespace symphony::gateway
