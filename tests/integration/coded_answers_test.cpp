#include "integration/expect_error.hpp"
#include "support/client_rig.hpp"
#include "support/encoders.hpp"
#include "support/misbehaving_server.hpp"
#include "support/nginx.hpp"
#include "support/process.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <utility>

namespace symphony::test_support {
namespace {

using enum error_kind;

outgoing asking(std::string target, bool streamed = false) {
    outgoing call;
    call.target = std::move(target);
    call.fields = {{"accept-encoding", "gzip, deflate, br, zstd"}};
    call.options.decode_response = true;
    call.options.stream_response = streamed;
    return call;
}

class nginx_gzip : public ::testing::Test {
protected:
    void SetUp() override {
        server.add_file("text", text);
        server.add_file("static.gz", gzip(text));
        server.add_file("static", "not this one");
    }

    nginx server{R"(server {
        listen @LISTEN@;
        root @ROOT@;
        default_type text/plain;
        location = /text { gzip on; gzip_types *; gzip_min_length 1; }
        location = /static { gzip_static on; }
    })"};
    client_rig rig;
    std::shared_ptr<const net::destination> where = destination_at(server.port());
    const std::string text = sample_text(300'000);
};

TEST_F(nginx_gzip, decodes_whole_and_streamed_answers_over_one_connection) {
    for (const char* const target : {"/text", "/static"}) {
        const result<response> whole = rig.send(where, asking(target));
        ASSERT_TRUE(answered(whole));
        EXPECT_TRUE(whole->body == text) << target;
        EXPECT_FALSE(whole->fields.contains("content-encoding"));
        EXPECT_FALSE(whole->fields.contains("content-length"));
        result<response> streamed = rig.send(where, asking(target, true));
        ASSERT_TRUE(answered(streamed));
        ASSERT_NE(streamed->stream, nullptr);
        EXPECT_TRUE(rig.read_all(*streamed->stream) == text) << target;
    }
    EXPECT_EQ(rig.client->look(*where).opened, 1U);
}

TEST_F(nginx_gzip, an_answer_that_was_decoded_was_not_just_read) {
    for (const bool decoded : {true, false}) {
        outgoing call = asking("/text");
        call.options.decode_response = decoded;
        const auto under_way = rig.start(where, std::move(call));
        ASSERT_TRUE(rig.run_until([&] { return under_way->outcome.has_value(); }));
        ASSERT_TRUE(answered(*under_way->outcome));
        EXPECT_NE(under_way->read_at.has_value(), decoded);
    }
}

TEST_F(nginx_gzip, without_decoding_the_bytes_are_as_they_came) {
    outgoing call = asking("/static");
    call.options.decode_response = false;
    const result<response> got = rig.send(where, std::move(call));
    ASSERT_TRUE(answered(got));
    EXPECT_TRUE(got->body == gzip(text));
    EXPECT_EQ(got->fields.get("content-encoding"), "gzip");
    outgoing head = asking("/static");
    head.method = "HEAD";
    const result<response> headed = rig.send(where, std::move(head));
    ASSERT_TRUE(answered(headed));
    EXPECT_EQ(headed->fields.get("content-encoding"), "gzip");
    EXPECT_EQ(headed->fields.get("content-length"), std::to_string(gzip(text).size()));
}

// Node flushes after the first half and ends later.
constexpr const char* node_server = R"(
    const zlib = require('zlib'), http = require('http');
    const make = {gzip: () => zlib.createGzip(), br: () => zlib.createBrotliCompress(),
                  deflate: () => zlib.createDeflate(), raw: () => zlib.createDeflateRaw()};
    const flush = {br: zlib.constants.BROTLI_OPERATION_FLUSH};
    http.createServer((req, res) => {
        const name = req.url.slice(1), coder = make[name]();
        res.setHeader('content-encoding', name === 'raw' ? 'deflate' : name);
        coder.pipe(res);
        coder.write('first half;');
        coder.flush(flush[name] ?? zlib.constants.Z_SYNC_FLUSH, () => {
            const more = () => coder.end('second half'.repeat(20000));
            if (req.headers['x-wait']) http.globalTick = more; else more();
        });
        if (req.headers['x-go']) http.globalTick();
    }).listen(0, '127.0.0.1', function () { console.log(this.address().port); });
)";

std::string repeated(std::string_view text, int times) {
    std::string all;
    for (int i = 0; i < times; ++i)
        all += text;
    return all;
}

TEST(node_zlib, every_coding_of_node_is_decoded_as_it_comes) {
    if (std::system("command -v node >/dev/null") != 0) GTEST_SKIP() << "no node in PATH";
    process node({"node", "-e", node_server});
    const std::string port = node.first_line();
    ASSERT_FALSE(port.empty());
    client_rig rig;
    const auto where = destination_at(static_cast<std::uint16_t>(std::stoi(port)));
    for (const char* const target : {"/gzip", "/br", "/deflate", "/raw"}) {
        const std::string second = repeated("second half", 20'000);
        const result<response> whole = rig.send(where, asking(target));
        ASSERT_TRUE(answered(whole)) << target;
        EXPECT_TRUE(whole->body == "first half;" + second) << target;

        // What was flushed is there while the rest has not been made yet.
        outgoing waits = asking(target, true);
        waits.fields.emplace_back("x-wait", "1");
        result<response> streamed = rig.send(where, std::move(waits));
        ASSERT_TRUE(answered(streamed)) << target;
        ASSERT_NE(streamed->stream, nullptr);
        EXPECT_EQ(rig.read_piece(*streamed->stream), "first half;") << target;
        outgoing goes = asking(target);
        goes.fields.emplace_back("x-go", "1");
        ASSERT_TRUE(answered(rig.send(where, std::move(goes)))) << target;
        EXPECT_TRUE(rig.read_all(*streamed->stream) == second) << target;
    }
    EXPECT_EQ(rig.client->look(*where).busy, 0U);
}

std::string coded(const std::string& body, const std::string& coding) {
    return answer(body, "Content-Encoding: " + coding + "\r\n");
}

struct coded_row {
    const char* name;
    std::string answer;
    error_kind kind;
};

std::vector<coded_row> broken_codings() {
    const std::string bomb = std::string(std::size_t{32} << 20, '\0');
    const std::string text = sample_text(10'000);
    return {
        {"no_gzip", coded("plain text", "gzip"), protocol_error},
        {"cut", coded(gzip(text).substr(0, 500), "gzip"), protocol_error},
        {"cut_checksum", coded(gzip(text).substr(0, gzip(text).size() - 1), "gzip"),
         protocol_error},
        {"more_behind", coded(brotli(text) + "x", "br"), protocol_error},
        {"wrong_order", coded(gzip(brotli(text)), "gzip, br"), protocol_error},
        {"gzip_bomb", coded(gzip(bomb), "gzip"), response_too_large},
        {"deflate_bomb", coded(zlib(bomb), "deflate"), response_too_large},
        {"br_bomb", coded(brotli(bomb), "br"), response_too_large},
        {"zstd_bomb", coded(zstd(bomb), "zstd"), response_too_large},
        {"bomb_in_bomb", coded(brotli(gzip(bomb)), "gzip, br"), response_too_large},
    };
}

TEST(coded_answers, each_fault_has_its_kind_and_leaves_the_pool_clean) {
    for (const coded_row& one : broken_codings()) {
        for (const bool streamed : {false, true}) {
            misbehaving_server server(script().head().send(one.answer).to_end());
            client_rig rig;
            const auto where = destination_at(server.port());
            result<response> got = rig.send(where, asking("/", streamed));
            if (streamed && got) {
                ASSERT_NE(got->stream, nullptr) << one.name;
                const auto read = rig.read_all(*got->stream);
                ASSERT_FALSE(read) << one.name;
                got = std::unexpected(read.error());
            }
            EXPECT_TRUE(failed_as(got, one.kind, true)) << one.name;
            EXPECT_EQ(rig.client->look(*where).busy, 0U) << one.name;
        }
    }
}

TEST(coded_answers, an_endless_stream_of_sound_text_is_no_bomb) {
    const std::string text = sample_text(100'000);
    std::string body;
    for (int member = 0; member < 50; ++member)
        body += gzip(text);
    misbehaving_server server(script().head().send(coded(body, "gzip")).to_end());
    client_rig rig;
    limit_options limits;
    limits.max_response_bytes = 1000;  // of buffered bodies
    const auto where = destination_at(server.port(), {}, {}, limits);
    result<response> got = rig.send(where, asking("/", true));
    ASSERT_TRUE(answered(got));
    const auto read = rig.read_all(*got->stream);
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->size(), 50 * text.size());
    EXPECT_EQ(rig.client->look(*where).idle, 1U);
}

TEST(coded_answers, a_connection_that_breaks_is_told_from_a_broken_coding) {
    const std::string whole = coded(gzip(sample_text(10'000)), "gzip");
    misbehaving_server server(script().head().send(whole.substr(0, whole.size() - 100)));
    client_rig rig;
    const auto where = destination_at(server.port());
    EXPECT_TRUE(failed_as(rig.send(where, asking("/")), connection_lost, true));
}

TEST(coded_answers, unknown_codings_are_given_as_they_came) {
    misbehaving_server server(script().head().send(coded("who knows", "compress")).to_end());
    client_rig rig;
    const result<response> got = rig.send(destination_at(server.port()), asking("/"));
    ASSERT_TRUE(answered(got));
    EXPECT_EQ(got->body, "who knows");
    EXPECT_EQ(got->fields.get("content-encoding"), "compress");
}

TEST(coded_answers, a_stream_that_is_let_go_closes_its_connection) {
    const std::string text = sample_text(3'000'000);
    misbehaving_server server(script().head().send(coded(gzip(text), "gzip")).to_end());
    client_rig rig;
    const auto where = destination_at(server.port());
    {
        result<response> got = rig.send(where, asking("/", true));
        ASSERT_TRUE(answered(got));
        ASSERT_TRUE(rig.read_piece(*got->stream));
    }
    EXPECT_EQ(rig.client->look(*where).busy, 0U);
    EXPECT_EQ(rig.client->look(*where).idle, 0U);
}

}  // namespace
}  // namespace symphony::test_support
