#include "wire/http_parser.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "base/random.hpp"

namespace stepwell::wire {
namespace {

void feed(HttpParser& parser, std::string_view bytes) {
    while (!bytes.empty()) {
        const std::span<char> space = parser.space();
        const std::size_t portion = std::min(space.size(), bytes.size());
        std::copy_n(bytes.data(), portion, space.data());
        parser.received(portion);
        bytes.remove_prefix(portion);
    }
}

std::string describe(const HttpRequest& request) {
    std::string text{request.method};
    text.append(" ").append(request.authority).append(" ").append(request.path);
    if (!request.query.empty()) text.append("?").append(request.query);
    text.append(" [").append(request.body).append("]");
    return request.keep_alive ? text : text + " close";
}

/// What comes out when the input arrives in two portions, cut at `cut`: requests, then a refusal if
/// there is one.
std::vector<std::string> parse_cut(std::string_view input, std::size_t cut,
                                   HttpParser::Limits limits = {}) {
    HttpParser parser{limits};
    std::vector<std::string> seen;
    for (const std::string_view portion : {input.substr(0, cut), input.substr(cut)}) {
        feed(parser, portion);
        while (true) {
            const HttpParser::Step step = parser.next();
            if (step == HttpParser::Step::incomplete) break;
            if (step == HttpParser::Step::refused) {
                seen.push_back(std::to_string(parser.refusal().status));
                return seen;
            }
            seen.push_back(describe(parser.request()));
        }
    }
    return seen;
}

/// The same, after checking that it is the same wherever the input is cut.
std::vector<std::string> parse(std::string_view input, HttpParser::Limits limits = {}) {
    const auto whole = parse_cut(input, input.size(), limits);
    for (std::size_t cut = 0; cut < input.size(); ++cut) {
        EXPECT_EQ(parse_cut(input, cut, limits), whole) << "cut at byte " << cut;
    }
    return whole;
}

using Seen = std::vector<std::string>;

TEST(HttpParser, ReadsARequestWithABody) {
    EXPECT_EQ(parse("POST /a/b?c=d HTTP/1.1\r\nHost: h:1\r\nContent-Length: 5\r\n\r\nhello"),
              Seen{"POST h:1 /a/b?c=d [hello]"});
}

TEST(HttpParser, PipelinedRequestsComeOutOneByOne) {
    std::string input;
    Seen expected;
    for (int i = 0; i < 20; ++i) {
        const std::string body(static_cast<std::size_t>(i), 'x');
        input += "POST /" + std::to_string(i) +
                 " HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(body.size()) +
                 "\r\n\r\n" + body;
        expected.push_back("POST h /" + std::to_string(i) + " [" + body + "]");
    }
    EXPECT_EQ(parse(input), expected);
}

TEST(HttpParser, ChunkedBodiesAreJoined) {
    EXPECT_EQ(parse("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
                    "5\r\nhello\r\n1;ext=\"a b\"\r\n \r\nA\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n"
                    "GET /next HTTP/1.1\r\nHost: h\r\n\r\n"),
              (Seen{"POST h / [hello 0123456789]", "GET h /next []"}));
}

TEST(HttpParser, AwsChunkedBodiesAreDecoded) {
    const std::string chunks =
        "5;chunk-signature=ab\r\nhello\r\n0;chunk-signature=cd\r\nx-amz-checksum-crc32:AAAAAA=="
        "\r\n\r\n";
    EXPECT_EQ(
        parse("PUT / HTTP/1.1\r\nHost: h\r\nContent-Encoding: aws-chunked\r\nContent-Length: " +
              std::to_string(chunks.size()) + "\r\n\r\n" + chunks),
        Seen{"PUT h / [hello]"});
    EXPECT_EQ(parse("PUT / HTTP/1.1\r\nHost: h\r\nContent-Encoding: aws-chunked\r\nContent-Length: "
                    "4\r\n\r\n9\r\nx"),
              Seen{"400"});
}

/// A parser that writes bodies of more than 8 bytes to a file.
class SpoolingParser : public testing::Test {
 protected:
    SpoolingParser() : directory_(testing::TempDir() + "spool-" + make_uuid()) {
        limits_.spool_directory = directory_;
        limits_.body_rule = [](const HttpRequest&) {
            return BodyRule{.bytes_max = 100, .spooled_above = 8};
        };
    }
    ~SpoolingParser() override { std::filesystem::remove_all(directory_); }

