#include "net/decoder_chain.hpp"

#include <fmt/format.h>

#include <ranges>
#include <string>
#include <utility>

namespace symphony::net::detail {

namespace {

std::unexpected<error> refusal(error_kind kind, std::string message) {
    error why;
    why.kind = kind;
    why.message = std::move(message);
    why.maybe_sent = true;  // there is an answer
    return std::unexpected(std::move(why));
}

}  // namespace

std::unique_ptr<content_decoder> make_decoder(content_coding coding) {
    switch (coding) {
        case content_coding::gzip:
            return make_gzip_decoder();
        case content_coding::deflate:
            return make_deflate_decoder();
        case content_coding::br:
            return make_brotli_decoder();
        case content_coding::zstd:
            return make_zstd_decoder();
    }
    std::unreachable();
}

decoder_chain::decoder_chain(const content_codings& codings, std::uint64_t most_ratio)
    : most_ratio_(most_ratio) {
    for (const content_coding coding : codings.all() | std::views::reverse) {
        stages_[size_].coding = coding;
        stages_[size_++].decoder = make_decoder(coding);
    }
    if (size_ == 2) between_ = std::make_unique_for_overwrite<char[]>(between_bytes);
}

result<decoder_chain::step> decoder_chain::decode(std::string_view input, std::span<char> output) {
    return size_ == 2 ? run_both(input, output) : run(stages_[0], input, output);
}

// What is decoded halfway goes on before more is taken in.
result<decoder_chain::step> decoder_chain::run_both(std::string_view input,
                                                    std::span<char> output) {
    step done;
    for (;;) {
        const result<step> last = run(stages_[1], waiting_, output);
        if (!last) return last;
        waiting_.remove_prefix(last->consumed);
        done.produced = last->produced;
        if (done.produced > 0) return done;
        const result<step> first =
            run(stages_[0], input.substr(done.consumed), {between_.get(), between_bytes});
        if (!first) return first;
        done.consumed += first->consumed;
        waiting_ = {between_.get(), first->produced};
        if (first->produced == 0) return done;
    }
}

result<decoder_chain::step> decoder_chain::run(stage& one, std::string_view input,
                                               std::span<char> output) {
    step done;
    while (done.produced == 0 && (done.consumed < input.size() || one.full)) {
        const content_decoder::step next = one.decoder->decode(input.substr(done.consumed), output);
        const bool stuck = next.consumed == 0 && next.produced == 0 && done.consumed < input.size();
        if (next.broken || (stuck && !one.full)) {
            return refusal(
                error_kind::protocol_error,
                fmt::format("the {} coding of the answer is broken", to_string(one.coding)));
        }
        done.consumed += next.consumed;
        done.produced = next.produced;
        one.full = next.produced == output.size();
    }
    one.received += done.consumed;
    one.given += done.produced;
    const bool too_much =
        most_ratio_ > 0 && one.given > free_bytes && one.given / most_ratio_ > stages_[0].received;
    if (too_much) {
        return refusal(error_kind::response_too_large,
                       fmt::format("the answer grows beyond {} times its size in decoding its {} "
                                   "coding",
                                   most_ratio_, to_string(one.coding)));
    }
    return done;
}

result<void> decoder_chain::finish() const {
    for (const stage& one : std::span(stages_).first(size_)) {
        if (one.received > 0 && !one.decoder->whole()) {
            return refusal(error_kind::protocol_error,
                           fmt::format("the answer ends in the middle of its {} coding",
                                       to_string(one.coding)));
        }
    }
    return {};
}

}  // namespace symphony::net::detail
