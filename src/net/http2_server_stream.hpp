#pragma once

#include "net/http2_head_reader.hpp"
#include "net/http2_server_body.hpp"
#include "net/parking.hpp"
#include "net/server_core.hpp"
#include "net/server_timer.hpp"

#include <boost/asio/cancellation_signal.hpp>

#include <cstddef>
#include <cstdint>
#include <string>

namespace symphony::net::detail {

/// One request and its answer on a client's connection of HTTP/2. The session fills in what
/// arrives and takes what is to be sent; the handler's coroutine waits for either. One thread.
struct http2_server_stream {
    http2_server_stream(http2_server_session& session, server_core& core, std::int32_t number,
                        const std::string& peer)
        : id(number),
          head(core.options.max_header_bytes),
          body(session, *this),
          reader(core.executor),
          patience(core.wakeups, this,
                   [](void* self) noexcept {
                       auto& stream = *static_cast<http2_server_stream*>(self);
                       stream.out_of_patience = true;
                       stream.reader.wake_later();
                   }),
          writer(core.executor) {
        request.body = &body;
        request.peer = peer;
    }
    http2_server_stream(const http2_server_stream&) = delete;
    http2_server_stream& operator=(const http2_server_stream&) = delete;

    [[nodiscard]] std::size_t unsent() const noexcept { return out.size() - out_sent; }

    const std::int32_t id;
    std::size_t index = 0;  ///< among those of its session
    bool closed = false;    ///< nothing more of it is received or sent
    bool reset_by_us = false;
    bool reset_by_client = false;             ///< whatever code it gave
    boost::asio::cancellation_signal cancel;  ///< of its handler
    bool handling = false;                    ///< which is at work

    server_request request;
    http2_head_reader head;
    http2_server_body body;
    bool has_head = false;
    int refusal = 0;             ///< the status that answers it, not the handler; 0: the handler
    bool owes_continue = false;  ///< the client waits for "100 Continue"
    std::string incoming;        ///< of the body: arrived, and not handed over
    std::size_t unconsumed = 0;  ///< bytes that the client's windows are still short of
    bool complete = false;       ///< no more of it comes
    bool discards = false;       ///< nobody reads it any more
    parking reader;
    lazy_timer patience;
    bool out_of_patience = false;

    std::string out;           ///< the answer's body: to be sent
    std::size_t out_sent = 0;  ///< of `out`
    bool last_out = false;     ///< nothing comes after it
    bool failed = false;       ///< what comes after it never will
    instant stalled_since{};   ///< where `unsent` is not 0
    parking writer;
};

}  // namespace symphony::net::detail
