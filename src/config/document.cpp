#include "config/document.hpp"

#include "config/text.hpp"
#include "symphony/core/json_text.hpp"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <sstream>
#include <stdexcept>

namespace symphony::detail {

namespace {

position place(const YAML::Mark& mark) {
    return {mark.line + 1, mark.column + 1};
}

/// Ends the reading; the text cannot be understood further.
struct stop {
    document_fault fault;
};

/// Builds the tree from the parser's events, with bounds on everything.
class builder : public YAML::EventHandler {
public:
    [[nodiscard]] node_ptr root() const { return root_; }

    void OnDocumentStart(const YAML::Mark&) override {}
    void OnDocumentEnd() override {}
    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        add(make(mark, node::type::null), anchor);
    }
    void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        const auto found = anchors_.find(anchor);
        if (found == anchors_.end()) throw stop{{place(mark), "an alias inside its own anchor"}};
        add(found->second, 0, place(mark));
    }
    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  const std::string& value) override {
        auto scalar = make(mark, node::type::scalar);
        scalar->text = value;
        scalar->plain = tag == "?";
        if (scalar->plain && (value == "null" || value == "~" || value.empty())) {
            scalar->kind = node::type::null;
        }
        add(scalar, anchor);
    }
    void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value) override {
        open(make(mark, node::type::sequence), anchor);
    }
    void OnSequenceEnd() override { close(); }
    void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value) override {
        open(make(mark, node::type::map), anchor);
    }
    void OnMapEnd() override { close(); }

private:
    struct frame {
        std::shared_ptr<node> container;
        YAML::anchor_t anchor = 0;
        std::optional<std::pair<std::string, position>> key{};
    };

    static std::shared_ptr<node> make(const YAML::Mark& mark, node::type kind) {
        auto made = std::make_shared<node>();
        made->kind = kind;
        made->at = place(mark);
        return made;
    }

    void open(std::shared_ptr<node> container, YAML::anchor_t anchor) {
        if (stack_.size() >= max_document_depth) {
            throw stop{{container->at, "nested deeper than 64 levels"}};
        }
        if (!stack_.empty() && stack_.back().container->kind == node::type::map &&
            !stack_.back().key) {
            throw stop{{container->at, "a key must be text"}};
        }
        frame next;
        next.container = std::move(container);
        next.anchor = anchor;
        stack_.push_back(std::move(next));
    }

    void close() {
        const frame done = std::move(stack_.back());
        stack_.pop_back();
        add(done.container, done.anchor);
    }

    void add(const node_ptr& value, YAML::anchor_t anchor) { add(value, anchor, value->at); }

    void add(const node_ptr& value, YAML::anchor_t anchor, position at) {
        if (anchor != 0) anchors_[anchor] = value;
        if (stack_.empty()) {
            root_ = value;
            return;
        }
        frame& top = stack_.back();
        top.container->weight += value->weight;
        if (top.container->weight > max_document_nodes) {
            throw stop{{at, "more than 200000 values, aliases counted as often as they are used"}};
        }
        if (top.container->kind == node::type::sequence) {
            top.container->items.push_back(value);
        } else if (top.key) {
            top.container->members.push_back({top.key->first, top.key->second, value});
            top.key.reset();
        } else {
            begin_member(top, *value, at);
        }
    }

    static void begin_member(frame& top, const node& key, position at) {
        if (key.kind == node::type::sequence || key.kind == node::type::map) {
            throw stop{{at, "a key must be text"}};
        }
        top.key.emplace(key.text, at);
    }

    std::vector<frame> stack_;
    std::map<YAML::anchor_t, node_ptr> anchors_;
    node_ptr root_;
};

// Where the first byte stands that is no UTF-8 or that no text file holds.
std::optional<document_fault> unreadable(std::string_view text) {
    if (text.size() > max_document_bytes) return document_fault{{}, "larger than 4 MiB"};
    const std::size_t bad = invalid_utf8(text);
    const std::size_t zero = text.find('\0');
    const std::size_t at = std::min(bad, zero);
    if (at == std::string_view::npos) return std::nullopt;
    const std::string_view before = text.substr(0, at);
    const auto start = before.rfind('\n');
    const std::string_view line =
        start == std::string_view::npos ? before : before.substr(start + 1);
    const position where{static_cast<int>(std::ranges::count(before, '\n')) + 1,
                         static_cast<int>(line.size()) + 1};
    return document_fault{where, bad <= zero ? "not UTF-8" : "a NUL character"};
}

