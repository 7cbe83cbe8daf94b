// S3's protocol: which operation a request means, what it is given, and how it answers.
#include <gtest/gtest.h>

#include "object/errors.hpp"
#include "wire/gateway_fixture.hpp"
#include "wire/s3_operations.hpp"

namespace stepwell::wire {
namespace {

/// Requests to a table that has some of S3's operations.
class S3Wire : public GatewayTest {
 protected:
    std::string ask(std::string_view line, std::string_view headers = {},
                    std::string_view body = {}) {
        std::string request(line);
        request.append(" HTTP/1.1\r\n");
        if (headers.find("Host:") == std::string_view::npos)
            request.append("Host: 127.0.0.1:4566\r\n");
        request.append(headers);
        if (!body.empty())
            request.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n");
        return send(request.append("\r\n").append(body), !line.starts_with("HEAD"));
    }
};

TEST_F(S3Wire, BucketAndKeyAreInThePathOrTheHost) {
    have("s3.GetObject", api::Reply{.body = "{}", .content = Content{.bytes = "x"}});
    const std::string input = R"({"Bucket":"bucket","Key":"a/b c"})";
    ask("GET /bucket/a/b%20c");
    EXPECT_EQ(call_.body, input);
    ask("GET /a/b%20c", "Host: bucket.s3.localhost.localstack.cloud:4566\r\n");
    EXPECT_EQ(call_.body, input);
    ask("GET /a/b%20c", "Host: bucket.localhost:4566\r\n");
    EXPECT_EQ(call_.body, input);
    ask("GET /bucket/%2E%2E/..%2F?versionId=null");
    EXPECT_EQ(call_.body, R"({"Bucket":"bucket","Key":"../../","VersionId":"null"})");
}

TEST_F(S3Wire, QueryAndHeadersTellTheOperations) {
    const char* const signed_for_s3 =
        "Authorization: AWS4-HMAC-SHA256 Credential=K/20261124/us-east-1/s3/aws4_request\r\n";
    for (const char* name :
         {"ListBuckets", "ListObjectsV2", "ListObjects", "CreateBucket", "UploadPart", "CopyObject",
          "UploadPartCopy", "CompleteMultipartUpload", "HeadBucket", "DeleteObjects"})
        have("s3." + std::string(name), api::Reply{"{}"});
    const auto called = [&](std::string_view line, const std::string& headers = {}) {
        ask(line, signed_for_s3 + headers);
        return called_;
    };
    EXPECT_EQ(called("GET /"), "s3.ListBuckets");
    EXPECT_EQ(called("GET /b-1?list-type=2&prefix=p"), "s3.ListObjectsV2");
    EXPECT_EQ(called("GET /b-1/?prefix=p"), "s3.ListObjects");
    EXPECT_EQ(called("PUT /2015-03-31"), "s3.CreateBucket") << "no path of Lambda's";
    EXPECT_EQ(called("PUT /metrics"), "s3.CreateBucket") << "no page of ours";
    EXPECT_EQ(called("PUT /b-1/k?partNumber=1&uploadId=u"), "s3.UploadPart");
    EXPECT_EQ(called("PUT /b-1/k", "x-amz-copy-source: a/b\r\n"), "s3.CopyObject");
    EXPECT_EQ(called("PUT /b-1/k?partNumber=1&uploadId=u", "x-amz-copy-source: a/b\r\n"),
              "s3.UploadPartCopy");
    EXPECT_EQ(called("POST /b-1/k?uploadId=u"), "s3.CompleteMultipartUpload");
    EXPECT_EQ(called("HEAD /b-1"), "s3.HeadBucket");
    EXPECT_EQ(called("POST /b-1?delete"), "s3.DeleteObjects");
}

TEST_F(S3Wire, WhatIsSignedInTheQueryIsTaken) {
    have("s3.GetObject", api::Reply{.body = "{}", .content = Content{}});
    ask("GET /000000000000/key?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=K%2F20261124%2F"
        "us-east-1%2Fs3%2Faws4_request&X-Amz-Signature=s");
    EXPECT_EQ(called_, "s3.GetObject");
    ask("GET /000000000000/key?AWSAccessKeyId=K&Signature=s&Expires=1");
    EXPECT_EQ(called_, "s3.GetObject");
    ask("GET /000000000000/key");
    EXPECT_EQ(called_, "") << "a queue's URL";
}

TEST_F(S3Wire, HeadersAndTrailersAreMembers) {
    have("s3.PutObject", api::Reply{R"({"ETag":"\"e\""})"});
    const std::string chunks = "2\r\nhi\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n";
    const std::string reply = ask("PUT /bucket/key",
                                  "Content-Type: text/plain\r\nx-amz-meta-Some: Thing\r\n"
                                  "Content-Encoding: gzip,aws-chunked\r\n",
                                  chunks);
    EXPECT_EQ(call_.body, R"({"Bucket":"bucket","Key":"key","ContentType":"text/plain",)"
                          R"("ContentEncoding":"gzip","Metadata":{"some":"Thing"},)"
                          R"("ChecksumCRC32":"AAAAAA=="})");
    EXPECT_EQ(call_.raw_payload, "hi");
    EXPECT_EQ(header_of(reply, "etag"), "\"e\"");
    EXPECT_NE(header_of(reply, "x-amz-request-id"), "");
}

TEST_F(S3Wire, XmlBodiesAreMembers) {
    have("s3.DeleteObjects", api::Reply{R"({"Deleted":[{"Key":"a&b"},{"Key":"c"}]})"});
    const std::string reply =
        ask("POST /bucket?delete", {},
            "<Delete><Object><Key>a&amp;b</Key></Object><Quiet>false</Quiet><Object><Key>c</Key>"
            "</Object></Delete>");
    EXPECT_EQ(call_.body, R"({"Bucket":"bucket","Delete":{"Objects":[{"Key":"a&b"},{"Key":"c"}],)"
                          R"("Quiet":"false"}})");
    EXPECT_EQ(body_of(reply),
              "<?xml version=\"1.0\"?><DeleteResult xmlns=\"http://s3.amazonaws.com/doc/"
              "2006-03-01/\"><Deleted><Key>a&amp;b</Key></Deleted><Deleted><Key>c</Key>"
              "</Deleted></DeleteResult>");
    EXPECT_NE(ask("POST /bucket?delete", {}, "<Delete>").find("<Code>MalformedXML</Code>"),
              std::string::npos);
}

TEST_F(S3Wire, TimesAreThoseOfTheirPlace) {
    have("s3.HeadObject", api::Reply{R"({"ContentLength":7,"LastModified":1795501800})"});
    have("s3.ListBuckets", api::Reply{R"({"Buckets":[{"CreationDate":1795501800,"Name":"b"}]})"});
    const std::string head = ask("HEAD /bucket/key",
                                 "If-Modified-Since: "
                                 "Tue, 24 Nov 2026 06:30:00 GMT\r\n");
    EXPECT_EQ(call_.body, R"({"Bucket":"bucket","Key":"key","IfModifiedSince":1795501800})");
    EXPECT_EQ(header_of(head, "last-modified"), "Tue, 24 Nov 2026 06:30:00 GMT");
    EXPECT_EQ(header_of(head, "Content-Length"), "7");
    const std::string list = ask("GET /", "Host: s3.localhost:4566\r\n");
    EXPECT_NE(list.find("<Buckets><Bucket><CreationDate>2026-11-24T06:30:00.000Z</CreationDate>"
                        "<Name>b</Name></Bucket></Buckets>"),
              std::string::npos)
        << list;
}

TEST_F(S3Wire, ErrorsSayWhere) {
    have("s3.GetObject", object::errors::key_missing());
    have("s3.ListObjects", object::errors::bucket_missing());
    EXPECT_NE(ask("GET /bucket/a")
                  .find("<Code>NoSuchKey</Code><Message>The specified key does "
                        "not exist.</Message><Key>a</Key><RequestId>"),
              std::string::npos);
    EXPECT_NE(ask("GET /bucket").find("<BucketName>bucket</BucketName>"), std::string::npos);
    EXPECT_EQ(status_of(ask("PUT /bucket?versioning", {}, "<V/>")), "HTTP/1.1 501 Not Implemented");
    EXPECT_NE(ask("GET /bucket/%zz").find("<Code>InvalidURI</Code>"), std::string::npos);
    EXPECT_NE(ask("GET /bucket/%ff").find("<Code>InvalidRequest</Code>"), std::string::npos);
}

}  // namespace
}  // namespace stepwell::wire
