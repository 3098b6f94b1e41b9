#include "symphony/net/field_block.hpp"

#include "net/field_line.hpp"

#include <stdexcept>
#include <string>
#include <utility>

namespace symphony::net {

field_block::field_block(std::span<const header_view> fields) {
    std::size_t size = 0;
    for (const header_view field : fields)
        size += field.name.size() + field.value.size() + 4;
    std::string text;
    text.reserve(size);  // never moved, so no copy of a credential stays behind
    for (const header_view field : fields) {
        if (!is_valid_header(field.name, field.value)) {
            throw std::invalid_argument("a header field cannot go on the wire");
        }
        detail::append_field_line(text, field.name, field.value);
    }
    lines_ = secret(std::move(text));
    fields_.reserve(fields.size());
    std::string_view rest = lines_.reveal();
    for (const header_view field : fields) {
        const std::size_t value = field.name.size() + 2;
        fields_.push_back(
            {rest.substr(0, field.name.size()), rest.substr(value, field.value.size())});
        rest.remove_prefix(value + field.value.size() + 2);
    }
}

}  // namespace symphony::net
