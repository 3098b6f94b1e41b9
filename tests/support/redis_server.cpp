#include "support/redis_server.hpp"

#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <netinet/in.h>
#include <poll.h>
#include <stdexcept>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

namespace symphony::test_support {

namespace {

constexpr const char* program = "/usr/bin/redis-server";
constexpr const char* client_program = "/usr/bin/redis-cli";
constexpr auto patience = std::chrono::seconds(15);

void rest() {
    ::poll(nullptr, 0, 10);
}

// Below the range that outgoing connections take theirs from, so that none of them is in the way
// when a server comes back on its port. A cluster's node also wants the port 10000 above.
std::uint16_t free_port() {
    static std::uint16_t next = static_cast<std::uint16_t>(10'000 + ::getpid() % 6000 * 2);
    for (int tries = 0; tries < 1000; ++tries) {
        const std::uint16_t port = next++;
        if (next >= 22'000) next = 10'000;
        bool free = true;
        for (const int each : {int{port}, port + 10'000}) {
            const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
            sockaddr_in address{};
            address.sin_family = AF_INET;
            address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
            address.sin_port = htons(static_cast<std::uint16_t>(each));
            free = free && socket >= 0 &&
                   ::bind(socket, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
            ::close(socket);
        }
        if (free) return port;
    }
    throw std::runtime_error("redis: no port to be had");
}

std::string output_of(const std::string& command) {
    FILE* const pipe = ::popen(command.c_str(), "r");
    if (pipe == nullptr) throw std::runtime_error("redis: no process to be had");
    std::string text;
    std::array<char, 4096> buffer{};
    for (std::size_t size = 0; (size = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;)
        text.append(buffer.data(), size);
    ::pclose(pipe);
    while (text.ends_with('\n'))
        text.pop_back();
    return text;
}

template <class Condition>
void wait_until(const char* what, Condition holds) {
    const auto end = std::chrono::steady_clock::now() + patience;
    while (!holds()) {
        if (std::chrono::steady_clock::now() > end) {
            throw std::runtime_error(std::string("redis: waited in vain: ") + what);
        }
        rest();
    }
}

}  // namespace

redis_server::redis_server(redis_server_options options) : options_(std::move(options)) {
    for (int tries = 0;; ++tries) {  // somebody else may take the port in between
        port_ = free_port();
        write_config();
        try {
            start();
            return;
        } catch (const std::runtime_error&) {
            kill();
            if (tries == 4) throw;
        }
    }
}

redis_server::~redis_server() {
    kill();
}

void redis_server::write_config() const {
    std::ofstream file(directory_.path() / "redis.conf");
    const std::string here = directory_.path().string();
    const bool tls = !options_.certificate.empty();
    file << "bind 127.0.0.1\ndir " << here << "\nlogfile " << here << "/log\npidfile " << here
         << "/pid\nport " << (tls ? 0 : port_) << "\n";
    if (tls) {
        file << "tls-port " << port_ << "\ntls-cert-file " << options_.certificate
             << "\ntls-key-file " << options_.key << "\ntls-auth-clients no\n";
        if (!options_.ca.empty()) {
            file << "tls-ca-cert-file " << options_.ca << "\ntls-replication yes\n";
            if (options_.cluster) file << "tls-cluster yes\n";
        }
    }
    if (!options_.sentinel) {
        file << "save \"\"\nappendonly no\nenable-debug-command yes\nrepl-diskless-sync-delay 0\n";
    }
    if (options_.unix_socket) file << "unixsocket " << unix_socket() << "\n";
    if (options_.cluster) {
        file << "cluster-enabled yes\ncluster-config-file " << here << "/nodes.conf\n"
             << "cluster-node-timeout 1000\ncluster-require-full-coverage no\n";
    }
    for (const std::string& line : options_.config)
        file << line << "\n";
}

void redis_server::start() {
    const std::string config = directory_.path() / "redis.conf";
    const std::array<const char*, 4> arguments{program, config.c_str(),
                                               options_.sentinel ? "--sentinel" : nullptr, nullptr};
    std::filesystem::remove(directory_.path() / "pid");
    process_ = ::fork();
    if (process_ == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // also when the test crashes
        const int silent = ::open("/dev/null", O_RDWR);
        for (const int stream : {0, 1, 2})
            ::dup2(silent, stream);
        ::execv(program, const_cast<char* const*>(arguments.data()));
        ::_exit(127);
    }
    if (process_ < 0) throw std::runtime_error("redis: no process to be had");
    wait_until_ready();
}

void redis_server::wait_until_ready() {
    // The file says that the port is its own; any answer to PING, also a refusal for want of a
    // password, that it is up.
    const auto end = std::chrono::steady_clock::now() + patience;
    while (std::chrono::steady_clock::now() < end) {
        if (::waitpid(process_, nullptr, WNOHANG) != 0) {  // it has ended: a bad configuration
            process_ = -1;
            break;
        }
        const bool bound = std::filesystem::exists(directory_.path() / "pid");
        const std::string answer = bound ? cli("ping") : "";
        if (answer == "PONG" || answer.starts_with("NOAUTH") || answer.starts_with("NOPERM"))
            return;
        rest();
    }
    throw std::runtime_error("redis did not come up: " + log());
}

std::string redis_server::cli(const std::string& arguments) const {
    std::string command = client_program;
    command += " -h 127.0.0.1 -p " + std::to_string(port_);
    if (!options_.certificate.empty()) command += " --tls --insecure";
    return output_of(command + " " + arguments + " 2>&1");
}

void redis_server::wait_for(const std::string& arguments, const std::string& part) const {
    wait_until((arguments + " → " + part).c_str(),
               [&] { return cli(arguments).find(part) != std::string::npos; });
}

void redis_server::kill() {
    if (process_ <= 0) return;
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
    process_ = -1;
}

void redis_server::freeze() const {
    if (process_ > 0) ::kill(process_, SIGSTOP);
}

void redis_server::thaw() const {
    if (process_ > 0) ::kill(process_, SIGCONT);
}

std::string redis_server::log() const {
    std::ifstream file(directory_.path() / "log");
    std::string text(std::istreambuf_iterator<char>(file), {});
    return text.empty() ? std::string("is ") + program + " installed?" : text;
}

redis_sentinel_set::redis_sentinel_set(const std::string& password,
                                       const redis_server_options& every) {
    servers_.push_back(std::make_unique<redis_server>(every));
    const std::string master_port = std::to_string(master().port());
    redis_server_options follows = every;
    follows.config = {"replicaof 127.0.0.1 " + master_port};
    servers_.push_back(std::make_unique<redis_server>(follows));
    replica().wait_for("info replication", "master_link_status:up");
    for (int i = 0; i < 3; ++i) {
        redis_server_options watches = every;
        watches.sentinel = true;
        watches.config = {"sentinel monitor main 127.0.0.1 " + master_port + " 2",
                          "sentinel down-after-milliseconds main 500",
                          "sentinel failover-timeout main 3000"};
        if (!password.empty()) {
            watches.config.push_back("requirepass " + password);
            watches.config.push_back("sentinel sentinel-pass " + password);
        }
        sentinels_.push_back(std::make_unique<redis_server>(watches));
    }
    const std::string login = password.empty() ? "" : "--no-auth-warning -a " + password + " ";
    for (const auto& one : sentinels_) {
        one->wait_for(login + "info sentinel", "slaves=1,sentinels=3");
    }
}

redis_cluster_set::redis_cluster_set(bool replicas, redis_server_options every) {
    const std::size_t count = replicas ? 6 : 3;
    every.cluster = true;
    for (std::size_t i = 0; i < count; ++i) {
        nodes_.push_back(std::make_unique<redis_server>(every));
        ids_.push_back(nodes_.back()->cli("cluster myid"));
        nodes_.back()->cli("cluster set-config-epoch " + std::to_string(i + 1));
    }
    const std::array<const char*, 3> ranges{"0 5460", "5461 10922", "10923 16383"};
    for (std::size_t i = 0; i < 3; ++i)
        nodes_[i]->cli(std::string("cluster addslotsrange ") + ranges[i]);
    for (std::size_t i = 1; i < count; ++i)
        nodes_[0]->cli("cluster meet 127.0.0.1 " + std::to_string(nodes_[i]->port()));
    wait_until_whole(count);
    for (std::size_t i = 3; i < count; ++i)
        nodes_[i]->cli("cluster replicate " + ids_[i - 3]);
    for (std::size_t i = 3; i < count; ++i)
        nodes_[i]->wait_for("info replication", "master_link_status:up");
    for (const auto& node : nodes_) {
        wait_until("replicas", [&] {
            const std::string known = node->cli("cluster nodes");
            std::size_t found = 0;
            for (std::size_t at = 0; (at = known.find("slave", at)) != std::string::npos; ++at)
                ++found;
            return found == count - 3;
        });
    }
}

void redis_cluster_set::wait_until_whole(std::size_t count) {
    for (const auto& node : nodes_) {
        node->wait_for("cluster info", "cluster_known_nodes:" + std::to_string(count));
        node->wait_for("cluster info", "cluster_slots_ok:16384");
        node->wait_for("cluster info", "cluster_state:ok");
        wait_until("handshake", [&] {
            return node->cli("cluster nodes").find("handshake") == std::string::npos;
        });
    }
}

void redis_cluster_set::move_slot(int slot, std::size_t from, std::size_t to,
                                  const std::function<void()>& while_moving) {
    const std::string name = std::to_string(slot);
    const std::string port = std::to_string(nodes_[to]->port());
    nodes_[to]->cli("cluster setslot " + name + " importing " + ids_[from]);
    nodes_[from]->cli("cluster setslot " + name + " migrating " + ids_[to]);
    if (while_moving) while_moving();
    for (;;) {
        const std::string keys = nodes_[from]->cli("cluster getkeysinslot " + name + " 100");
        if (keys.empty()) break;
        const std::string key = keys.substr(0, keys.find('\n'));
        nodes_[from]->cli("migrate 127.0.0.1 " + port + " '" + key + "' 0 5000");
    }
    nodes_[to]->cli("cluster setslot " + name + " node " + ids_[to]);
    nodes_[from]->cli("cluster setslot " + name + " node " + ids_[to]);
    for (const auto& node : nodes_)
        node->cli("cluster setslot " + name + " node " + ids_[to]);
}

}  // namespace symphony::test_support
