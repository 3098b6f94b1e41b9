#include "support/node_http2_server.hpp"

#include <sstream>
#include <stdexcept>

namespace symphony::test_support {

node_http2_server::node_http2_server(const certificate_files& identity)
    : node_({"node", NODE_HTTP2_SERVER, identity.certificate, identity.key}) {
    std::istringstream ports(node_.first_line());
    if (!(ports >> plain_ >> secured_)) {
        throw std::runtime_error("node does not come up: is Node.js installed?");
    }
}

}  // namespace symphony::test_support
