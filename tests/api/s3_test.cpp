// S3 as the wire and as tasks call it: JSON in, JSON out, the content beside it.
#include "api/s3.hpp"

#include <gtest/gtest.h>

#include <future>
#include <stepwell/testing.hpp>

#include "api/world.hpp"
#include "json/value.hpp"
#include "json/writer.hpp"

namespace stepwell::api {
namespace {

/// A world in memory, with a bucket.
class S3Test : public testing::Test {
 protected:
    S3Test() {
        World::Options options;
        options.durability = Durability::none;
        options.clock = &clock_;
        world_ = *World::open(std::move(options));
        EXPECT_TRUE(world_->start().has_value());
        EXPECT_EQ(call("CreateBucket", R"({"Bucket":"bucket"})"), R"({"Location":"/bucket"})");
    }

    Result<Reply> try_call(std::string_view operation, std::string body, std::string content = {},
                           std::string_view service = "s3") {
        std::promise<Result<Reply>> promise;
        const Operation* const found = world_->operations().find(service, operation);
        EXPECT_NE(found, nullptr) << operation;
        Call call{std::move(body), {"http://host:4566", "id", "", "us-east-1"}};
        call.raw_payload = std::move(content);
        (*found)(std::move(call),
                 [&](Result<Reply> reply) { promise.set_value(std::move(reply)); });
        return promise.get_future().get();
    }
    /// The answer's JSON and behind it the content; or the error's code.
    std::string call(std::string_view operation, std::string body, std::string content = {}) {
        Result<Reply> reply = try_call(operation, std::move(body), std::move(content));
        if (!reply.has_value()) return std::string(reply.error().code());
        return reply->body + (reply->content.has_value() ? *std::move(*reply->content).read() : "");
    }
    void put(const std::string& key, const std::string& content) {
        json::Writer input;
        input.begin_object().member("Bucket", "bucket").member("Key", key).end_object();
        ASSERT_TRUE(try_call("PutObject", input.take(), content).has_value());
    }
    /// Of the object "key": with further members of the input.
    std::string get(const std::string& members = {}) {
        Result<Reply> reply =
            try_call("GetObject", R"({"Bucket":"bucket","Key":"key")" + members + "}");
        if (!reply.has_value()) return std::string(reply.error().code());
        return std::to_string(reply->http_status) + " " + *std::move(*reply->content).read();
    }

    /// How an execution of the one state ends: its output, or its error.
    std::string run(const std::string& state, const std::string& input = "{}") {
        json::Writer machine;
        machine.begin_object().member("name", "m" + std::to_string(machines_++));
        machine.member("roleArn", "arn:aws:iam::000000000000:role/r");
        machine.member("definition", R"({"StartAt":"S","States":{"S":)" + state + "}}");
        const Result<Reply> made =
            try_call("CreateStateMachine", machine.end_object().take(), {}, "states");
        if (!made.has_value()) return made.error().message();
        json::Writer start;
        start.begin_object();
        start.member("stateMachineArn", member(made->body, "stateMachineArn"));
        start.member("input", input).end_object();
        const Result<Reply> started = try_call("StartExecution", start.take(), {}, "states");
        std::promise<std::string> end;
        world_->executions().wait_until_ended(
            member(started->body, "executionArn"), [&](const Result<ExecutionDescription>& seen) {
                end.set_value(seen->error.has_value() ? *seen->error + ": " + *seen->cause
                                                      : std::string(seen->output.text()));
            });
        return end.get_future().get();
    }
    std::string task(const std::string& action, const std::string& parameters) {
        return run(R"({"Type":"Task","End":true,"Resource":"arn:aws:states:::aws-sdk:s3:)" +
                   action + R"(","Parameters":)" + parameters + "}");
    }

    static std::string member(const std::string& json, std::string_view name) {
        const auto document = json::Document::parse(json).value();
        const auto found = document.root().find(name);
        if (!found.has_value()) return "absent";
        return std::string(found->is_string() ? found->string() : found->raw());
    }

