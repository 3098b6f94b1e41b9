#include "support/nginx.hpp"

#include <arpa/inet.h>
#include <array>
#include <csignal>
#include <fcntl.h>
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

constexpr const char* program = "/usr/sbin/nginx";

// "@NAME@" becomes `value`, once; false when there is none.
bool replace(std::string& text, const std::string& name, const std::string& value) {
    const std::size_t at = text.find(name);
    if (at == std::string::npos) return false;
    text.replace(at, name.size(), value);
    return true;
}

}  // namespace

nginx::nginx(std::string servers) : root_(directory_.path() / "root") {
    std::filesystem::create_directory(root_);
    write_config(std::move(servers));
    try {
        start();
    } catch (...) {
        stop();
        for (const int socket : listeners_)
            ::close(socket);
        throw;
    }
}

nginx::~nginx() {
    stop();
    for (const int socket : listeners_)
        ::close(socket);
}

void nginx::add_file(const std::string& name, const std::string& content) const {
    std::ofstream(root_ / name, std::ios::binary) << content;
}

void nginx::open_port() {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    if (socket < 0 || ::bind(socket, generic, size) != 0 || ::listen(socket, 511) != 0 ||
        ::getsockname(socket, generic, &size) != 0) {
        throw std::runtime_error("nginx: no port to be had");
    }
    listeners_.push_back(socket);
    ports_.push_back(ntohs(address.sin_port));
}

void nginx::write_config(std::string servers) {
    while (replace(servers, "@ROOT@", root_.string())) {
    }
    for (bool more = true; more;) {
        open_port();  // one more than there are servers: it answers when nginx is up
        more = replace(servers, "@LISTEN@", "127.0.0.1:" + std::to_string(ports_.back()));
    }
    const std::string here = directory_.path().string();
    std::ofstream(directory_.path() / "nginx.conf")
        << "daemon off;\nworker_processes 1;\n"
        << (::geteuid() == 0 ? "user root;\n" : "") << "pid " << here << "/nginx.pid;\nerror_log "
        << here
        << "/error.log warn;\nevents { worker_connections 1024; }\nhttp {\n  access_log off;\n"
        << "  client_body_temp_path " << here << "/body;\n  proxy_temp_path " << here
        << "/proxy;\n  fastcgi_temp_path " << here << "/fastcgi;\n  uwsgi_temp_path " << here
        << "/uwsgi;\n  scgi_temp_path " << here << "/scgi;\n  client_max_body_size 0;\n"
        << servers << "\n  server { listen 127.0.0.1:" << ports_.back() << "; return 204; }\n}\n";
}

void nginx::start() {
    std::string inherited = "NGINX=";
    for (const int socket : listeners_)
        inherited += std::to_string(socket) + ";";
    const std::string config = directory_.path() / "nginx.conf";
    const std::string errors = directory_.path() / "error.log";
    const std::string place = directory_.path();
    const std::array<const char*, 8> arguments{program,        "-p", place.c_str(),  "-c",
                                               config.c_str(), "-e", errors.c_str(), nullptr};
    const std::array<const char*, 2> environment{inherited.c_str(), nullptr};
    process_ = ::fork();
    if (process_ == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGTERM);  // also when the test crashes
        const int silent = ::open("/dev/null", O_RDWR);
        for (const int stream : {0, 1, 2})
            ::dup2(silent, stream);
        for (const int socket : listeners_)
            ::fcntl(socket, F_SETFD, 0);
        ::execve(program, const_cast<char* const*>(arguments.data()),
                 const_cast<char* const*>(environment.data()));
        ::_exit(127);
    }
    if (process_ < 0) throw std::runtime_error("nginx: no process to be had");
    wait_until_ready();
}

void nginx::stop() {
    if (process_ <= 0) return;
    ::kill(process_, SIGTERM);
    ::waitpid(process_, nullptr, 0);
    process_ = -1;
}

// Its last port answers every request; while nginx starts, the connection waits in the backlog.
void nginx::wait_until_ready() {
    constexpr int patience_ms = 10'000;
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(ports_.back());
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    (void)::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof(address));
    const std::string question = "GET / HTTP/1.0\r\n\r\n";
    ::send(socket, question.data(), question.size(), MSG_NOSIGNAL);
    pollfd answer{socket, POLLIN, 0};
    char first = 0;
    bool ready = false;
    for (int waited = 0; !ready && waited < patience_ms; waited += 100) {
        if (::waitpid(process_, nullptr, WNOHANG) != 0) {  // it has ended: a bad configuration
            process_ = -1;
            break;
        }
        ready = ::poll(&answer, 1, 100) == 1 && ::recv(socket, &first, 1, 0) == 1;
    }
    ::close(socket);
    if (!ready) throw std::runtime_error("nginx did not come up: " + log());
}

std::string nginx::log() const {
    std::ifstream file(directory_.path() / "error.log");
    std::string text(std::istreambuf_iterator<char>(file), {});
    return text.empty() ? std::string("is ") + program + " installed?" : text;
}

}  // namespace symphony::test_support