    /// The requests, with what is in their files, wherever the input is cut.
    Seen parse(std::string_view input) {
        const Seen whole = parse_cut(input, input.size());
        for (std::size_t cut = 0; cut < input.size(); ++cut)
            EXPECT_EQ(parse_cut(input, cut), whole) << "cut at byte " << cut;
        return whole;
    }

    Seen parse_cut(std::string_view input, std::size_t cut) {
        HttpParser parser{limits_};
        Seen seen;
        for (const std::string_view portion : {input.substr(0, cut), input.substr(cut)}) {
            feed(parser, portion);
            for (auto step = parser.next(); step != HttpParser::Step::incomplete;
                 step = parser.next()) {
                if (step == HttpParser::Step::refused) {
                    seen.push_back(std::to_string(parser.refusal().status));
                    return seen;
                }
                seen.push_back(described(parser.request()));
            }
        }
        return seen;
    }

    static std::string described(const HttpRequest& request) {
        std::string text = describe(request);
        if (request.body_file != nullptr) {
            std::string content(request.body_file->size(), '?');
            EXPECT_TRUE(request.body_file->read(0, content));
            text += " file[" + content + "]";
        }
        return text.append(request.trailers);
    }

    bool is_directory_empty() const { return std::filesystem::is_empty(directory_); }

