#pragma once

#include "net/server_response_head.hpp"
#include "symphony/net/http_server.hpp"

#include <exception>
#include <string>
#include <string_view>

// What the server answers by itself, without its handler.

namespace symphony::net::detail {

/// What is wrong when the server answers with that status, for people.
[[nodiscard]] constexpr std::string_view refusal_reason(int status) noexcept {
    switch (status) {
        case 408:
            return "the head of the request did not come in time";
        case 417:
            return "no expectation but \"100-continue\" is met";
        case 431:
            return "the head of the request is too long";
        case 500:
            return "handling the request failed";
        case 501:
            return "CONNECT and transfer codings beside \"chunked\" are not implemented";
        case 505:
            return "this version of HTTP is not served";
        default:
            return "the head of the request breaks the rules of HTTP";
    }
}

/// The answer with that status: what the options make of it; the status alone where they say
/// nothing or throw.
[[nodiscard]] inline response make_refusal(const server_options& options, int status,
                                           std::string_view reason) {
    response answer;
    try {
        if (options.refusal) answer = options.refusal(status, reason);
    } catch (...) {
        // Whoever is refused is to be told all the same.
        static_cast<void>(std::current_exception());
    }
    answer.status = status;
    answer.stream.reset();
    return answer;
}

/// Appends the whole answer, after which the connection ends.
inline void append_refusal(std::string& out, const response& answer, std::string_view method,
                           std::string_view date) {
    const answer_plan plan = plan_answer(answer, method, false, false);
    append_head(out, answer, plan, date);
    if (plan.sends_body) out.append(answer.body);
}

}  // namespace symphony::net::detail
