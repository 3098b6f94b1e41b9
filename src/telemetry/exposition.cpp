#include "symphony/telemetry/metrics.hpp"

#include <fmt/format.h>

#include <iterator>

namespace symphony {

namespace {

/// One endpoint at the moment of the scrape.
struct scraped {
    metrics_registry::entry of;
    call_totals total;

    [[nodiscard]] const endpoint_metrics& metrics() const noexcept { return *of.second; }
};
using entries = std::vector<scraped>;
using label = std::pair<std::string_view, std::string_view>;

constexpr std::array<std::string_view, 3> state_names{"closed", "half-open", "open"};

std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '\\' || c == '"') out += '\\';
        if (c == '\n') {
            out += "\\n";
        } else {
            out += c;
        }
    }
    return out;
}

/// Writes one endpoint's samples of one family after another.
class writer {
public:
    writer(const entries& all, exposition format) : all_(all), format_(format) {}

    template <class Samples>
    void family(std::string_view name, std::string_view type, std::string_view help,
                Samples&& samples) {
        name_ = name;
        const std::size_t start = text_.size();
        // OpenMetrics names a counter's family without the suffix of its samples.
        std::string_view family_name = name;
        if (format_ == exposition::openmetrics && family_name.ends_with("_total")) {
            family_name.remove_suffix(6);
        }
        fmt::format_to(out(), "# HELP {0} {1}\n# TYPE {0} {2}\n", family_name, help, type);
        const bool has_unit = name.ends_with("_seconds");
        if (format_ == exposition::openmetrics && has_unit) {
            fmt::format_to(out(), "# UNIT {} seconds\n", family_name);
        }
        const std::size_t body = text_.size();
        for (const scraped& one : all_) {
            const auto& [tool, endpoint] = one.of.first;
            labels_ = fmt::format("tool=\"{}\",endpoint=\"{}\"", escaped(tool), escaped(endpoint));
            samples(one);
        }
        if (text_.size() == body) text_.resize(start);
    }

    template <class Number>
    void sample(Number value, std::initializer_list<label> more = {}) {
        fmt::format_to(out(), "{}{{{}}} {}\n", name_, with(more), value);
    }

    void durations(const histogram::view& seen, std::initializer_list<label> more = {}) {
        const std::string labels = with(more);
        std::uint64_t below = 0;
        for (std::size_t i = 0; i < histogram::bounds.size(); ++i) {
            below += seen.counts[i];
            fmt::format_to(out(), "{}_bucket{{{},le=\"{}\"}} {}\n", name_, labels,
                           bound(histogram::bounds[i]), below);
        }
        fmt::format_to(out(), "{0}_bucket{{{1},le=\"+Inf\"}} {2}\n{0}_sum{{{1}}} {3}\n", name_,
                       labels, seen.total, seen.sum_seconds);
        fmt::format_to(out(), "{}_count{{{}}} {}\n", name_, labels, seen.total);
    }

    std::string finish() {
        if (format_ == exposition::openmetrics) text_ += "# EOF\n";
        return std::move(text_);
    }

private:
    std::back_insert_iterator<std::string> out() { return std::back_inserter(text_); }

    [[nodiscard]] std::string with(std::initializer_list<label> more) const {
        std::string all = labels_;
        for (const auto& [name, value] : more) {
            fmt::format_to(std::back_inserter(all), ",{}=\"{}\"", name, escaped(value));
        }
        return all;
    }

    // OpenMetrics wants a bound to look like a float: "1.0".
    [[nodiscard]] std::string bound(double value) const {
        std::string text = fmt::format("{:g}", value);
        if (format_ == exposition::openmetrics && text.find('.') == std::string::npos) text += ".0";
        return text;
    }

    const entries& all_;
    exposition format_;
    std::string text_{};
    std::string_view name_{};
    std::string labels_{};
};