    ManualClock clock_;
    std::unique_ptr<World> world_;
    int machines_ = 0;
};

TEST_F(S3Test, AnObjectComesBackWithWhatWasSaidOfIt) {
    EXPECT_EQ(call("PutObject",
                   R"({"Bucket":"bucket","Key":"key","ContentType":"text/plain",)"
                   R"("CacheControl":"no-store","Metadata":{"a":"b"},"Tagging":"t=1&u=%20",)"
                   R"("ContentMD5":"XUFAKrxLKna5cZ2REBfFkg==","ChecksumAlgorithm":"CRC32"})",
                   "hello"),
              R"({"ChecksumCRC32":"NhCmhg==","ChecksumType":"FULL_OBJECT",)"
              R"("ETag":"\"5d41402abc4b2a76b9719d911017c592\"","ServerSideEncryption":"AES256"})");
    const std::string answer =
        call("GetObject", R"({"Bucket":"bucket","Key":"key","ChecksumMode":"ENABLED"})");
    EXPECT_TRUE(answer.ends_with("hello"));
    const std::string json = answer.substr(0, answer.size() - 5);
    for (const auto& [name, value] : {std::pair{"CacheControl", "no-store"},
                                      {"ChecksumCRC32", "NhCmhg=="},
                                      {"ContentLength", "5"},
                                      {"ContentType", "text/plain"},
                                      {"Metadata", R"({"a":"b"})"},
                                      {"TagCount", "2"}})
        EXPECT_EQ(member(json, name), value) << name;
    EXPECT_EQ(member(call("HeadObject", R"({"Bucket":"bucket","Key":"key"})"), "ContentLength"),
              "5");
}

TEST_F(S3Test, RangesAreThoseOfHttp) {
    put("key", "0123456789");
    const auto range = [&](const std::string& text) {
        return get(R"(,"Range":"bytes=)" + text + "\"");
    };
    EXPECT_EQ(range("2-4"), "206 234");
    EXPECT_EQ(range("8-"), "206 89");
    EXPECT_EQ(range("8-100"), "206 89");
    EXPECT_EQ(range("-3"), "206 789");
    EXPECT_EQ(range("-30"), "206 0123456789");
    EXPECT_EQ(range("10-"), "InvalidRange");
    EXPECT_EQ(range("-0"), "InvalidRange");
    for (const char* not_understood : {"4-2", "a-", "-", "1-2,4-5", ""})
        EXPECT_EQ(range(not_understood), "200 0123456789") << not_understood;
    EXPECT_EQ(get(R"(,"PartNumber":1)"), "206 0123456789");
    EXPECT_EQ(get(R"(,"PartNumber":2)"), "InvalidRange");
}

