#pragma once

#include "symphony/core/random.hpp"

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <vector>

namespace symphony::testing {

/// Chance by script: the values in their order, the last one for ever after. For one thread.
class fixed_random final : public random_source {
public:
    explicit fixed_random(std::uint64_t always = 0) : values_{always} {}
    fixed_random(std::initializer_list<std::uint64_t> values) : values_(values) {
        if (values_.empty()) values_.push_back(0);
    }

    [[nodiscard]] std::uint64_t next() noexcept override {
        const std::size_t at = asked_ < values_.size() ? asked_ : values_.size() - 1;
        ++asked_;
        return values_[at];
    }
    [[nodiscard]] std::size_t asked() const noexcept { return asked_; }

private:
    std::vector<std::uint64_t> values_;
    std::size_t asked_ = 0;
};

}  // namespace symphony::testing