// What to do about a text that is no JSON, without its words: they may be a secret.
std::string json_remedy(std::string_view text, const json_fault& fault) {
    const auto before = text.substr(0, fault.offset).find_last_not_of(" \t\r\n");
    const char last = before == std::string_view::npos ? '\0' : text[before];
    const char here = fault.offset < text.size() ? text[fault.offset] : '\0';
    const bool closes = here == '}' || here == ']';
    if (closes && last == ',') return "remove the comma before the closing bracket";
    if (here == '/' || here == '#')
        return "remove the comment, or write YAML in a file named .yaml";
    const bool letter = (here >= 'a' && here <= 'z') || (here >= 'A' && here <= 'Z');
    const bool value_may_follow =
        last == '\0' || last == '{' || last == '[' || last == ':' || last == ',';
    if ((letter || here == '\'') && value_may_follow)
        return "put names and text in double quotes, or write YAML in a file named .yaml";
    if (here == '"' && !value_may_follow) return "a comma is missing before it";
    return fault.message;
}

// YAML is read from a superset of JSON; a file that says it is JSON is held to it.
std::optional<document_fault> json_violation(std::string_view text) {
    if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) return std::nullopt;
    const std::optional<json_fault> found = find_json_fault(text, max_document_depth);
    if (!found) return std::nullopt;
    return document_fault{
        {static_cast<int>(found->where.line), static_cast<int>(found->where.column)},
        "no valid JSON: " + json_remedy(text, *found)};
}

// The four hexadecimal digits of a JSON escape, or nothing.
std::optional<unsigned> code_unit(std::string_view text, std::size_t at) {
    if (text.size() < at + 6 || text[at] != '\\' || text[at + 1] != 'u') return std::nullopt;
    unsigned unit = 0;
    const char* end = text.data() + at + 6;
    const auto [stop_at, failed] = std::from_chars(end - 4, end, unit, 16);
    if (failed != std::errc() || stop_at != end) return std::nullopt;
    return unit;
}

// JSON writes a character above U+FFFF as two escapes, YAML as one: "\U0001F600".
std::string with_joined_surrogates(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size();) {
        const auto high = code_unit(text, i);
        const auto low = high ? code_unit(text, i + 6) : std::nullopt;
        if (low && *high >= 0xD800 && *high < 0xDC00 && *low >= 0xDC00 && *low < 0xE000) {
            const unsigned code = 0x10000 + ((*high - 0xD800) << 10U) + (*low - 0xDC00);
            out += fmt::format("\\U{:08X}", code);
            i += 12;
            continue;
        }
        const std::size_t length = text[i] == '\\' && i + 1 < text.size() ? 2 : 1;
        out.append(text.substr(i, length));
        i += length;
    }
    return out;
}

// JSON lets a colon stand in a line of its own, YAML wants it behind its key. No place changes but
// that of the colon.
std::string with_colons_at_keys(std::string_view text) {
    std::string out;
    out.reserve(text.size() + 1);
    bool in_string = false;
    std::size_t string_end = 0;  // in `out`
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        const bool off_its_line =
            !in_string && c == ':' && out.find_first_of("\r\n", string_end) != std::string::npos;
        if (off_its_line) out.insert(string_end, 1, ':');
        out += off_its_line ? ' ' : c;
        if (in_string && c == '\\') {
            out += text[++i];
        } else if (c == '"') {
            in_string = !in_string;
            string_end = out.size();
        }
    }
    return out;
}

// The parser's own words, without what it quotes: that may be part of a secret.
std::string without_quotes(const std::string& message) {
    if (message.starts_with("the referenced anchor")) return "the alias has no anchor";
    if (message.starts_with("unknown escape character")) return "unknown escape character";
    return printable(message, 120);
}

}  // namespace

document read_document(std::string_view text, bool json) {
    document result;
    if (auto fault = unreadable(text)) {
        result.faults.push_back(std::move(*fault));
        return result;
    }
    if (auto fault = json ? json_violation(text) : std::nullopt) {
        result.faults.push_back(std::move(*fault));
        return result;
    }
    builder tree;
    try {
        std::istringstream stream{json ? with_colons_at_keys(with_joined_surrogates(text))
                                       : std::string(text)};
        YAML::Parser parser(stream);
        if (!parser.HandleNextDocument(tree) || !tree.root()) {
            result.faults.push_back({{1, 1}, "the file is empty"});
            return result;
        }
        result.root = tree.root();
        builder second;
        if (parser.HandleNextDocument(second)) {
            const position at = second.root() ? second.root()->at : position{};
            result.faults.push_back({at, "a second document in the same file"});
        }
    } catch (const stop& stopped) {
        result.root.reset();
        result.faults.push_back(stopped.fault);
    } catch (const YAML::Exception& e) {
        result.root.reset();
        const position at = e.mark.is_null() ? position{} : place(e.mark);
        result.faults.push_back({at, "no valid YAML or JSON: " + without_quotes(e.msg)});
    } catch (const std::exception&) {
        result.root.reset();
        result.faults.push_back({{}, "no valid YAML or JSON"});
    }
    return result;
}

}  // namespace symphony::detail
