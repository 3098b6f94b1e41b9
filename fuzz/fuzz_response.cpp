// Any bytes as what a server answers: the client's reading of head and body must come to the same
// whatever pieces they arrive in, and must never take more than there is.
#include "net/response_content.hpp"
#include "net/response_head.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using symphony::net::detail::body_framing;
using symphony::net::detail::find_head_end;
using symphony::net::detail::parse_response_head;
using symphony::net::detail::response_content;
using symphony::net::detail::response_head;

void require(bool holds) {
    if (!holds) std::abort();
}

// Gives the bytes out piece by piece, as sizes in `pieces` say; all at once without any.
class arrival {
public:
    arrival(std::string_view bytes, std::string_view pieces) : bytes_(bytes), pieces_(pieces) {}

    [[nodiscard]] std::string_view seen() const { return bytes_.substr(begin_, end_ - begin_); }
    void consume(std::size_t size) {
        require(size <= end_ - begin_);
        begin_ += size;
    }
    bool more() {
        if (end_ == bytes_.size()) return false;
        std::size_t size = bytes_.size() - end_;
        if (!pieces_.empty()) {
            size =
                std::min<std::size_t>(size, static_cast<unsigned char>(pieces_.front()) % 16 + 1);
            pieces_.remove_prefix(1);
        }
        end_ += size;
        return true;
    }

private:
    std::string_view bytes_;
    std::string_view pieces_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
};

bool read_head(arrival& input, bool answers_head, response_head& head, std::string& account) {
    std::size_t searched = 0;
    std::size_t size = 0;
    while ((size = find_head_end(input.seen(), searched)) == 0) {
        if (!input.more()) return false;
    }
    require(size <= input.seen().size());
    if (!parse_response_head(input.seen().substr(0, size), answers_head, head)) {
        account += "refused\n";
        return false;
    }
    input.consume(size);
    require(head.bytes == size && head.status >= 100 && head.status <= 999);
    require(!(head.keeps_alive && head.framing == body_framing::until_close));
    if (answers_head) require(head.framing == body_framing::none);
    if (head.framing == body_framing::length) require(!head.fields.contains("transfer-encoding"));
    account += std::to_string(head.status) + "\n";
    for (const symphony::header_view field : head.fields) {
        require(symphony::is_valid_header(field.name, field.value));
        account.append(field.name).append(":").append(field.value).append("\n");
    }
    return true;
}

// False when the connection cannot go on.
bool read_body(arrival& input, const response_head& head, std::string& account) {
    response_content content(head);
    std::uint64_t total = 0;
    while (!content.done()) {
        const auto [piece, consumed] = content.next(input.seen());
        total += piece.size();
        account += piece;
        input.consume(consumed);
        if (content.failed()) {
            account += "\nbroken\n";
            return false;
        }
        if (piece.empty() && !content.done() && !input.more()) {
            content.on_close();
            break;
        }
    }
    if (head.framing == body_framing::length && content.done()) require(total == head.length);
    account += content.done() ? "\nwhole\n" : "\ncut\n";
    return content.done() && head.keeps_alive;
}

std::string read_all(std::string_view bytes, std::string_view pieces, bool answers_head) {
    std::string account;
    arrival input(bytes, pieces);
    response_head head;
    while (read_head(input, answers_head, head, account) && read_body(input, head, account)) {
    }
    return account;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view all(reinterpret_cast<const char*>(data), size);
    // The first byte says whether HEAD was asked and how many of the following are sizes of pieces.
    const bool answers_head = (data[0] & 0x80) != 0;
    const std::size_t sizes = std::min<std::size_t>(data[0] & 0x7f, size - 1);
    const std::string_view bytes = all.substr(1 + sizes);
    require(read_all(bytes, all.substr(1, sizes), answers_head) ==
            read_all(bytes, {}, answers_head));
    return 0;
}
