#include "config/jq.hpp"

#include "config/text.hpp"

extern "C" {  // the header does not say so itself
#include <jq.h>
}

#include <mutex>
#include <vector>

namespace symphony::detail {

namespace {

// Hides what reaches outside the input: the environment, files, the process's streams and its end.
// Modules cannot be loaded since `import` and `include` stand only at a program's very beginning.
constexpr std::string_view shelter =
    "def env: {}; def stderr: .; def debug: .; def input: error(\"no input\"); def inputs: empty;"
    " def modulemeta: error(\"no modules\"); def get_search_list: [];"
    " def input_filename: null; def halt: error(\"halt\"); def halt_error: error(\"halt\");"
    " def halt_error($code): error(\"halt\"); {} as $ENV | {} as $__prog_args | (";

struct tear_down {
    void operator()(jq_state* state) const { jq_teardown(&state); }
};
using state_ptr = std::unique_ptr<jq_state, tear_down>;

void keep_first_line(void* to, jv message) {
    auto& text = *static_cast<std::string*>(to);
    if (text.empty() && jv_get_kind(message) == JV_KIND_STRING) text = jv_string_value(message);
    jv_free(message);
}

// "jq: error: WHAT at <top-level>, line 1:" followed by the program; only WHAT is wanted.
std::string cleaned(std::string text) {
    text = text.substr(0, text.find('\n'));
    if (const auto at = text.find(" at <top-level>"); at != std::string::npos) text.resize(at);
    if (const auto at = text.find(" (Unix shell"); at != std::string::npos) text.resize(at);
    for (const std::string_view prefix : {"jq: ", "error: "}) {
        if (text.starts_with(prefix)) text.erase(0, prefix.size());
    }
    return text.empty() ? "it does not compile" : printable(text, 160);
}

state_ptr compile_state(const std::string& program, std::string& message) {
    state_ptr state(jq_init());
    if (!state) return nullptr;
    jq_set_error_cb(state.get(), keep_first_line, &message);
    const std::string whole = std::string(shelter) + program + "\n)";
    if (jq_compile(state.get(), whole.c_str()) == 0) return nullptr;
    jq_set_error_cb(state.get(), [](void*, jv ignored) { jv_free(ignored); }, nullptr);
    return state;
}

jv text_value(std::string_view text) {
    return jv_string_sized(text.data(), static_cast<int>(text.size()));
}

jv input_of(const attempt_failure& failure) {
    const auto with = [](jv object, const char* key, jv value) {
        return jv_object_set(object, jv_string(key), value);
    };
    jv input = with(jv_object(), "status", jv_number(failure.status));
    input = with(input, "type", text_value(failure.type));
    input = with(input, "kind", failure.kind ? text_value(to_string(*failure.kind)) : jv_null());
    input = with(input, "message", text_value(failure.message.substr(0, 4096)));
    return with(input, "attempt", jv_number(failure.attempt));
}

bool truthy(jv value) {
    const jv_kind kind = jv_get_kind(value);
    jv_free(value);
    return kind != JV_KIND_INVALID && kind != JV_KIND_NULL && kind != JV_KIND_FALSE;
}

}  // namespace

struct jq_program::pool {
    std::string program;
    std::mutex mutex;
    std::vector<state_ptr> free;

    state_ptr take() {
        {
            const std::lock_guard lock(mutex);
            if (!free.empty()) {
                state_ptr state = std::move(free.back());
                free.pop_back();
                return state;
            }
        }
        std::string ignored;
        return compile_state(program, ignored);
    }

    void give_back(state_ptr state) {
        constexpr std::size_t most_kept = 8;
        const std::lock_guard lock(mutex);
        if (free.size() < most_kept) free.push_back(std::move(state));
    }
};

jq_program::jq_program(std::unique_ptr<pool> states) : states_(std::move(states)) {}
jq_program::~jq_program() = default;

std::expected<std::shared_ptr<const jq_program>, std::string> jq_program::compile(
    const std::string& program) {
    if (program.size() > max_length) return std::unexpected("longer than 4096 bytes");
    if (program.find('\0') != std::string::npos) return std::unexpected("a NUL character");
    if (program.find_first_not_of(" \t\r\n") == std::string::npos) {
        return std::unexpected("an empty program");
    }
    std::string message;
    state_ptr first = compile_state(program, message);
    if (!first) return std::unexpected(cleaned(message));
    auto states = std::make_unique<pool>();
    states->program = program;
    states->free.push_back(std::move(first));
    return std::shared_ptr<const jq_program>(new jq_program(std::move(states)));
}

std::optional<std::string> jq_program::always_fails() const {
    attempt_failure answered;
    answered.status = 503;
    attempt_failure lost;
    lost.kind = error_kind::connection_lost;
    lost.type = "network";
    lost.message = "the connection was lost";
    std::string said;
    for (const attempt_failure& sample : {answered, lost}) {
        const state_ptr state = compile_state(states_->program, said);
        if (!state) return std::nullopt;
        jq_start(state.get(), input_of(sample), 0);
        const jv value = jq_next(state.get());
        const bool failed =
            jv_get_kind(value) == JV_KIND_INVALID && jv_invalid_has_msg(jv_copy(value)) != 0;
        if (!failed) {
            jv_free(value);
            return std::nullopt;
        }
        const jv message = jv_invalid_get_msg(value);
        said = jv_get_kind(message) == JV_KIND_STRING ? jv_string_value(message) : "an error";
        jv_free(message);
    }
    return printable(said.substr(0, said.find('\n')), 160);
}

bool jq_program::accepts(const attempt_failure& failure) const {
    state_ptr state = states_->take();
    if (!state) return false;
    jq_start(state.get(), input_of(failure), 0);
    const bool accepted = truthy(jq_next(state.get()));
    states_->give_back(std::move(state));
    return accepted;
}

}  // namespace symphony::detail
