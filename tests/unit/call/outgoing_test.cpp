#include "call/outgoing.hpp"

#include "symphony/core/random.hpp"

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace symphony {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsSupersetOf;
using testing::MatchesRegex;
using testing::Not;

std::vector<std::string> sent(const standing_fields& standing, const headers& caller,
                              bool* dropped = nullptr) {
    fast_random random(7);
    const outgoing out(standing, caller, random);
    if (dropped != nullptr) *dropped = out.dropped_authorization();
    net::wire_request wire;
    out.put_into(wire);
    std::vector<std::string> lines;
    const auto more =
        wire.more_fields == nullptr ? std::span<const header_view>{} : wire.more_fields->fields();
    for (const auto& list : {wire.fields, more}) {
        for (const header_view field : list)
            lines.push_back(std::string(field.name) + ": " + std::string(field.value));
    }
    return lines;
}

std::vector<std::string> without_trace(std::vector<std::string> lines) {
    std::erase_if(lines, [](const std::string& line) { return line.starts_with("traceparent"); });
    return lines;
}

TEST(outgoing, sends_configured_fields_credentials_and_who_we_are) {
    const standing_fields standing({{"accept", "application/json"}}, "Bearer t");
    EXPECT_THAT(without_trace(sent(standing, {})),
                ElementsAre("accept: application/json", "user-agent: symphony/0.1.0",
                            "authorization: Bearer t"));
}

TEST(outgoing, the_caller_rules_over_the_configured_fields) {
    const standing_fields standing({{"Accept", "a"}, {"X-Kind", "1"}}, {});
    EXPECT_THAT(without_trace(sent(standing, {{"accept", "b"}, {"User-Agent", "me"}})),
                ElementsAre("accept: b", "User-Agent: me", "X-Kind: 1"));
}

TEST(outgoing, credentials_rule_over_both) {
    const standing_fields standing({{"Authorization", "Basic configured"}}, "Bearer t");
    bool dropped = false;
    const auto lines = sent(standing, {{"authorization", "Basic mine"}}, &dropped);
    EXPECT_THAT(lines, Contains("authorization: Bearer t"));
    EXPECT_THAT(lines, Not(Contains(HasSubstr("Basic"))));
    EXPECT_TRUE(dropped);
}

TEST(outgoing, without_credentials_the_callers_authorization_goes) {
    const standing_fields standing({}, {});
    bool dropped = true;
    EXPECT_THAT(sent(standing, {{"authorization", "Basic mine"}}, &dropped),
                Contains("authorization: Basic mine"));
    EXPECT_FALSE(dropped);
}

TEST(outgoing, what_belongs_to_one_connection_or_to_us_stays_here) {
    const standing_fields standing({{"Host", "configured"}, {"Connection", "x"}}, {});
    const headers caller{{"Host", "evil"},
                         {"Connection", "close, X-Hop"},
                         {"X-Hop", "1"},
                         {"Keep-Alive", "5"},
                         {"TE", "trailers"},
                         {"Trailer", "a"},
                         {"Transfer-Encoding", "chunked"},
                         {"Content-Length", "3"},
                         {"Upgrade", "h2c"},
                         {"Expect", "100-continue"},
                         {"Proxy-Connection", "close"},
                         {"Proxy-Authorization", "Basic x"},
                         {"Symphony-Cost", "3"},
                         {"symphony-priority", "1"},
                         {"symphonic", "stays"}};
    EXPECT_THAT(without_trace(sent(standing, caller)),
                ElementsAre("symphonic: stays", "user-agent: symphony/0.1.0"));
}

TEST(outgoing, gives_each_call_a_trace_of_its_own) {
    const standing_fields standing({}, {});
    EXPECT_THAT(sent(standing, {}),
                Contains(MatchesRegex("traceparent: 00-[0-9a-f]{32}-[0-9a-f]{16}-00")));
    EXPECT_THAT(sent(standing, {{"Traceparent", "mine"}}), Contains("Traceparent: mine"));
    EXPECT_EQ(sent(standing, {{"Traceparent", "mine"}}).size(), 2u);
    const standing_fields configured({{"traceparent", "fixed"}}, {});
    EXPECT_THAT(sent(configured, {}),
                ElementsAre("traceparent: fixed", "user-agent: symphony/0.1.0"));
}

TEST(outgoing, repeated_fields_all_go) {
    const standing_fields standing({{"Accept", "a"}, {"Accept", "b"}}, {});
    EXPECT_THAT(sent(standing, {{"Cookie", "1"}, {"Cookie", "2"}}),
                IsSupersetOf({"Accept: a", "Accept: b", "Cookie: 1", "Cookie: 2"}));
}

// Accept-Encoding as it was sent, and whether the answer is to be decoded.
std::pair<std::string, bool> codings(const standing_fields& standing, const headers& caller,
                                     bool decode = true) {
    fast_random random(7);
    const outgoing out(standing, caller, random, decode);
    net::wire_request wire;
    out.put_into(wire);
    std::string found;
    const auto more =
        wire.more_fields == nullptr ? std::span<const header_view>{} : wire.more_fields->fields();
    for (const auto& list : {wire.fields, more}) {
        for (const header_view field : list)
            if (iequals(field.name, "accept-encoding")) found.append(field.value).append(";");
    }
    return {found, out.asks_for_codings()};
}

TEST(outgoing, asks_for_codings_that_nobody_else_asks_for) {
    const std::pair<std::string, bool> asked{std::string(decoded_codings) + ";", true};
    const std::pair<std::string, bool> none{"", false};
    const standing_fields standing({{"Accept", "a"}}, "Bearer t", true);
    EXPECT_EQ(codings(standing, {}), asked);
    EXPECT_EQ(codings(standing, {{"accept", "b"}}), asked);
    EXPECT_EQ(codings(standing, {}, false), none);
    EXPECT_EQ(codings(standing, {{"Range", "bytes=0-1"}}), none);
    EXPECT_EQ(codings(standing, {{"Accept-Encoding", "br"}}), std::pair(std::string("br;"), false));
    const standing_fields never({{"Accept", "a"}}, {});
    EXPECT_EQ(codings(never, {}), none);
    const standing_fields configured({{"accept-encoding", "gzip"}}, {}, true);
    EXPECT_EQ(codings(configured, {}), std::pair(std::string("gzip;"), false));
    const standing_fields part({{"range", "bytes=0-1"}}, {}, true);
    EXPECT_EQ(codings(part, {}), none);
}

}  // namespace
}  // namespace symphony
