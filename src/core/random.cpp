#include "symphony/core/random.hpp"

#include <bit>
#include <random>

namespace symphony {

namespace {

// SplitMix64 (Steele, Lea, Flood, 2014), what the authors of xoshiro recommend for seeding.
std::uint64_t split_mix(std::uint64_t& state) noexcept {
    state += 0x9e3779b97f4a7c15ULL;
    std::uint64_t mixed = state;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9ULL;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebULL;
    return mixed ^ (mixed >> 31);
}

}  // namespace

fast_random::fast_random() {
    std::random_device device;
    for (std::uint64_t& word : state_) {
        const std::uint64_t high = device();
        word = (high << 32) | device();
    }
    // All zeros is the one state the generator never leaves.
    if ((state_[0] | state_[1] | state_[2] | state_[3]) == 0) state_[0] = 1;
}

fast_random::fast_random(std::uint64_t seed) noexcept {
    for (std::uint64_t& word : state_)
        word = split_mix(seed);
}

std::uint64_t fast_random::next() noexcept {
    const std::uint64_t value = std::rotl(state_[1] * 5, 7) * 9;
    const std::uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = std::rotl(state_[3], 45);
    return value;
}

}  // namespace symphony