    const std::string directory_;
    HttpParser::Limits limits_;
};

TEST_F(SpoolingParser, LongBodiesGoToAFileAndShortOnesDoNot) {
    EXPECT_EQ(parse("PUT /1 HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\n123456789"
                    "PUT /2 HTTP/1.1\r\nHost: h\r\nContent-Length: 8\r\n\r\n12345678"
                    "GET /3 HTTP/1.1\r\nHost: h\r\n\r\n"),
              (Seen{"PUT h /1 [] file[123456789]", "PUT h /2 [12345678]", "GET h /3 []"}));
    EXPECT_TRUE(is_directory_empty()) << "nobody has kept the file";
}

TEST_F(SpoolingParser, ChunkedBodiesBecomeAFileOnceTheyAreLong) {
    // Where it is cut decides whether so short a body ever was longer than the buffer's share.
    const std::string input =
        "PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
        "9\r\n123456789\r\n3\r\nabc\r\n0\r\n\r\nGET /next HTTP/1.1\r\nHost: h\r\n\r\n";
    const std::size_t behind_first_chunk = input.find("3\r\nabc");
    EXPECT_EQ(parse_cut(input, behind_first_chunk),
              (Seen{"PUT h / [] file[123456789abc]", "GET h /next []"}));
    EXPECT_EQ(parse_cut(input, behind_first_chunk + 5),
              (Seen{"PUT h / [] file[123456789abc]", "GET h /next []"}));
}

TEST_F(SpoolingParser, AwsChunkedIsTakenOffOnTheWayToTheFile) {
    const std::string head =
        "PUT / HTTP/1.1\r\nHost: h\r\nContent-Encoding: aws-chunked\r\nContent-Length: ";
    const std::string chunks =
        "5;chunk-signature=ab\r\nhello\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n";
    EXPECT_EQ(parse(head + std::to_string(chunks.size()) + "\r\n\r\n" + chunks),
              Seen{"PUT h / [] file[hello]x-amz-checksum-crc32:AAAAAA==\n"});
    EXPECT_EQ(parse(head + "12\r\n\r\n5\r\nhello\r\n5\r"), Seen{"400"});
    EXPECT_EQ(parse(head + "12\r\n\r\n5\r\nhelloXXXXX"), Seen{"400"});
}

TEST_F(SpoolingParser, AFileHasTheLimitOfABody) {
    EXPECT_EQ(parse("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 101\r\n\r\n"), Seen{"413"});
    const std::string chunk = "32\r\n" + std::string(50, 'x') + "\r\n";
    EXPECT_EQ(parse_cut("PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk +
                            chunk + chunk,
                        120),
              Seen{"413"});
}

TEST(HttpParser, OtherContentEncodingsAreRefused) {
    EXPECT_EQ(
        parse("PUT / HTTP/1.1\r\nHost: h\r\nContent-Encoding: gzip\r\nContent-Length: 1\r\n\r\nx"),
        Seen{"415"});
}

TEST(HttpParser, AbsoluteFormNamesTheHost) {
    EXPECT_EQ(parse("POST http://sync-127.0.0.1:4566/p?q HTTP/1.1\r\nHost: other\r\n\r\n"),
              Seen{"POST sync-127.0.0.1:4566 /p?q []"});
    EXPECT_EQ(parse("GET http://h HTTP/1.1\r\nHost: h\r\n\r\n"), Seen{"GET h / []"});
    EXPECT_EQ(parse("GET http://h?x=1 HTTP/1.1\r\nHost: h\r\n\r\n"), Seen{"GET h /?x=1 []"});
    EXPECT_EQ(parse("GET http://user@h/ HTTP/1.1\r\nHost: h\r\n\r\n"), Seen{"400"});
    EXPECT_EQ(parse("GET ftp://h/ HTTP/1.1\r\nHost: h\r\n\r\n"), Seen{"400"});
}

TEST(HttpParser, ConnectionsStayOpenAsTheVersionSays) {
    EXPECT_EQ(parse("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"),
              Seen{"GET h / [] close"});
    EXPECT_EQ(parse("GET / HTTP/1.1\r\nHost: h\r\nConnection: TE, Close\r\n\r\n"),
              Seen{"GET h / [] close"});
    EXPECT_EQ(parse("GET / HTTP/1.0\r\n\r\n"), Seen{"GET  / [] close"});
    EXPECT_EQ(parse("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"), Seen{"GET  / []"});
}

TEST(HttpParser, HeaderNamesHaveNoCaseAndValuesNoOuterSpace) {
    HttpParser parser{{}};
    feed(parser,
         "POST / HTTP/1.1\r\nhOsT:h\r\nX-AMZ-TARGET: \t AmazonSQS.SendMessage \t "
         "\r\norigin:\r\n\r\n");
    ASSERT_EQ(parser.next(), HttpParser::Step::request);
    EXPECT_EQ(parser.request().header(Header::host), "h");
    EXPECT_EQ(parser.request().header(Header::x_amz_target), "AmazonSQS.SendMessage");
    EXPECT_EQ(parser.request().header(Header::origin), "");
    EXPECT_NE(parser.request().header(Header::origin).data(), nullptr);
    EXPECT_EQ(parser.request().header(Header::expect).data(), nullptr);
}

TEST(HttpParser, EmptyLinesBeforeARequestAreIgnored) {
    EXPECT_EQ(
        parse(
            "\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\n\r\n"),
        (Seen{"GET h / []", "GET h /2 []"}));
}

TEST(HttpParser, WhatTwoServersCouldReadDifferentlyIsRefused) {
    const std::string post = "POST / HTTP/1.1\r\nHost: h\r\n";
    for (const std::string headers : {
             "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
             "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
             "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
             "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
             "Content-Length: 5, 5\r\n\r\nhello",
             "Content-Length: +5\r\n\r\nhello",
             "Content-Length: -1\r\n\r\n",
             "Content-Length: 0x5\r\n\r\nhello",
             "Content-Length: 5 5\r\n\r\nhello",
             "Content-Length:\r\n\r\n",
             "Content-Length: 18446744073709551617\r\n\r\n",
             "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
             "Content-Length : 5\r\n\r\nhello",
             "Content-Length\r\n\r\n",
             " Content-Length: 5\r\n\r\nhello",
             "X: a\r\n b\r\n\r\n",
             "X: a\nContent-Length: 5\r\n\r\nhello",
             "X: a\rContent-Length: 5\r\n\r\nhello",
             "Host: again\r\n\r\n",
             ": empty\r\n\r\n",
             "X\x01: a\r\n\r\n",
             "X: a\x01\r\n\r\n",
         }) {
        EXPECT_EQ(parse(post + headers), Seen{"400"}) << headers;
    }
    const std::string chunked = post + "Transfer-Encoding: chunked\r\n\r\n";
    for (const std::string body :
         {"5\nhello\r\n0\r\n\r\n", "0x5\r\nhello\r\n0\r\n\r\n", "5 \r\nhello\r\n0\r\n\r\n",
          "-1\r\n\r\n", "\r\n", "g\r\n", "8000000000000000\r\n", "fffffffffffffffff\r\n",
          "5\r\nhelloX\r\n0\r\n\r\n", "5\r\nhell\r\n0\r\n\r\n", "0\r\nA: b\n\r\n\r\n"}) {
        EXPECT_EQ(parse(chunked + body), Seen{"400"}) << body;
    }
    EXPECT_EQ(parse(post + "Transfer-Encoding: gzip, chunked\r\n\r\n"), Seen{"501"});
    EXPECT_EQ(parse(post + "Transfer-Encoding: identity\r\n\r\n"), Seen{"501"});
    EXPECT_EQ(parse("POST / HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
              Seen{"400"});
    EXPECT_EQ(parse(std::string{"POST / HTTP/1.1\r\nHost: h\r\nX: a\0b\r\n\r\n", 36}), Seen{"400"});
}

TEST(HttpParser, MalformedRequestLinesAreRefused) {
    for (const std::string line :
         {"GET /", "GET  HTTP/1.1", "GET / HTTP/1.1 ", "GET /a b HTTP/1.1", " / HTTP/1.1",
          "G(T / HTTP/1.1", "GET a HTTP/1.1", "GET /\x7f HTTP/1.1", "GET /#f HTTP/1.1",
          "GET /\xc3\xa9 HTTP/1.1", "GET * HTTP/1.1", "CONNECT h:1 HTTP/1.1", "GET / http/1.1",
          "GET / FTP/1.1"}) {
        EXPECT_EQ(parse(line + "\r\nHost: h\r\n\r\n"), Seen{"400"}) << line;
    }
    EXPECT_EQ(parse("GET / HTTP/1.1\r\n\r\n"), Seen{"400"}) << "no Host";
    EXPECT_EQ(parse("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), Seen{"505"});
    EXPECT_EQ(parse("GET / HTTP/1.2\r\nHost: h\r\n\r\n"), Seen{"505"});
    EXPECT_EQ(parse("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n"), Seen{"OPTIONS h * []"});
}

TEST(HttpParser, NothingIsParsedAfterARefusal) {
    HttpParser parser{{}};
    feed(parser, "BAD\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_EQ(parser.next(), HttpParser::Step::refused);
    EXPECT_EQ(parser.next(), HttpParser::Step::refused);
}

TEST(HttpParser, HeadsHaveALimit) {
    HttpParser::Limits limits;
    limits.head_bytes_max = 100;
    const std::string start = "GET / HTTP/1.1\r\nHost: h\r\nX: ";
    const std::string end = "\r\n\r\n";
    EXPECT_EQ(parse(start + std::string(100 - start.size() - end.size(), 'x') + end, limits),
              Seen{"GET h / []"});
    EXPECT_EQ(parse(start + std::string(101 - start.size() - end.size(), 'x') + end, limits),
              Seen{"431"});
    EXPECT_EQ(parse(start + std::string(200, 'x'), limits), Seen{"431"})
        << "before its end has come";

    limits = {};
    limits.headers_max = 3;
    EXPECT_EQ(parse("GET / HTTP/1.1\r\nHost: h\r\nA: 1\r\nB: 2\r\n\r\n", limits),
              Seen{"GET h / []"});
    EXPECT_EQ(parse("GET / HTTP/1.1\r\nHost: h\r\nA: 1\r\nB: 2\r\nC: 3\r\n\r\n", limits),
              Seen{"431"});
}

TEST(HttpParser, BodiesHaveALimitThatDependsOnThePath) {
    HttpParser::Limits limits;
    limits.body_rule = [](const HttpRequest& head) {
        return BodyRule{head.path == "/large" ? std::size_t{8} : std::size_t{4}};
    };
    EXPECT_EQ(parse("POST /large HTTP/1.1\r\nHost: h\r\nContent-Length: 8\r\n\r\n12345678", limits),
              Seen{"POST h /large [12345678]"});
    EXPECT_EQ(parse("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n", limits),
              Seen{"413"});
    const std::string chunked = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
    EXPECT_EQ(parse(chunked + "2\r\n12\r\n2\r\n34\r\n0\r\n\r\n", limits), Seen{"POST h / [1234]"});
    EXPECT_EQ(parse(chunked + "2\r\n12\r\n3\r\n", limits), Seen{"413"})
        << "before the chunk has come";
}

TEST(HttpParser, LongBodiesArriveInManyPortions) {
    std::string body;
    for (int i = 0; body.size() < 3'000'000; ++i) body += std::to_string(i);
    HttpParser parser{{}};
    feed(parser, "POST / HTTP/1.1\r\nHost: h\r\nX-Amz-Target: T.O\r\nContent-Length: " +
                     std::to_string(body.size()) + "\r\n\r\n");
    EXPECT_EQ(parser.next(), HttpParser::Step::incomplete);
    EXPECT_EQ(parser.waiting(), HttpParser::Waiting::body);
    for (std::size_t at = 0; at < body.size(); at += 7777) {
        ASSERT_EQ(parser.next(), HttpParser::Step::incomplete);
        feed(parser, std::string_view{body}.substr(at, 7777));
    }
    ASSERT_EQ(parser.next(), HttpParser::Step::request);
    EXPECT_EQ(parser.request().header(Header::x_amz_target), "T.O");
    EXPECT_TRUE(parser.request().body == body);
}

TEST(HttpParser, ManySmallChunksDoNotGrowTheBuffer) {
    HttpParser parser{{}};
    feed(parser, "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
    EXPECT_EQ(parser.next(), HttpParser::Step::incomplete);
    for (int i = 0; i < 100'000; ++i) {
        feed(parser, "1;" + std::string(200, 'e') + "\r\nx\r\n");
        ASSERT_EQ(parser.next(), HttpParser::Step::incomplete);
    }
    EXPECT_EQ(parser.body_bytes_received(), 100'000U);
    feed(parser, "0\r\n\r\n");
    ASSERT_EQ(parser.next(), HttpParser::Step::request);
    EXPECT_EQ(parser.request().body, std::string(100'000, 'x'));
}

TEST(HttpParser, TellsOnceThatTheClientWaitsForContinue) {
    HttpParser parser{{}};
    feed(parser, "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    EXPECT_EQ(parser.next(), HttpParser::Step::incomplete);
    EXPECT_TRUE(parser.take_continue());
    EXPECT_FALSE(parser.take_continue());
    feed(parser, "ok");
    ASSERT_EQ(parser.next(), HttpParser::Step::request);
    EXPECT_EQ(parser.request().body, "ok");

    EXPECT_EQ(parse("POST / HTTP/1.1\r\nHost: h\r\nExpect: 200-ok\r\nContent-Length: 2\r\n\r\n"),
              Seen{"417"});
}

TEST(HttpParser, KnowsWhatItWaitsFor) {
    HttpParser parser{{}};
    EXPECT_EQ(parser.waiting(), HttpParser::Waiting::request);
    feed(parser, "G");
    EXPECT_EQ(parser.next(), HttpParser::Step::incomplete);
    EXPECT_EQ(parser.waiting(), HttpParser::Waiting::head);
    feed(parser, "ET / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\n");
    EXPECT_EQ(parser.next(), HttpParser::Step::incomplete);
    EXPECT_EQ(parser.waiting(), HttpParser::Waiting::body);
    feed(parser, "xG");
    EXPECT_EQ(parser.next(), HttpParser::Step::request);
    EXPECT_EQ(parser.next(), HttpParser::Step::incomplete);
    EXPECT_EQ(parser.waiting(), HttpParser::Waiting::head);
}

}  // namespace
}  // namespace stepwell::wire
