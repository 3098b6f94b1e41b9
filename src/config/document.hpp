#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace symphony::detail {

/// A place in a file; both count from 1. 0 means the file as a whole.
struct position {
    int line = 0;
    int column = 0;
};

struct node;
using node_ptr = std::shared_ptr<const node>;

/// A YAML or JSON value with its place. Unlike YAML::Node it keeps duplicates and the place of
/// keys.
struct node {
    enum class type : std::uint8_t { null, scalar, sequence, map };
    struct member {
        std::string key;
        position at;
        node_ptr value;
    };

    type kind = type::null;
    position at{};
    std::string text{};  ///< scalar
    bool plain = true;   ///< scalar written without quotes
    std::vector<node_ptr> items{};
    std::vector<member> members{};
    std::size_t weight = 1;  ///< nodes in it, aliases counted as often as they are used
};

/// What is wrong with the text itself; messages repeat none of it.
struct document_fault {
    position at{};
    std::string message;
};

struct document {
    node_ptr root{};  ///< null when the text cannot be read at all
    std::vector<document_fault> faults{};
};

constexpr std::size_t max_document_bytes = std::size_t{4} << 20;
constexpr std::size_t max_document_depth = 64;
constexpr std::size_t max_document_nodes = 200'000;

/// Reads one YAML or JSON document. `json`: nothing else will do, and pairs of \u escapes that JSON
/// wants for characters above U+FFFF are understood (columns behind one on its line are then two
/// less). Refused: what is
/// too large or too deep, what is not UTF-8, a second document, keys that are not text, aliases
/// that multiply without bound.
[[nodiscard]] document read_document(std::string_view text, bool json = false);

}  // namespace symphony::detail
