#include "cli/command_line.hpp"

#include "cli/commands.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace symphony::cli {
namespace {

struct command_line : testing::Test {
    settings given;
    std::unique_ptr<CLI::App> app = make_command_line(given);

    // 0 when the arguments are accepted.
    int parse(std::vector<std::string> arguments) {
        std::ranges::reverse(arguments);
        try {
            app->parse(arguments);
            return 0;
        } catch (const CLI::ParseError& fault) {
            return fault.get_exit_code() == 0 ? -1 : 2;
        }
    }
};

TEST_F(command_line, has_the_commands_of_the_contract_each_with_an_example) {
    std::set<std::string> names;
    for (const command_entry& command : commands_of(*app)) {
        names.insert(command.name);
        EXPECT_TRUE(command.example.find("symphony " + command.name) != std::string::npos)
            << command.name;
        EXPECT_NE(app->get_subcommand(command.name)->help().find(command.example),
                  std::string::npos);
    }
    EXPECT_EQ(names, (std::set<std::string>{"alert", "call", "serve", "check", "limits", "breakers",
                                            "demo", "completion", "man"}));
}

TEST_F(command_line, reads_a_call) {
    ASSERT_EQ(parse({"call",   "-c", "f.yaml",     "a.b/c?d", "-X",        "PUT", "-H",
                     "x: 1",   "-H", "y: 2",       "-d",      "-",         "-i",  "--json",
                     "--cost", "3",  "--priority", "0",       "--timeout", "2s"}),
              0);
    EXPECT_EQ(given.target, "a.b/c?d");
    EXPECT_EQ(given.method, "PUT");
    EXPECT_EQ(given.fields, (std::vector<std::string>{"x: 1", "y: 2"}));
    EXPECT_EQ(given.data, "-");
    EXPECT_TRUE(given.include_head);
    EXPECT_TRUE(given.as_json);
    EXPECT_EQ(given.cost, 3U);
    EXPECT_EQ(given.priority, 0U);
    EXPECT_EQ(given.timeout, "2s");
}

TEST_F(command_line, reads_what_to_do_with_a_breaker) {
    ASSERT_EQ(parse({"breakers"}), 0);
    EXPECT_EQ(given.action, "list");
    ASSERT_EQ(parse({"breakers", "open", "a.b", "--admin", "h:1"}), 0);
    EXPECT_EQ(given.action, "open");
    EXPECT_EQ(given.target, "a.b");
    EXPECT_EQ(given.admin, "h:1");
    EXPECT_NE(parse({"breakers", "closed", "a.b"}), 0);
}

TEST_F(command_line, takes_the_target_after_header_fields) {
    ASSERT_EQ(parse({"call", "-H", "x: 1", "a.b"}), 0);
    EXPECT_EQ(given.target, "a.b");
    EXPECT_EQ(given.fields.size(), 1U);
}

TEST_F(command_line, takes_data_as_it_stands) {
    ASSERT_EQ(parse({"call", "a.b", "-d", R"([1, "two"])"}), 0);
    EXPECT_EQ(given.data, R"([1, "two"])");
}

TEST_F(command_line, refuses_what_it_does_not_know) {
    const std::vector<std::vector<std::string>> wrong{{},
                                                      {"cal"},
                                                      {"call"},
                                                      {"call", "a.b", "--prority", "1"},
                                                      {"call", "a.b", "--priority", "10"},
                                                      {"call", "a.b", "--cost", "-1"},
                                                      {"call", "a.b", "--timeout", "soon"},
                                                      {"serve", "--log-level", "loud"},
                                                      {"completion", "tcsh"}};
    for (const auto& arguments : wrong) {
        given = {};
        app = make_command_line(given);
        EXPECT_EQ(parse(arguments), 2) << (arguments.empty() ? "nothing" : arguments.back());
    }
}

TEST_F(command_line, is_in_the_man_page_with_every_option) {
    std::string page = man_page(*app);
    std::erase(page, '\\');
    for (const command_entry& command : commands_of(*app)) {
        EXPECT_NE(page.find(".SS symphony " + command.name), std::string::npos);
        for (const option_entry& option : command.options) {
            for (const std::string& name : option.names)
                EXPECT_NE(page.find("fB" + name + "fR"), std::string::npos) << name;
            EXPECT_NE(page.find(option.description), std::string::npos) << option.description;
        }
    }
}

TEST_F(command_line, is_in_every_completion_with_every_option) {
    for (const char* shell : {"bash", "zsh", "fish"}) {
        const std::string script = completion_script(*app, shell);
        for (const command_entry& command : commands_of(*app)) {
            EXPECT_NE(script.find(command.name), std::string::npos) << shell;
            for (const option_entry& option : command.options) {
                for (const std::string& name : option.names) {
                    const bool fish = std::string(shell) == "fish";
                    const std::string shown = !fish                    ? name
                                              : name.starts_with("--") ? "-l " + name.substr(2)
                                                                       : "-s " + name.substr(1);
                    EXPECT_NE(script.find(shown), std::string::npos) << shell << ' ' << name;
                }
                for (const std::string& choice : choices_of(option.value))
                    EXPECT_NE(script.find(choice), std::string::npos) << shell << ' ' << choice;
            }
        }
    }
}

TEST(choices_of, splits_value_names) {
    EXPECT_EQ(choices_of("a|b|c"), (std::vector<std::string>{"a", "b", "c"}));
    EXPECT_EQ(choices_of("a"), (std::vector<std::string>{"a"})) << "the only one";
    EXPECT_TRUE(choices_of("FILE").empty());
    EXPECT_TRUE(choices_of("HOST:PORT").empty());
    EXPECT_TRUE(choices_of("").empty());
}

}  // namespace
}  // namespace symphony::cli
