#pragma once

#include "symphony/net/http_server.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace symphony::net::detail {

/// Makes a `server_request` of the fields of a request over HTTP/2 (RFC 9113, 8.3.1), which then
/// looks as it would over HTTP/1.1: the authority is its Host, a cookie that came in crumbs is one
/// field. What nghttp2 has checked already is not taken for granted where it could smuggle.
class http2_head_reader {
public:
    explicit http2_head_reader(std::size_t max_bytes) noexcept : max_bytes_(max_bytes) {}

    /// The next field. False once the head is so much too long that reading on, only to refuse it,
    /// is too much asked.
    [[nodiscard]] bool add(server_request& into, std::string_view name, std::string_view value);
    /// The same for a field that is dropped, such as a trailer.
    [[nodiscard]] bool skip(std::string_view name, std::string_view value) noexcept;
    /// After the last field. `ended`: no body follows. The status that refuses the request, or 0.
    [[nodiscard]] int finish(server_request& into, bool ended);

    /// Of the body, where the head says it.
    [[nodiscard]] std::optional<std::uint64_t> length() const noexcept { return length_; }
    [[nodiscard]] bool expects_continue() const noexcept { return expects_continue_; }

private:
    void refuse(int status) noexcept {
        if (status_ == 0) status_ = status;
    }
    void add_pseudo(server_request& into, std::string_view name, std::string_view value);
    void add_field(server_request& into, std::string_view name, std::string_view value);
    void set_host(server_request& into, std::string_view value);
    [[nodiscard]] static int check_target(const server_request& request) noexcept;

    std::size_t max_bytes_;
    std::size_t bytes_ = 0;
    int status_ = 0;
    std::optional<std::uint64_t> length_;
    bool expects_continue_ = false;
    std::string cookie_;
};

}  // namespace symphony::net::detail
