#include "symphony/core/error.hpp"

namespace symphony {

std::string_view to_string(error_kind kind) noexcept {
    switch (kind) {
        case error_kind::rate_limited:
            return "rate_limited";
        case error_kind::circuit_open:
            return "circuit_open";
        case error_kind::overloaded:
            return "overloaded";
        case error_kind::store_unavailable:
            return "store_unavailable";
        case error_kind::invalid_request:
            return "invalid_request";
        case error_kind::cancelled:
            return "cancelled";
        case error_kind::timeout:
            return "timeout";
        case error_kind::dns_failed:
            return "dns_failed";
        case error_kind::connect_failed:
            return "connect_failed";
        case error_kind::tls_failed:
            return "tls_failed";
        case error_kind::connection_lost:
            return "connection_lost";
        case error_kind::protocol_error:
            return "protocol_error";
        case error_kind::response_too_large:
            return "response_too_large";
        case error_kind::invalid_response:
            return "invalid_response";
        case error_kind::auth_failed:
            return "auth_failed";
        case error_kind::not_found:
            return "not_found";
        case error_kind::internal:
            return "internal";
    }
    return "internal";
}

}  // namespace symphony
