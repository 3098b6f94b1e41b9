#include "cli/command_line.hpp"
#include "cli/exit_code.hpp"

#include <cstdio>
#include <exception>

int main(int count, char** arguments) {
    try {
        return symphony::cli::run(count, arguments);
    } catch (const std::exception& fault) {
        std::fputs("symphony: ", stderr);
        std::fputs(fault.what(), stderr);
        std::fputc('\n', stderr);
        return symphony::cli::exit_no_answer;
    }
}
