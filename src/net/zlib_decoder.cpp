#include "net/content_decoder.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <new>
#include <zlib.h>

namespace symphony::net::detail {

namespace {

constexpr int gzip_window_bits = 15 + 16;  // as zlib's inflateInit2 wants it
constexpr int zlib_window_bits = 15;
constexpr int raw_window_bits = -15;

class inflater {
public:
    explicit inflater(int window_bits) {
        if (inflateInit2(&stream_, window_bits) != Z_OK) throw std::bad_alloc();
    }
    ~inflater() { inflateEnd(&stream_); }
    inflater(const inflater&) = delete;
    inflater& operator=(const inflater&) = delete;

    content_decoder::step decode(std::string_view input, std::span<char> output) {
        constexpr std::size_t most = std::numeric_limits<uInt>::max();
        const auto size = static_cast<uInt>(std::min(input.size(), most));
        const auto room = static_cast<uInt>(std::min(output.size(), most));
        // zlib reads through this pointer only; it is not const for the sake of old compilers.
        stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(input.data()));
        stream_.avail_in = size;
        stream_.next_out = reinterpret_cast<Bytef*>(output.data());
        stream_.avail_out = room;
        const int code = inflate(&stream_, Z_SYNC_FLUSH);
        ended_ = code == Z_STREAM_END;
        return {size - stream_.avail_in, room - stream_.avail_out,
                code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR};
    }
    [[nodiscard]] bool ended() const noexcept { return ended_; }
    void begin_again() noexcept {
        inflateReset(&stream_);
        ended_ = false;
    }

private:
    z_stream stream_{};
    bool ended_ = false;
};

class gzip_decoder final : public content_decoder {
public:
    step decode(std::string_view input, std::span<char> output) override {
        step done;
        for (;;) {
            const std::string_view rest = input.substr(done.consumed);
            if (inflater_.ended()) {
                if (rest.empty()) return done;
                if (padded_ || rest.front() == '\0') return take_padding(rest, done);
                inflater_.begin_again();  // the next member
            }
            const step next = inflater_.decode(rest, output.subspan(done.produced));
            done.consumed += next.consumed;
            done.produced += next.produced;
            done.broken = next.broken;
            const bool goes_on = inflater_.ended() && done.consumed < input.size();
            if (done.broken || !goes_on) return done;
        }
    }
    [[nodiscard]] bool whole() const noexcept override { return inflater_.ended(); }

private:
    // Zeros may fill up the end of the last member, as gzip itself accepts them.
    step take_padding(std::string_view rest, step done) {
        padded_ = true;
        done.consumed += rest.size();
        done.broken = rest.find_first_not_of('\0') != std::string_view::npos;
        return done;
    }

    inflater inflater_{gzip_window_bits};
    bool padded_ = false;
};

// Its first two bytes tell whether the wrapping of RFC 1950 is there.
bool begins_wrapped(unsigned char first, unsigned char second) noexcept {
    return (first & 0x0f) == Z_DEFLATED && first >> 4 <= 7 && (first * 256 + second) % 31 == 0;
}

class deflate_decoder final : public content_decoder {
public:
    step decode(std::string_view input, std::span<char> output) override {
        step done;
        while (begun_ < beginning_.size() && done.consumed < input.size())
            beginning_[begun_++] = input[done.consumed++];
        if (begun_ < beginning_.size()) return done;
        if (!inflater_) {
            const bool wrapped = begins_wrapped(static_cast<unsigned char>(beginning_[0]),
                                                static_cast<unsigned char>(beginning_[1]));
            inflater_ = std::make_unique<inflater>(wrapped ? zlib_window_bits : raw_window_bits);
        }
        while (replayed_ < beginning_.size() && !inflater_->ended()) {
            const step next =
                inflater_->decode({&beginning_[replayed_], beginning_.size() - replayed_},
                                  output.subspan(done.produced));
            replayed_ += next.consumed;
            done.produced += next.produced;
            done.broken = next.broken;
            if (done.broken || done.produced == output.size()) return done;
        }
        const std::string_view rest = input.substr(done.consumed);
        if (inflater_->ended()) {
            done.broken = !rest.empty() || replayed_ < beginning_.size();
            return done;
        }
        const step next = inflater_->decode(rest, output.subspan(done.produced));
        done.consumed += next.consumed;
        done.produced += next.produced;
        done.broken = next.broken || (inflater_->ended() && done.consumed < input.size());
        return done;
    }
    [[nodiscard]] bool whole() const noexcept override { return inflater_ && inflater_->ended(); }

private:
    std::unique_ptr<inflater> inflater_;
    std::array<char, 2> beginning_{};
    std::size_t begun_ = 0;
    std::size_t replayed_ = 0;
};

}  // namespace

std::unique_ptr<content_decoder> make_gzip_decoder() {
    return std::make_unique<gzip_decoder>();
}

std::unique_ptr<content_decoder> make_deflate_decoder() {
    return std::make_unique<deflate_decoder>();
}

}  // namespace symphony::net::detail
