#pragma once

#include <string>
#include <string_view>

namespace symphony::test_support {

// Bodies as servers send them, made by the libraries that servers use. Throw std::runtime_error
// when a library fails.

[[nodiscard]] std::string gzip(std::string_view text, int level = 6);
[[nodiscard]] std::string zlib(std::string_view text);         // RFC 1950
[[nodiscard]] std::string raw_deflate(std::string_view text);  // RFC 1951
[[nodiscard]] std::string brotli(std::string_view text);
[[nodiscard]] std::string zstd(std::string_view text, int window_log = 0);

/// Text that compresses as text does.
[[nodiscard]] std::string sample_text(std::size_t size);

}  // namespace symphony::test_support