TEST_F(S3Test, ConditionsAreThoseOfHttp) {
    put("key", "hello");
    const std::string time = std::to_string(
        std::chrono::floor<std::chrono::seconds>(clock_.now()).time_since_epoch().count());
    const std::string etag = R"(\"5d41402abc4b2a76b9719d911017c592\")";
    EXPECT_EQ(get(R"(,"IfMatch":")" + etag + "\""), "200 hello");
    EXPECT_EQ(get(R"(,"IfMatch":"\"x\"")"), "PreconditionFailed");
    EXPECT_EQ(get(R"(,"IfNoneMatch":"\"x\", )" + etag + "\""), "NotModified");
    EXPECT_EQ(get(R"(,"IfNoneMatch":"*")"), "NotModified");
    EXPECT_EQ(get(R"(,"IfNoneMatch":"\"x\"")"), "200 hello");
    EXPECT_EQ(get(R"(,"IfModifiedSince":)" + time), "NotModified");
    EXPECT_EQ(get(R"(,"IfModifiedSince":0)"), "200 hello");
    EXPECT_EQ(get(R"(,"IfUnmodifiedSince":0)"), "PreconditionFailed");
    EXPECT_EQ(get(R"(,"IfUnmodifiedSince":)" + time), "200 hello");
    EXPECT_EQ(call("PutObject", R"({"Bucket":"bucket","Key":"key","IfNoneMatch":"*"})", "x"),
              "PreconditionFailed");
}

TEST_F(S3Test, WhatIsWrongIsRefusedWithS3sCodes) {
    EXPECT_EQ(get(), "NoSuchKey");
    EXPECT_EQ(call("GetObject", R"({"Bucket":"none","Key":"k"})"), "NoSuchBucket");
    EXPECT_EQ(call("CreateBucket", R"({"Bucket":"Upper"})"), "InvalidBucketName");
    EXPECT_EQ(call("PutObject", R"({"Bucket":"bucket","Key":"k","ContentMD5":"x"})"),
              "InvalidDigest");
    EXPECT_EQ(call("PutObject", R"({"Bucket":"bucket","Key":"k","ChecksumCRC32":"AAAAAA=="})", "x"),
              "BadDigest");
    EXPECT_EQ(call("PutObject", R"({"Bucket":"bucket","Key":"k","Tagging":"a=1&a=2"})"),
              "InvalidArgument");
    EXPECT_EQ(call("ListObjectsV2", R"({"Bucket":"bucket","MaxKeys":"x"})"), "InvalidArgument");
    EXPECT_EQ(call("ListObjectsV2", R"({"Bucket":"bucket","ContinuationToken":"x"})"),
              "InvalidArgument");
    EXPECT_EQ(call("DeleteObjects", R"({"Bucket":"bucket","Delete":{"Objects":[]}})"),
              "MalformedXML");
    EXPECT_EQ(call("CopyObject", R"({"Bucket":"bucket","Key":"k","CopySource":"nokey"})"),
              "InvalidArgument");
    put("key", "x");
    EXPECT_EQ(call("CopyObject", R"({"Bucket":"bucket","Key":"key","CopySource":"bucket/key"})"),
              "InvalidRequest");
}

TEST_F(S3Test, ListingsGoOnByTheirToken) {
    for (const char* key : {"a b", "c/1", "c/2", "d"}) put(key, "x");
    const std::string first = call("ListObjectsV2", R"({"Bucket":"bucket","MaxKeys":2,)"
                                                    R"("Delimiter":"/","EncodingType":"url"})");
    EXPECT_EQ(member(first, "CommonPrefixes"), R"([{"Prefix":"c/"}])");
    EXPECT_NE(first.find(R"("Key":"a%20b")"), std::string::npos);
    EXPECT_EQ(member(first, "KeyCount"), "2");
    EXPECT_EQ(member(first, "IsTruncated"), "true");
    const std::string second =
        call("ListObjectsV2", R"({"Bucket":"bucket","Delimiter":"/","ContinuationToken":")" +
                                  member(first, "NextContinuationToken") + "\"}");
    EXPECT_EQ(member(second, "CommonPrefixes"), "absent");
    EXPECT_NE(second.find(R"("Key":"d")"), std::string::npos);
    EXPECT_EQ(member(second, "IsTruncated"), "false");
}

TEST_F(S3Test, ACopyTakesAttributesOrGetsNewOnes) {
    call("PutObject", R"({"Bucket":"bucket","Key":"a b","ContentType":"x/y","Tagging":"t=1"})",
         "hello");
    const std::string copied =
        R"({"Bucket":"bucket","Key":"key","CopySource":"/bucket/a%20b","ContentType":"z/z")";
    EXPECT_NE(call("CopyObject", copied + "}").find("CopyObjectResult"), std::string::npos);
    EXPECT_EQ(member(call("HeadObject", R"({"Bucket":"bucket","Key":"key"})"), "ContentType"),
              "x/y");
    call("CopyObject", copied + R"(,"MetadataDirective":"REPLACE"})");
    EXPECT_EQ(member(call("HeadObject", R"({"Bucket":"bucket","Key":"key"})"), "ContentType"),
              "z/z");
    EXPECT_EQ(call("GetObjectTagging", R"({"Bucket":"bucket","Key":"key"})"),
              R"({"TagSet":[{"Key":"t","Value":"1"}]})");
    EXPECT_EQ(get(), "200 hello");
}

