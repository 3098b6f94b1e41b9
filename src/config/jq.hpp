#pragma once

#include "symphony/call/endpoint_options.hpp"

#include <expected>
#include <memory>
#include <optional>
#include <string>

namespace symphony::detail {

/// A jq program over a failed attempt. It sees nothing but its input: no environment, no files, no
/// further inputs. Thread-safe: each run takes a compiled state of its own.
class jq_program {
public:
    static constexpr std::size_t max_length = 4096;

    /// The error side is jq's message, in one line.
    [[nodiscard]] static std::expected<std::shared_ptr<const jq_program>, std::string> compile(
        const std::string& program);
    ~jq_program();
    jq_program(const jq_program&) = delete;
    jq_program& operator=(const jq_program&) = delete;

    /// What jq says when the program fails on every kind of failure there is; nothing when it can
    /// give a result.
    [[nodiscard]] std::optional<std::string> always_fails() const;
    /// Whether the first result is neither false nor null. An error counts as false.
    [[nodiscard]] bool accepts(const attempt_failure& failure) const;

private:
    struct pool;
    explicit jq_program(std::unique_ptr<pool> states);
    std::unique_ptr<pool> states_;
};

}  // namespace symphony::detail
