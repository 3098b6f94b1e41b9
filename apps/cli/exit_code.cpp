#include "cli/exit_code.hpp"

namespace symphony::cli {

int exit_code_of(error_kind kind) noexcept {
    if (kind == error_kind::not_found) return exit_usage;
    if (kind == error_kind::cancelled) return exit_interrupted;
    return is_local_refusal(kind) ? exit_refused : exit_no_answer;
}

int exit_code_of(int http_status) noexcept {
    return http_status >= 400 ? exit_http_error : exit_ok;
}

}  // namespace symphony::cli