TEST_F(S3Test, TasksPutJsonAndGetText) {
    const std::string put_answer =
        task("putObject", R"({"Bucket":"bucket","Key":"key","Body":{"a":[1,"b"]}})");
    EXPECT_EQ(member(put_answer, "ChecksumType"), "FULL_OBJECT");
    EXPECT_EQ(get(), R"(200 {"a":[1,"b"]})");
    const std::string got = task("getObject", R"({"Bucket":"bucket","Key":"key"})");
    EXPECT_EQ(member(got, "Body"), R"({"a":[1,"b"]})");
    EXPECT_EQ(member(got, "ContentType"), "text/plain; charset=UTF-8");
    EXPECT_EQ(member(got, "LastModified").size(), std::string("2026-11-24T00:00:00Z").size());
    put("key", std::string("a\xff") + "b");
    EXPECT_EQ(member(task("getObject", R"({"Bucket":"bucket","Key":"key"})"), "Body"),
              "a\xEF\xBF\xBD"
              "b");
}

TEST_F(S3Test, TasksFailWithTheSdksNames) {
    EXPECT_TRUE(task("getObject", R"({"Bucket":"bucket","Key":"none"})")
                    .starts_with("S3.NoSuchKeyException: The specified key does not exist. "
                                 "(Service: S3, Status Code: 404, Request ID: "));
    EXPECT_TRUE(
        task("listObjectsV2", R"({"Bucket":"none"})").starts_with("S3.NoSuchBucketException: "));
    EXPECT_TRUE(task("createBucket", R"({"Bucket":"X"})").starts_with("S3.S3Exception: "));
}

TEST_F(S3Test, AMapReadsAListingAndWritesItsResults) {
    put("in/1", "x");
    put("in/2", "xy");
    const std::string output = run(
        R"({"Type":"Map","End":true,"ItemReader":{"Resource":"arn:aws:states:::s3:listObjectsV2",)"
        R"("Parameters":{"Bucket":"bucket","Prefix":"in/"}},"ItemProcessor":{"ProcessorConfig":)"
        R"({"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt":"P","States":{"P":)"
        R"({"Type":"Pass","InputPath":"$.Key","End":true}}},"ResultWriter":{"Resource":)"
        R"("arn:aws:states:::s3:putObject","Parameters":{"Bucket":"bucket","Prefix":"out"},)"
        R"("WriterConfig":{"Transformation":"COMPACT","OutputType":"JSON"}}})");
    const std::string manifest = member(member(output, "ResultWriterDetails"), "Key");
    ASSERT_TRUE(manifest.starts_with("out/")) << output;
    json::Writer input;
    input.begin_object().member("Bucket", "bucket");
    input.member("Key", manifest.substr(0, manifest.rfind('/') + 1) + "SUCCEEDED_0.json");
    EXPECT_TRUE(call("GetObject", input.end_object().take()).ends_with(R"(["in/1","in/2"])"));
}

TEST_F(S3Test, AMapThatCannotReadSaysWhatS3Said) {
    EXPECT_TRUE(
        run(R"({"Type":"Map","End":true,"ItemReader":{"Resource":"arn:aws:states:::s3:getObject",)"
            R"("ReaderConfig":{"InputType":"JSON"},"Parameters":{"Bucket":"bucket","Key":"no"}},)"
            R"("ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":)"
            R"("STANDARD"},"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}}})")
            .starts_with("States.ItemReaderFailed: The specified key does not exist. (Service: "
                         "Amazon S3; Status Code: 404; Error Code: NoSuchKey; Request ID: "));
}

}  // namespace
}  // namespace stepwell::api
