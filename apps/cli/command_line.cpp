#include "cli/command_line.hpp"

#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/terminal.hpp"
#include "cli/text.hpp"
#include "symphony/core/nearest_name.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iostream>

namespace symphony::cli {

namespace {

constexpr const char* levels = "trace|debug|info|warn|error";

// Refuses what is not among the choices of the option's value name.
CLI::Validator one_of(const std::string& choices) {
    CLI::Validator check;
    check.operation([choices](std::string& given) {
        const std::vector<std::string> allowed = choices_of(choices);
        return std::ranges::find(allowed, given) != allowed.end()
                   ? std::string()
                   : fmt::format("'{}' is none of {}", given, choices);
    });
    return check;
}

CLI::Validator a_duration() {
    CLI::Validator check;
    check.operation([](std::string& given) {
        return parse_duration(given)
                   ? std::string()
                   : fmt::format("'{}' is no duration such as 250ms or 30s", given);
    });
    return check;
}

CLI::App& add_command(CLI::App& app, const char* name, const char* description,
                      const char* examples) {
    CLI::App* command = app.add_subcommand(name, description);
    command->footer(fmt::format("Example:\n{}", examples));
    return *command;
}

void add_config(CLI::App& command, settings& into) {
    command
        .add_option(
            "-c,--config", into.config,
            "Configuration; default: $SYMPHONY_CONFIG, then symphony.yaml, .yml or .json here")
        ->type_name("FILE");
}

void add_log_level(CLI::App& command, settings& into) {
    command.add_option("--log-level", into.log_level, "What is logged on stderr, and above")
        ->type_name(levels)
        ->check(one_of(levels));
}

void define_call(CLI::App& app, settings& into) {
    CLI::App& call = add_command(
        app, "call", "Make one managed call; the answer's body goes to stdout",
        "  symphony call orders.api/orders/42\n"
        "  symphony call orders.api/orders -d '{\"item\": 7}' -H 'content-type: application/json'\n"
        "  symphony call orders.api/orders?open=1 --json");
    call.add_option("target", into.target, "What to call: TOOL.ENDPOINT[/PATH][?QUERY]")
        ->type_name("TARGET")
        ->required();
    add_config(call, into);
    call.add_option("-X,--method", into.method,
                    "Method; default: the endpoint's, or POST where -d is given")
        ->type_name("METHOD");
    call.add_option("-H,--header", into.fields, "Header field 'name: value'; may be repeated")
        ->type_name("FIELD")
        ->allow_extra_args(false);
    call.add_option("-d,--data", into.data, "Body: text, @FILE for a file's content, - for stdin")
        ->type_name("DATA");
    call.add_flag("-i,--include", into.include_head, "Print status and header fields too");
    call.add_flag("--json", into.as_json, "Print one JSON object about the call");
    call.add_option("--cost", into.cost, "Rate-limit permits each attempt takes")
        ->type_name("N")
        ->check(CLI::Range(0U, 1'000'000U).description(""));
    call.add_option("--priority", into.priority, "Place in the rate limit's queue: 0 first, 9 last")
        ->type_name("N")
        ->check(CLI::Range(0U, 9U).description(""));
    call.add_option("--timeout", into.timeout, "Shortens the whole call's time, such as 500ms")
        ->type_name("DURATION")
        ->check(a_duration());
    add_log_level(call, into);
}

void define_breakers(CLI::App& app, settings& into) {
    constexpr const char* actions = "list|open|close|auto";
    CLI::App& breakers = add_command(
        app, "breakers", "Show the running gateway's circuit breakers, or set one by hand",
        "  symphony breakers\n"
        "  symphony breakers open orders.api   # refuses all calls until 'auto'\n"
        "  symphony breakers auto orders.api");
    breakers.add_option("action", into.action, "What to do; default: list")
        ->type_name(actions)
        ->check(one_of(actions));
    breakers.add_option("target", into.target, "Which one: TOOL.ENDPOINT; a list has all without")
        ->type_name("TARGET");
    add_config(breakers, into);
    breakers
        .add_option("--admin", into.admin,
                    "The gateway's admin plane; default: that of the configuration")
        ->type_name("HOST:PORT");
    breakers.add_flag("--json", into.as_json, "Print a JSON array");
}

void define_alert(CLI::App& app, settings& into) {
    constexpr const char* actions = "test";
    CLI::App& alert = add_command(
        app, "alert", "Send a test alert through every channel, and say what came of it",
        "  symphony alert test -c symphony.yaml\n"
        "  symphony alert test orders.api");
    alert.add_option("action", into.action, "What to do: test")
        ->type_name(actions)
        ->required()
        ->check(one_of(actions));
    alert.add_option("target", into.target, "For which circuit: TOOL.ENDPOINT; default: all")
        ->type_name("TARGET");
    add_config(alert, into);
}

void define_others(CLI::App& app, settings& into) {
    CLI::App& serve =
        add_command(app, "serve", "Run the gateway: /{tool}/{endpoint}/{path} on one local address",
                    "  symphony serve -c symphony.yaml --listen 127.0.0.1:8080");
    add_config(serve, into);
    serve.add_option("--listen", into.listen, "Data plane; default 127.0.0.1:8080; port 0: any")
        ->type_name("HOST:PORT");
    serve.add_option("--admin", into.admin, "Admin plane; default 127.0.0.1:9090; port 0: any")
        ->type_name("HOST:PORT");
    serve.add_flag("--with-demo-api", into.with_demo_api,
                   "Start a local API to call; its URL is ${SYMPHONY_DEMO_API}");
    add_log_level(serve, into);

    CLI::App& check = add_command(app, "check", "Validate the configuration and print what it says",
                                  "  symphony check -c symphony.yaml");
    add_config(check, into);

    CLI::App& limits = add_command(
        app, "limits", "Show what is left of each rate limit: in Redis, or in the running gateway",
        "  symphony limits -c symphony.yaml");
    add_config(limits, into);
    limits.add_flag("--json", into.as_json, "Print a JSON array");

    define_breakers(app, into);
    define_alert(app, into);

    add_command(app, "demo", "Watch a misbehaving local API being managed, offline, in 20 seconds",
                "  symphony demo");

    constexpr const char* shells = "bash|zsh|fish";
    CLI::App& completion =
        add_command(app, "completion", "Print the completion script of a shell",
                    "  symphony completion bash > /etc/bash_completion.d/symphony");
    completion.add_option("shell", into.shell, "The shell")
        ->type_name(shells)
        ->required()
        ->check(one_of(shells));

    add_command(app, "man", "Print the manual page (roff)", "  symphony man | man -l -");
}

option_entry entry_of(const CLI::Option& option) {
    option_entry entry;
    for (const std::string& name : option.get_snames())
        entry.names.push_back("-" + name);
    for (const std::string& name : option.get_lnames())
        entry.names.push_back("--" + name);
    entry.positional = option.get_positional();
    entry.required = option.get_required();
    if (option.get_items_expected_max() > 0) entry.value = option.get_type_name();
    entry.description = option.get_description();
    return entry;
}

// The first word that is no option must be a command: the program's own options take no values.
std::optional<std::string> unknown_command(const CLI::App& app, int count,
                                           const char* const* arguments) {
    std::vector<std::string> known;
    for (const command_entry& command : commands_of(app))
        known.push_back(command.name);
    for (int i = 1; i < count; ++i) {
        const std::string word = arguments[i];
        if (word.starts_with('-')) continue;
        if (std::ranges::find(known, word) != known.end()) return std::nullopt;
        if (word == "stream") return "'symphony stream' is not available in this version";
        const std::vector<std::string_view> names(known.begin(), known.end());
        const std::string_view meant = nearest_name(word, names);
        return fmt::format("there is no command '{}' ({})", word,
                           meant.empty() ? fmt::format("there are: {}", fmt::join(known, ", "))
                                         : fmt::format("did you mean '{}'?", meant));
    }
    return std::nullopt;
}

// The parser's words, and whose help to ask for.
std::string usage_error(const CLI::App& app, const CLI::ParseError& parse) {
    std::string command = app.get_name();
    for (const CLI::App* parsed : app.get_subcommands())
        command += " " + parsed->get_name();
    return fmt::format("{} (see '{} --help')", parse.what(), command);
}

}  // namespace

std::unique_ptr<CLI::App> make_command_line(settings& into) {
    auto app = std::make_unique<CLI::App>("Dependable calls to external APIs", "symphony");
    app->set_version_flag("--version", "symphony " SYMPHONY_VERSION, "Print the version and exit");
    app->set_help_flag("-h,--help", "Print help and exit");
    app->require_subcommand(1);
    app->footer(
        "Example:\n  symphony call -c symphony.yaml orders.api/orders/42\n\n"
        "Exit status: 0 success; 1 the API answered 400 or above; 2 usage or configuration;\n"
        "3 refused locally; 4 no answer; 130 interrupted.");
    define_call(*app, into);
    define_others(*app, into);
    return app;
}

std::vector<option_entry> options_of(const CLI::App& app) {
    std::vector<option_entry> entries;
    for (const CLI::Option* option : app.get_options())
        entries.push_back(entry_of(*option));
    return entries;
}

std::vector<command_entry> commands_of(const CLI::App& app) {
    std::vector<command_entry> entries;
    for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
        std::string example = command->get_footer();
        example.erase(0, std::min(example.size(), example.find('\n') + 1));
        entries.push_back({command->get_name(), command->get_description(), std::move(example),
                           options_of(*command)});
    }
    return entries;
}

