#pragma once

#include "support/http2_frames.hpp"
#include "symphony/net/headers.hpp"
#include "unit/net/blocking_client.hpp"

#include <nghttp2/nghttp2.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace symphony::net::server_test {

namespace h2 = test_support;
using frame_type = test_support::h2;

/// A client that says what frames it is told to, and takes down what it hears. Of itself it
/// acknowledges the settings, and gives the server no window.
class http2_test_client {
public:
    struct heard {
        int status = 0;
        int interim = 0;
        headers fields;
        std::string body;
        bool ended = false;
        std::optional<std::uint32_t> reset;
    };

    explicit http2_test_client(std::uint16_t port, std::string_view settings = {},
                               int receive_buffer = 0)
        : wire(port, receive_buffer) {
        nghttp2_hd_inflate_new(&inflater_);
        wire.send(std::string(NGHTTP2_CLIENT_MAGIC) + h2::settings(settings));
    }
    ~http2_test_client() { nghttp2_hd_inflate_del(inflater_); }
    http2_test_client(const http2_test_client&) = delete;
    http2_test_client& operator=(const http2_test_client&) = delete;

    static std::string head_block(std::string_view method, std::string_view path,
                                  std::string_view more = {}) {
        return h2::field(":method", method) + h2::field(":scheme", "http") +
               h2::field(":authority", "a") + h2::field(":path", path).append(more);
    }
    static std::string get(std::uint32_t stream, std::string_view path = "/",
                           std::string_view more = {}) {
        return h2::head(stream, head_block("GET", path, more), h2::end_headers | h2::end_stream);
    }
    static std::string post(std::uint32_t stream, std::string_view path = "/",
                            std::string_view more = {}) {
        return h2::head(stream, head_block("POST", path, more));
    }
    static std::string window(std::uint32_t stream, std::uint32_t bytes) {
        return h2::frame(frame_type::window_update, 0, stream, h2::number32(bytes));
    }

    bool send(std::string_view bytes) { return wire.send(bytes); }

    /// Takes one more frame down; false at the end of the connection.
    bool hear() {
        const std::string head = wire.read(9);
        if (head.size() < 9) {
            over = true;
            return false;
        }
        const auto byte = [](const std::string& text, std::size_t at) {
            return static_cast<std::uint32_t>(static_cast<unsigned char>(text[at]));
        };
        const auto number = [&](const std::string& text, std::size_t at) {
            return byte(text, at) << 24 | byte(text, at + 1) << 16 | byte(text, at + 2) << 8 |
                   byte(text, at + 3);
        };
        const std::string payload = wire.read(number('\0' + head.substr(0, 3), 0));
        const auto type = static_cast<frame_type>(head[3]);
        const std::uint32_t stream = number(head, 5);
        if (type == frame_type::headers) take_head(streams[stream], payload);
        if (type == frame_type::data) streams[stream].body += payload;
        if (type == frame_type::rst_stream) streams[stream].reset = number(payload, 0);
        if (type == frame_type::goaway) {
            goaway_last = number(payload, 0);
            goaway = number(payload, 4);
        }
        if (type == frame_type::window_update) windows[stream] += number(payload, 0);
        if (type == frame_type::ping && (head[4] & 1) != 0) ++pings;
        if (type == frame_type::settings && (head[4] & 1) == 0) {
            for (std::size_t at = 0; at + 6 <= payload.size(); at += 6)
                settings[byte(payload, at) << 8 | byte(payload, at + 1)] = number(payload, at + 2);
            wire.send(h2::frame(frame_type::settings, 1, 0));
        }
        if ((type == frame_type::headers || type == frame_type::data) && (head[4] & 1) != 0)
            streams[stream].ended = true;
        return true;
    }
    /// The answer on that stream, once it is over one way or the other.
    const heard& answer(std::uint32_t stream) {
        while (!streams[stream].ended && !streams[stream].reset && hear()) {
        }
        return streams[stream];
    }
    /// All that is said until the server closes.
    void hear_all() {
        while (hear()) {
        }
    }
    template <class Condition>
    bool hear_until(Condition holds) {
        while (!holds()) {
            if (!hear()) return false;
        }
        return true;
    }

    blocking_client wire;
    std::map<std::uint32_t, heard> streams;
    std::map<std::uint32_t, std::uint32_t> settings;
    std::map<std::uint32_t, std::uint64_t> windows;
    std::optional<std::uint32_t> goaway;
    std::uint32_t goaway_last = 0;
    int pings = 0;
    bool over = false;

private:
    void take_head(heard& into, const std::string& block) {
        const auto* at = reinterpret_cast<const std::uint8_t*>(block.data());
        std::size_t left = block.size();
        for (;;) {
            nghttp2_nv field{};
            int flags = 0;
            const auto used = nghttp2_hd_inflate_hd2(inflater_, &field, &flags, at, left, 1);
            if (used < 0) throw std::runtime_error("the head cannot be decoded");
            at += used;
            left -= static_cast<std::size_t>(used);
            if ((flags & NGHTTP2_HD_INFLATE_EMIT) != 0) {
                const std::string name(reinterpret_cast<char*>(field.name), field.namelen);
                const std::string value(reinterpret_cast<char*>(field.value), field.valuelen);
                if (name == ":status") {
                    into.interim += into.status != 0 ? 1 : 0;
                    into.status = std::stoi(value);
                } else {
                    into.fields.add(name, value);
                }
            }
            if ((flags & NGHTTP2_HD_INFLATE_FINAL) != 0) break;
        }
        nghttp2_hd_inflate_end_headers(inflater_);
    }

    nghttp2_hd_inflater* inflater_ = nullptr;
};

}  // namespace symphony::net::server_test
