#include "net/http2_request.hpp"

#include "net/request_head.hpp"

#include <cstdint>
#include <optional>

namespace symphony::net::detail {

result<void> http2_request::fill(const wire_request& request) {
    if (auto sound = check_request_line(request); !sound) return sound;
    fields_.add(":method", request.method);
    fields_.add(":scheme", where_.base.scheme);
    fields_.add(":authority", where_.authority);
    fields_.add(":path", request.target);
    for (const header_view field : request.fields) {
        if (!is_valid_header(field.name, field.value)) {
            return fail(error_kind::invalid_request, "a header field cannot go on the wire");
        }
        fields_.add_field(field);
    }
    if (request.more_fields != nullptr) {
        for (const header_view field : request.more_fields->fields())
            fields_.add_field(field);
    }
    std::optional<std::uint64_t> length;
    if (request.stream != nullptr) {
        length = request.stream->size();
    } else if (!request.body.empty() || wants_length(request.method)) {
        length = request.body.size();
    }
    if (length) fields_.add_content_length(*length);
    return {};
}

}  // namespace symphony::net::detail
