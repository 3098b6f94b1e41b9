#include "cli/ask_gateway.hpp"

#include "gateway/listen_address.hpp"
#include "symphony/tool/client.hpp"

#include <fmt/format.h>

#include <utility>

namespace symphony::cli {

namespace {

error refusal_of(const response& answer) {
    error why;
    const bool forbidden = answer.status == 401 || answer.status == 403;
    why.kind = forbidden              ? error_kind::auth_failed
               : answer.status == 404 ? error_kind::not_found
               : answer.status == 400 ? error_kind::invalid_request
                                      : error_kind::invalid_response;
    why.message = fmt::format("the gateway's admin plane answered {}", answer.status);
    if (const auto problem = answer.as_json()) {
        if (const std::string* detail = (*problem)["detail"].as_string()) why.message = *detail;
    }
    return why;
}

}  // namespace

result<json> ask_gateway(const gateway_options& gateway, request what) {
    endpoint_options admin;
    const auto address = symphony::gateway::parse_listen_address(gateway.admin);
    const bool secured = gateway.tls && address && !address->is_loopback();
    admin.url = (secured ? "https://" : "http://") + gateway.admin;
    // The gateway's own certificate is at hand, and may be nobody else's to vouch for.
    if (secured) admin.tls.ca = gateway.tls->identity.cert;
    admin.timeout = std::chrono::seconds(5);
    if (!gateway.admin_token.empty()) {
        auth_options identity;
        identity.token = gateway.admin_token;
        admin.auth = std::move(identity);
    }
    client asking(client_options{.threads = 1});
    tool_options tool;
    tool.name = "gateway";
    tool.external_apis.push_back({"admin", std::move(admin)});
    asking.tools().create(std::move(tool));
    const auto answer = asking.call_blocking("gateway", "admin", std::move(what));
    if (!answer) return std::unexpected(answer.error());
    if (!answer->ok()) return std::unexpected(refusal_of(*answer));
    return answer->as_json();
}

}  // namespace symphony::cli
