#include "cli/command_line.hpp"
#include "cli/exit_code.hpp"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>

namespace {

// Where nothing is to be cancelled or drained; `call` and `serve` take the signal themselves.
void interrupted(int /*signal*/) {
    std::_Exit(symphony::cli::exit_interrupted);
}

}  // namespace

int main(int count, char** arguments) {
    std::signal(SIGINT, interrupted);
    try {
        return symphony::cli::run(count, arguments);
    } catch (const std::exception& fault) {
        std::fputs("symphony: ", stderr);
        std::fputs(fault.what(), stderr);
        std::fputc('\n', stderr);
        return symphony::cli::exit_no_answer;
    }
}
