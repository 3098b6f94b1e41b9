#include "unit/config/config_fixture.hpp"

namespace symphony {
namespace {

using namespace symphony::testing;

TEST(load, reads_yaml_and_json) {
    const temporary_directory place;
    const std::string yaml = place.write("a.yaml", "# comment\n" + endpoint_with(""));
    const std::string json = place.write(
        "a.json",
        "{\n\t\"version\": 1,\n\t\"tools\": [{\"name\": \"t\", \"description\": \"\\u00e9\","
        "\n\t\t\"externalAPIs\": {\"e\": {\"url\": \"http:\\/\\/x\", \"timeout\": 5}}}]\n}\n");
    EXPECT_TRUE(load_config(yaml, {}));
    const loaded file = load_config(json, {});
    ASSERT_TRUE(file) << all_faults(file);
    EXPECT_EQ(file->tools[0].description, "é");
    EXPECT_EQ(file->file, json);
}

TEST(load, faults_of_json_have_places_too) {
    const loaded file =
        parse("{\n\t\"version\": 1,\n\t\"tols\": [],\n\t\"tools\": [{\"name\": 5}]}", {}, "a.json");
    ASSERT_FALSE(file);
    EXPECT_EQ(all_faults(file),
              "a.json:3:2: tols: unknown key (did you mean 'tools'?)\n"
              "a.json:4:12: tools[0]: 'externalAPIs' is missing\n");
}

TEST(load, says_why_a_file_cannot_be_read) {
    const temporary_directory place;
    EXPECT_EQ(all_faults(load_config(place.file("none"), {})),
              place.file("none") + ": cannot be read\n");
    EXPECT_EQ(all_faults(load_config(place.file(""), {})), place.file("") + ": is a directory\n");
    EXPECT_EQ(all_faults(load_config(place.write("large", std::string((4U << 20U) + 1, '#')), {})),
              place.file("large") + ": larger than 4 MiB\n");
    EXPECT_FALSE(load_config("/dev/zero", {}));
}

TEST(load, a_broken_environment_is_no_crash) {
    EXPECT_FALSE(parse_config(endpoint_with("timeout: '${A}'"), "a", {}));
}

TEST(load, finds_the_file_that_was_asked_for) {
    const auto env = environment_of({{"SYMPHONY_CONFIG", "from-env"}});
    EXPECT_EQ(find_config("given", env), "given");
    EXPECT_EQ(find_config(std::nullopt, env), "from-env");
}

class in_directory {
public:
    explicit in_directory(const std::string& path) : before_(std::filesystem::current_path()) {
        std::filesystem::current_path(path);
    }
    ~in_directory() { std::filesystem::current_path(before_); }
    in_directory(const in_directory&) = delete;
    in_directory& operator=(const in_directory&) = delete;

private:
    std::filesystem::path before_;
};

TEST(load, finds_the_file_of_the_working_directory) {
    const temporary_directory place;
    const in_directory here(place.file(""));
    const auto env = environment_of({{"SYMPHONY_CONFIG", ""}});
    EXPECT_EQ(find_config(std::nullopt, env), std::nullopt);
    place.write("symphony.json", "");
    EXPECT_EQ(find_config(std::nullopt, env), "symphony.json");
    place.write("symphony.yml", "");
    EXPECT_EQ(find_config(std::nullopt, env), "symphony.yml");
    place.write("symphony.yaml", "");
    EXPECT_EQ(find_config(std::nullopt, env), "symphony.yaml");
}

TEST(load, knows_the_environment_of_the_process) {
    const environment env = process_environment();
    EXPECT_TRUE(env("PATH"));
    EXPECT_FALSE(env("SYMPHONY_NO_SUCH_VARIABLE"));
    EXPECT_FALSE(env(""));
}

}  // namespace
}  // namespace symphony
