#pragma once

#include "symphony/net/http_server.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace symphony::net::detail {

/// What the head of a request says about the connection and the body that follows.
struct request_framing {
    bool http_1_0 = false;
    bool keep_alive = true;
    bool expects_continue = false;
    bool chunked = false;
    std::optional<std::uint64_t> length;

    [[nodiscard]] bool has_body() const noexcept { return chunked || length.value_or(0) > 0; }
};

/// Reads request heads (RFC 9112) line by line into a `server_request`, whatever pieces they arrive
/// in. Stricter than the RFC asks where leniency has let requests be smuggled: lines end in CR LF,
/// a length is said once, a transfer coding is exactly "chunked", a name has no space around it.
class request_parser {
public:
    enum class outcome : std::uint8_t { more, done, failed };

    explicit request_parser(std::size_t max_bytes) noexcept : max_bytes_(max_bytes) {}

    /// Begins a new head, clearing what the request held.
    void restart(server_request& into);
    /// `input` is all that arrived since `restart`. Once done, `consumed` bytes of it are the head.
    outcome parse(std::string_view input);

    [[nodiscard]] std::size_t consumed() const noexcept { return line_; }
    /// The status that refuses what failed.
    [[nodiscard]] int status() const noexcept { return status_; }
    [[nodiscard]] const request_framing& framing() const noexcept { return framing_; }
    /// Whether the request line has been read, so that the method is known.
    [[nodiscard]] bool has_request_line() const noexcept { return has_request_line_; }

private:
    outcome fail(int status) noexcept;
    bool request_line(std::string_view line);
    bool set_target(std::string_view target);
    bool absolute_target(std::string_view target);
    bool field(std::string_view line);
    bool known_field(std::string_view name, std::string_view value);
    bool content_length(std::string_view value);
    bool transfer_encoding(std::string_view value);
    bool host(std::string_view value);
    bool finish();

    server_request* request_ = nullptr;
    std::size_t max_bytes_;
    std::size_t line_ = 0;     // where the next line begins
    std::size_t scanned_ = 0;  // up to where no line end was found
    int status_ = 400;
    bool has_request_line_ = false;
    bool has_host_ = false;
    bool has_absolute_host_ = false;
    bool has_transfer_encoding_ = false;
    bool asks_keep_alive_ = false;
    bool asks_close_ = false;
    request_framing framing_;
};

}  // namespace symphony::net::detail
