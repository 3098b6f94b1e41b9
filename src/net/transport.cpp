#include "symphony/net/transport.hpp"

namespace symphony::net {

boost::asio::awaitable<void> transport::send_into(reply& to,
                                                  const std::shared_ptr<const destination>& where,
                                                  const wire_request& request,
                                                  const send_options& options) {
    to.read_at.reset();
    to.answer = co_await send(where, request, options);
}

}  // namespace symphony::net