void write_requests(writer& to) {
    to.family("http_client_request_duration_seconds", "histogram",
              "Duration of requests to the API, one per attempt.", [&](const scraped& m) {
                  for (const request_series& one : m.metrics().requests()) {
                      const std::string code = one.status > 0 ? std::to_string(one.status) : "";
                      const std::string_view why = one.status == 0     ? to_string(one.failure)
                                                   : one.status >= 400 ? std::string_view(code)
                                                                       : std::string_view();
                      to.durations(one.durations, {{"http_request_method", to_string(one.method)},
                                                   {"http_response_status_code", code},
                                                   {"error_type", why}});
                  }
              });
}

void write_calls(writer& to) {
    to.family("symphony_calls_total", "counter", "Calls that ended, by outcome.",
              [&](const scraped& m) {
                  to.sample(m.total.calls_ok, {{"outcome", "ok"}});
                  to.sample(m.total.calls_error, {{"outcome", "error"}});
                  for (std::size_t kind = 0; kind < error_kinds; ++kind) {
                      const std::uint64_t count = m.total.calls_failed[kind];
                      if (count == 0) continue;
                      to.sample(count, {{"outcome", to_string(static_cast<error_kind>(kind))}});
                  }
              });
    to.family("symphony_attempts_total", "counter", "Attempts that were started.",
              [&](const scraped& m) { to.sample(m.total.attempts); });
    to.family("symphony_retries_total", "counter", "Attempts that were repeated, by reason.",
              [&](const scraped& m) {
                  for (std::size_t i = 0; i < retry_reasons; ++i) {
                      to.sample(m.total.retries[i],
                                {{"reason", to_string(static_cast<retry_reason>(i))}});
                  }
              });
    to.family("symphony_in_flight", "gauge", "Calls that are under way.",
              [&](const scraped& m) { to.sample(m.total.in_flight); });
}

void write_rate_limit(writer& to) {
    const auto limited = [](const scraped& m) {
        const auto& length = m.metrics().queue_length;
        return length && length().has_value();
    };
    to.family("symphony_rate_limit_wait_seconds", "histogram",
              "Wait for a permit of the rate limit, zero waits included.", [&](const scraped& m) {
                  if (limited(m) || m.total.rate_limit_wait.total > 0) {
                      to.durations(m.total.rate_limit_wait);
                  }
              });
    to.family("symphony_rate_limit_rejected_total", "counter", "Attempts the rate limit refused.",
              [&](const scraped& m) {
                  const std::uint64_t count = m.total.rate_limit_rejected;
                  if (limited(m) || count > 0) to.sample(count);
              });
    to.family("symphony_rate_limit_queue_length", "gauge", "Callers waiting for a permit.",
              [&](const scraped& m) {
                  const auto& ask = m.metrics().queue_length;
                  const auto length = ask ? ask() : std::nullopt;
                  if (length) to.sample(*length);
              });
    to.family("symphony_rate_limit_store_up", "gauge",
              "Whether the store of the shared budget answers: 1 or 0.", [&](const scraped& m) {
                  const auto& ask = m.metrics().store_up;
                  const auto up = ask ? ask() : std::nullopt;
                  if (up) to.sample(*up ? 1 : 0);
              });
}

void write_circuit(writer& to) {
    const auto state_of = [](const scraped& m) {
        const auto& ask = m.metrics().circuit_state;
        return ask ? ask() : std::nullopt;
    };
    to.family("symphony_circuit_state", "gauge", "0 closed, 1 half-open, 2 open.",
              [&](const scraped& m) {
                  if (const auto state = state_of(m)) to.sample(*state);
              });
    to.family("symphony_circuit_store_up", "gauge",
              "Whether the store of the shared circuit answers: 1 or 0.", [&](const scraped& m) {
                  const auto& ask = m.metrics().circuit_store_up;
                  const auto up = ask ? ask() : std::nullopt;
                  if (up) to.sample(*up ? 1 : 0);
              });
    to.family(
        "symphony_circuit_transitions_total", "counter", "Changes of the circuit's state.",
        [&](const scraped& m) {
            for (std::size_t from = 0; from < state_names.size(); ++from) {
                for (std::size_t to_state = 0; to_state < state_names.size(); ++to_state) {
                    const std::uint64_t count = m.metrics().transitions[from][to_state].load();
                    const bool real = state_of(m) && from != to_state;
                    if (!real && count == 0) continue;
                    to.sample(count, {{"from", state_names[from]}, {"to", state_names[to_state]}});
                }
            }
        });
}

