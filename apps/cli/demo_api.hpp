#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace symphony::cli {

/// How the local API treats `/orders/…`.
enum class demo_mode : std::uint8_t {
    healthy,  ///< 200 after a few milliseconds
    slow,     ///< 200 after 400 ms
    limited,  ///< 429 with Retry-After for the first second, then 200
    failing,  ///< 500
};

/// A small API on loopback with a thread of its own, to try things on. `/orders/{id}` answers as
/// its mode says; `/slow`, `/limited`, `/failing` and `/status/{code}` always as they are called.
/// It wants the bearer token `demo-token`.
class demo_api {
public:
    /// Takes `preferred_port`, or a free one where it is taken. Throws std::runtime_error when
    /// none can be had.
    explicit demo_api(std::uint16_t preferred_port = 0);
    ~demo_api();
    demo_api(const demo_api&) = delete;
    demo_api& operator=(const demo_api&) = delete;

    [[nodiscard]] const std::string& url() const noexcept;
    void set_mode(demo_mode mode);

private:
    class impl;
    std::unique_ptr<impl> impl_;
};

}  // namespace symphony::cli
