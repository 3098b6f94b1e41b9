#include "cli/request_body.hpp"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

namespace symphony::cli {

namespace {

constexpr std::size_t whole_up_to = std::size_t{1} << 20;

struct closer {
    void operator()(std::FILE* file) const noexcept {
        if (file != stdin) std::fclose(file);
    }
};
using file_handle = std::unique_ptr<std::FILE, closer>;

// What was read to find out that the body is large, and then the rest of the file. Reading blocks,
// which is fine in a program that makes one call.
class file_body final : public body_source {
public:
    file_body(std::string begun, file_handle file)
        : begun_(std::move(begun)), file_(std::move(file)) {}

    boost::asio::awaitable<result<std::string_view>> read() override {
        if (!begun_given_) {
            begun_given_ = true;
            co_return std::string_view(begun_);
        }
        begun_.clear();
        const std::size_t count = std::fread(buffer_.data(), 1, buffer_.size(), file_.get());
        if (count == 0 && std::ferror(file_.get()) != 0)
            co_return fail(error_kind::invalid_request, "the body cannot be read to its end");
        co_return std::string_view(buffer_.data(), count);
    }
    std::optional<std::uint64_t> size() const noexcept override { return std::nullopt; }

private:
    std::string begun_;
    file_handle file_;
    bool begun_given_ = false;
    std::array<char, std::size_t{64} << 10> buffer_{};
};

}  // namespace

result<request_body> read_data(const std::string& spec) {
    request_body body;
    if (spec != "-" && !spec.starts_with('@')) {
        body.text = spec;
        return body;
    }
    const std::string name = spec == "-" ? "standard input" : spec.substr(1);
    file_handle file(spec == "-" ? stdin : std::fopen(name.c_str(), "rb"));
    if (!file)
        return fail(error_kind::invalid_request, fmt::format("{}: {}", name, std::strerror(errno)));
    std::array<char, std::size_t{16} << 10> piece{};
    while (body.text.size() <= whole_up_to) {
        const std::size_t count = std::fread(piece.data(), 1, piece.size(), file.get());
        body.text.append(piece.data(), count);
        if (count > 0) continue;
        if (std::ferror(file.get()) != 0)
            return fail(error_kind::invalid_request, fmt::format("{} cannot be read", name));
        return body;
    }
    body.stream = std::make_shared<file_body>(std::exchange(body.text, {}), std::move(file));
    return body;
}

}  // namespace symphony::cli