void write_alerts(writer& to) {
    to.family("symphony_alerts_total", "counter", "Alerts by channel: sent, or failed for good.",
              [&](const scraped& m) {
                  for (std::size_t channel = 0; channel < m.metrics().alerts.size(); ++channel) {
                      for (const std::size_t failed : {0U, 1U}) {
                          const auto count = m.metrics().alerts[channel][failed].load();
                          if (count == 0) continue;
                          to.sample(count,
                                    {{"channel", to_string(static_cast<alert_channel>(channel))},
                                     {"result", failed == 1 ? "failed" : "sent"}});
                      }
                  }
              });
}

void write_concurrency(writer& to) {
    const auto look = [](const scraped& m) {
        const auto& ask = m.metrics().concurrency;
        return ask ? ask() : std::nullopt;
    };
    to.family("symphony_concurrency_limit", "gauge", "Attempts that may be in flight at a time.",
              [&](const scraped& m) {
                  if (const auto seen = look(m)) to.sample(seen->limit);
              });
    to.family("symphony_concurrency_in_flight", "gauge",
              "Attempts in flight, answers being read included.", [&](const scraped& m) {
                  if (const auto seen = look(m)) to.sample(seen->in_flight);
              });
    to.family("symphony_concurrency_queue_length", "gauge",
              "Callers waiting until fewer attempts are in flight.", [&](const scraped& m) {
                  if (const auto seen = look(m)) to.sample(seen->queued);
              });
    to.family("symphony_concurrency_wait_seconds", "histogram",
              "Wait until few enough attempts are in flight, zero waits included.",
              [&](const scraped& m) {
                  const histogram::view& waits = m.total.concurrency_wait;
                  if (look(m) || waits.total > 0) to.durations(waits);
              });
    to.family("symphony_concurrency_rejected_total", "counter",
              "Attempts the concurrency limit refused.", [&](const scraped& m) {
                  const std::uint64_t count = m.total.concurrency_rejected;
                  if (look(m) || count > 0) to.sample(count);
              });
}

void write_hedges(writer& to) {
    to.family("symphony_hedges_total", "counter",
              "Requests that were to be sent again while they had no answer, by result.",
              [&](const scraped& m) {
                  const auto& ask = m.metrics().hedges;
                  const call_totals& all = m.total;
                  const bool any = all.hedges_won + all.hedges_lost + all.hedges_refused > 0;
                  if (!any && !(ask && ask())) return;
                  to.sample(all.hedges_won, {{"result", "won"}});
                  to.sample(all.hedges_lost, {{"result", "lost"}});
                  to.sample(all.hedges_refused, {{"result", "refused"}});
              });
}

}  // namespace

std::string write_metrics(const metrics_registry& registry, exposition format) {
    entries all;
    for (metrics_registry::entry& one : registry.entries()) {
        const call_totals total = one.second->total();
        all.push_back({std::move(one), total});
    }
    writer to(all, format);
    write_requests(to);
    write_calls(to);
    write_rate_limit(to);
    write_circuit(to);
    write_alerts(to);
    write_concurrency(to);
    write_hedges(to);
    return to.finish();
}

std::string_view content_type(exposition format) noexcept {
    return format == exposition::openmetrics
               ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
               : "text/plain; version=0.0.4; charset=utf-8";
}

}  // namespace symphony