std::vector<std::string> choices_of(const std::string& value) {
    std::vector<std::string> choices;
    const bool is_word =
        std::ranges::all_of(value, [](char c) { return (c >= 'a' && c <= 'z') || c == '|'; });
    if (value.empty() || !is_word) return choices;
    std::size_t from = 0;
    for (;;) {
        const auto bar = value.find('|', from);
        choices.push_back(value.substr(from, bar - from));
        if (bar == std::string::npos) return choices;
        from = bar + 1;
    }
}

int run(int count, const char* const* arguments) {
    settings given;
    const std::unique_ptr<CLI::App> app = make_command_line(given);
    if (const auto problem = unknown_command(*app, count, arguments)) {
        complain(*problem);
        return exit_usage;
    }
    try {
        app->parse(count, arguments);
    } catch (const CLI::ParseError& parse) {
        // Help and version come as an error without a fault.
        if (parse.get_exit_code() == 0) return app->exit(parse, std::cout, std::cerr);
        complain(usage_error(*app, parse));
        return exit_usage;
    }
    given.has_data = app->get_subcommand("call")->get_option("--data")->count() > 0;
    const std::string command = app->get_subcommands().front()->get_name();
    if (command == "call") return call_command(given);
    if (command == "serve") return serve_command(given);
    if (command == "check") return check_command(given);
    if (command == "alert") return alert_command(given);
    if (command == "breakers") return breakers_command(given);
    if (command == "limits") return limits_command(given);
    if (command == "demo") return demo_command();
    if (command == "man") std::cout << man_page(*app);
    if (command == "completion") std::cout << completion_script(*app, given.shell);
    return exit_ok;
}

}  // namespace symphony::cli
