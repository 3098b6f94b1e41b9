#include "support/process.hpp"

#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <stdexcept>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace symphony::test_support {

process::process(const std::vector<std::string>& arguments) {
    std::vector<char*> raw;
    for (const std::string& one : arguments)
        raw.push_back(const_cast<char*>(one.c_str()));
    raw.push_back(nullptr);
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("no pipe to be had");
    id_ = ::fork();
    if (id_ == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        const int silent = ::open("/dev/null", O_RDWR);
        ::dup2(silent, 0);
        ::dup2(ends[1], 1);
        ::dup2(silent, 2);
        ::execvp(raw[0], raw.data());
        ::_exit(127);
    }
    ::close(ends[1]);
    output_ = ends[0];
    if (id_ < 0) {
        ::close(output_);
        throw std::runtime_error("no process to be had");
    }
}

process::~process() {
    if (id_ > 0) {
        ::kill(id_, SIGKILL);
        ::waitpid(id_, nullptr, 0);
    }
    ::close(output_);
}

std::string process::first_line() {
    std::string line;
    pollfd readable{output_, POLLIN, 0};
    char next = 0;
    while (::poll(&readable, 1, 15'000) == 1 && ::read(output_, &next, 1) == 1 && next != '\n')
        line += next;
    return line;
}

bool process::running() {
    if (id_ > 0 && ::waitpid(id_, nullptr, WNOHANG) == id_) id_ = -1;
    return id_ > 0;
}

}  // namespace symphony::test_support
