#include "config/blocks.hpp"
#include "config/jq.hpp"

namespace symphony::detail {

namespace {

std::optional<retry_condition> read_condition(const cursor& at) {
    const auto program = at.text();
    if (!program) return std::nullopt;
    auto compiled = jq_program::compile(*program);
    // jq may repeat parts of a program; those that were put in may be secret.
    const bool quotable = at.value().text.find("${") == std::string::npos;
    if (!compiled) {
        at.wrong("no valid jq program" + (quotable ? ": " + compiled.error() : std::string()));
        return std::nullopt;
    }
    if (const auto wrong = (*compiled)->always_fails()) {
        at.wrong("this jq program fails on every failure" +
                 (quotable ? ": " + *wrong : std::string()));
        return std::nullopt;
    }
    return [ready = std::move(*compiled)](const attempt_failure& failure) {
        return ready->accepts(failure);
    };
}

}  // namespace

std::vector<retry_condition> read_conditions(const cursor& at) {
    std::vector<retry_condition> all;
    const auto items = at.items();
    for (const cursor& item : items) {
        if (auto condition = read_condition(item)) all.push_back(std::move(*condition));
    }
    if (at.value().kind == node::type::sequence && items.empty()) {
        at.wrong("must not be empty (leave it out for the default conditions)");
    }
    return all;
}

retry_options read_retry(const cursor& at) {
    const object block(at,
                       {{"conditions"}, {"backoff"}, {"maxAttempts"}, {"baseDelay"}, {"maxDelay"}});
    retry_options options;
    if (const auto conditions = block.get("conditions")) {
        options.conditions = read_conditions(*conditions);
    }
    if (const auto shape = block.get("backoff")) {
        if (const auto which = shape->choice({{"exponential"}, {"linear"}})) {
            options.timing.shape = *which == 0 ? backoff::exponential : backoff::linear;
        }
    }
    block.into(options.timing.max_attempts, "maxAttempts",
               [](const cursor& c) { return c.integer<std::uint32_t>(1, 1000); });
    const auto delay = [](const cursor& c) {
        return c.time({duration::zero(), std::chrono::days(1)});
    };
    block.into(options.timing.base_delay, "baseDelay", delay);
    block.into(options.timing.max_delay, "maxDelay", delay);
    if (options.timing.max_delay < options.timing.base_delay) {
        const auto most = block.get("maxDelay");
        (most ? *most : at).wrong("'maxDelay' (10s unless given) is less than 'baseDelay'");
    }
    return options;
}

middleware_options read_middleware(const cursor& at) {
    const object block(
        at, {{"error"}, unavailable("pre"), unavailable("post"), unavailable("metrics")});
    middleware_options options;
    if (const auto error = block.get("error")) {
        const object inner(*error, {{"retry"}, unavailable("transform"), unavailable("fallback")});
        if (const auto retry = inner.get("retry")) options.error.retry = read_retry(*retry);
    }
    return options;
}

}  // namespace symphony::detail
