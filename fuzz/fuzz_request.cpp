// Any bytes as what a client sends: the server's parser and chunk decoder must take them the same
// way whatever pieces they arrive in, and must not see more requests in them than there are.
#include "net/server_chunked.hpp"
#include "net/server_request_parser.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using symphony::net::server_request;
using symphony::net::detail::chunk_decoder;
using symphony::net::detail::request_parser;

constexpr std::size_t max_head = 512;

void require(bool holds) {
    if (!holds) std::abort();
}

// What the server makes of the stream, as text that two ways of arriving can be compared by.
struct account {
    std::string text;
    void add(std::string_view what) { text.append(what).append("\n"); }
};

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

bool read_head(arrival& input, request_parser& parser, server_request& request, account& to) {
    parser.restart(request);
    for (;;) {
        const request_parser::outcome outcome = parser.parse(input.seen());
        if (outcome == request_parser::outcome::done) break;
        if (outcome == request_parser::outcome::failed) {
            require(parser.status() >= 400 && parser.status() <= 505);
            to.add("refused " + std::to_string(parser.status()));
            return false;
        }
        require(input.seen().size() < max_head);
        if (!input.more()) return false;
    }
    require(parser.consumed() <= std::min(input.seen().size(), max_head));
    input.consume(parser.consumed());
    require(!request.method.empty() && !request.target.empty());
    require(request.target.find_first_of(" \r\n\t#") == std::string::npos);
    require(!(parser.framing().chunked && parser.framing().length));
    to.add(request.method + " " + request.target);
    for (const symphony::header_view field : request.fields) {
        require(symphony::is_valid_header(field.name, field.value));
        to.add(std::string(field.name) + ":" + std::string(field.value));
    }
    return true;
}

// Both codings; false when the stream cannot go on.
bool read_body(arrival& input, const request_parser& parser, account& to) {
    std::string body;
    if (!parser.framing().chunked) {
        std::uint64_t left = parser.framing().length.value_or(0);
        while (left > 0) {
            const std::size_t size =
                static_cast<std::size_t>(std::min<std::uint64_t>(left, input.seen().size()));
            body += input.seen().substr(0, size);
            input.consume(size);
            left -= size;
            if (left > 0 && !input.more()) return false;
        }
        to.add(body);
        return true;
    }
    chunk_decoder decoder;
    for (;;) {
        const chunk_decoder::step step = decoder.next(input.seen());
        body += step.piece;
        input.consume(step.consumed);
        if (decoder.failed()) return false;
        if (decoder.done()) break;
        if (step.piece.empty() && !input.more()) return false;
    }
    to.add(body);
    return true;
}

account read_all(std::string_view bytes, std::string_view pieces) {
    account result;
    arrival input(bytes, pieces);
    server_request request;
    request_parser parser(max_head);
    while (read_head(input, parser, request, result) && read_body(input, parser, result) &&
           parser.framing().keep_alive) {
    }
    return result;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view all(reinterpret_cast<const char*>(data), size);
    // The first byte says how many of the following are sizes of pieces.
    const std::size_t sizes = std::min<std::size_t>(data[0], size - 1);
    const std::string_view bytes = all.substr(1 + sizes);
    const account in_pieces = read_all(bytes, all.substr(1, sizes));
    const account at_once = read_all(bytes, {});
    require(in_pieces.text == at_once.text);
    return 0;
}
