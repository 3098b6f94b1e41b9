#pragma once

#include <string>
#include <sys/types.h>
#include <vector>

namespace symphony::test_support {

/// A program that runs beside a test and ends with this object, or with the test when that crashes.
class process {
public:
    /// `arguments[0]` is looked for in PATH. Throws std::runtime_error when there is no process to
    /// be had.
    explicit process(const std::vector<std::string>& arguments);
    ~process();
    process(const process&) = delete;
    process& operator=(const process&) = delete;

    /// The first line that it writes to its standard output; what there is when it ends before, or
    /// after 15 s.
    [[nodiscard]] std::string first_line();
    [[nodiscard]] bool running();
    [[nodiscard]] pid_t id() const noexcept { return id_; }

private:
    pid_t id_ = -1;
    int output_ = -1;
};

}  // namespace symphony::test_support
