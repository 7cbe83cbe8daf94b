#include "wire/gateway.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "base/errors.hpp"
#include "object/errors.hpp"
#include "wire/gateway_fixture.hpp"

namespace stepwell::wire {
namespace {

constexpr ErrorKind queue_does_not_exist{"QueueDoesNotExist", 400,
                                         "AWS.SimpleQueueService.NonExistentQueue"};
constexpr ErrorKind task_timed_out{"TaskTimedOut"};
constexpr ErrorKind function_not_found{"ResourceNotFoundException", 404};

using AwsJson = GatewayTest;

TEST_F(AwsJson, TheTargetNamesTheOperation) {
    have("states.StartExecution", api::Reply{R"({"executionArn":"arn"})"});
    const std::string reply = post_json("AWSStepFunctions.StartExecution", R"({"input":"{}"})");
    EXPECT_EQ(called_, "states.StartExecution");
    EXPECT_EQ(call_.body, R"({"input":"{}"})");
    EXPECT_EQ(call_.context.base_url, "http://127.0.0.1:4566");
    EXPECT_EQ(call_.context.region, "us-east-1");
    EXPECT_EQ(status_of(reply), "HTTP/1.1 200 OK");
    EXPECT_EQ(body_of(reply), R"({"executionArn":"arn"})");
    EXPECT_EQ(header_of(reply, "Content-Type"), "application/x-amz-json-1.0");
    EXPECT_EQ(header_of(reply, "x-amzn-RequestId"), call_.context.request_id);
    EXPECT_EQ(call_.context.request_id.size(), 36U);
}

TEST_F(AwsJson, AnEmptyBodyIsAnEmptyObjectBothWays) {
    have("states.ListStateMachines", api::Reply{""});
    EXPECT_EQ(body_of(post_json("AWSStepFunctions.ListStateMachines", "")), "{}");
    EXPECT_EQ(call_.body, "{}");
}

TEST_F(AwsJson, ErrorsOfStepFunctionsHaveBareNames) {
    have("states.SendTaskSuccess", Error{task_timed_out, "Task Timed Out: \"x\""});
    const std::string reply = post_json("AWSStepFunctions.SendTaskSuccess", "{}");
    EXPECT_EQ(status_of(reply), "HTTP/1.1 400 Bad Request");
    EXPECT_EQ(body_of(reply), R"({"__type":"TaskTimedOut","message":"Task Timed Out: \"x\""})");
    EXPECT_EQ(header_of(reply, "x-amzn-ErrorType"), "TaskTimedOut");
    EXPECT_NE(header_of(reply, "x-amzn-RequestId"), "");
}

TEST_F(AwsJson, ErrorsOfSqsAlsoCarryTheirOldCode) {
    have("sqs.GetQueueUrl", Error{queue_does_not_exist, "The specified queue does not exist."});
    const std::string reply = post_json("AmazonSQS.GetQueueUrl", "{}");
    EXPECT_EQ(
        body_of(reply),
        R"({"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"The specified queue does not exist."})");
    EXPECT_EQ(header_of(reply, "x-amzn-query-error"),
              "AWS.SimpleQueueService.NonExistentQueue;Sender");
}

TEST_F(AwsJson, WhatIsNoJsonObjectInUtf8IsASerializationException) {
    have("states.StartExecution");
    for (const std::string_view body : {"{", "{}}", "[]", "\"x\"", "null", "{\"a\":}",
                                        "{\"a\":\"\xff\"}", "   ", "\xEF\xBB\xBF{}"}) {
        const std::string reply = post_json("AWSStepFunctions.StartExecution", body);
        EXPECT_EQ(status_of(reply), "HTTP/1.1 400 Bad Request") << body;
        EXPECT_NE(body_of(reply).find("SerializationException"), std::string::npos) << body;
        EXPECT_EQ(called_, "") << body;
    }
}

TEST_F(AwsJson, UnknownOperationsAndMissingOnesGetDifferentAnswers) {
    have("states.StartExecution");
    std::string reply = post_json("AWSStepFunctions.MakeCoffee", "{}");
    EXPECT_EQ(status_of(reply), "HTTP/1.1 400 Bad Request");
    EXPECT_EQ(header_of(reply, "x-amzn-ErrorType"), "UnknownOperationException");
    reply = post_json("Kinesis_20131202.GetRecords", "{}");
    EXPECT_EQ(header_of(reply, "x-amzn-ErrorType"), "UnknownOperationException");
    reply = post_json("AWSStepFunctions.TestState", "{}");
    EXPECT_EQ(status_of(reply), "HTTP/1.1 501 Not Implemented");
    EXPECT_NE(body_of(reply).find("TestState"), std::string::npos);
}

TEST_F(AwsJson, OtherProtocolsAreRefusedByName) {
    const std::string reply = post("Smithy-Protocol: rpc-v2-cbor\r\n", "x",
                                   "/service/AWSStepFunctions/operation/ListActivities");
    EXPECT_EQ(status_of(reply), "HTTP/1.1 400 Bad Request");
    EXPECT_NE(body_of(reply).find("rpc-v2-cbor"), std::string::npos);
}

using Overload = GatewayTest;

TEST_F(Overload, WhatComesBeyondTheLimitIsToldToComeAgain) {
    options_.admission.requests_max = 1;
    std::vector<api::Respond> unanswered;
    operations_.add("states", "StartExecution", [&](const api::Call&, api::Respond respond) {
        unanswered.push_back(std::move(respond));
    });
    have("states.SendTaskSuccess");
    have("sqs.ReceiveMessage");
    have("s3.ListBuckets");
    const std::string start =
        "POST / HTTP/1.1\r\nHost: 127.0.0.1:4566\r\nX-Amz-Target: "
        "AWSStepFunctions.StartExecution\r\n"
        "Content-Length: 2\r\n\r\n{}";
    RawClient first{address()};
    first.send(start);
    // The same thread serves both connections: the first request is with its operation when the
    // second is answered.
    const std::string refused = post_json("AWSStepFunctions.SendTaskSuccess", "{}");
    EXPECT_EQ(status_of(refused), "HTTP/1.1 400 Bad Request");
    EXPECT_EQ(
        body_of(refused),
        R"({"__type":"com.amazon.coral.service#ThrottlingException","message":"Rate exceeded"})");
    EXPECT_EQ(header_of(refused, "Retry-After"), "1");
    EXPECT_EQ(called_, "");
    const std::string slowed = send(
        "GET / HTTP/1.1\r\nHost: 127.0.0.1:4566\r\nAuthorization: AWS4-HMAC-SHA256 "
        "Credential=k/20261124/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0\r\n\r\n");
    EXPECT_EQ(status_of(slowed), "HTTP/1.1 503 Service Unavailable");
    EXPECT_NE(slowed.find("<Code>SlowDown</Code>"), std::string::npos) << slowed;
    EXPECT_EQ(header_of(slowed, "Retry-After"), "1");
    EXPECT_EQ(status_of(post_json("AmazonSQS.ReceiveMessage", "{}")), "HTTP/1.1 200 OK")
        << "who waits is not in the way";

    ASSERT_EQ(unanswered.size(), 1U);
    unanswered.front()(api::Reply{"{}"});
    EXPECT_EQ(status_of(first.read_reply()), "HTTP/1.1 200 OK");
    EXPECT_EQ(status_of(post_json("AWSStepFunctions.SendTaskSuccess", "{}")), "HTTP/1.1 200 OK");
    EXPECT_NE(send("GET /metrics HTTP/1.1\r\nHost: 127.0.0.1:4566\r\n\r\n")
                  .find("stepwell_http_requests_throttled_total 2\n"),
              std::string::npos);
}

using AwsQuery = GatewayTest;

TEST_F(AwsQuery, ParametersBecomeJsonAndJsonBecomesXml) {
    have(
        "sqs.ReceiveMessage",
        api::Reply{
            R"({"Messages":[{"MessageId":"m<1>","Body":"a\r\n&\u0001","Attributes":{"SentTimestamp":"17"},)"
            R"("MessageAttributes":{"n":{"StringValue":"1","DataType":"Number"}}}]})"});
    const std::string reply = post_form(
        "Action=ReceiveMessage&Version=2012-11-05&QueueUrl=http%3A%2F%2Fh%2Fq&AttributeName.1=All"
        "&MessageAttributeName.2=b&MessageAttributeName.1=a&MessageAttributeName.10=c&"
        "WaitTimeSeconds=5&Unknown=x");
    EXPECT_EQ(called_, "sqs.ReceiveMessage");
    EXPECT_EQ(call_.body, R"({"QueueUrl":"http://h/q","AttributeNames":["All"],)"
                          R"("MessageAttributeNames":["a","b","c"],"WaitTimeSeconds":5})");
    EXPECT_EQ(header_of(reply, "Content-Type"), "text/xml");
    EXPECT_EQ(body_of(reply),
              "<?xml version=\"1.0\"?><ReceiveMessageResponse "
              "xmlns=\"http://queue.amazonaws.com/doc/2012-11-05/\">"
              "<ReceiveMessageResult><Message><MessageId>m&lt;1&gt;</"
              "MessageId><Body>a&#xD;\n&amp;\xEF\xBF\xBD</Body>"
              "<Attribute><Name>SentTimestamp</Name><Value>17</Value></Attribute>"
              "<MessageAttribute><Name>n</Name><Value><StringValue>1</"
              "StringValue><DataType>Number</DataType></Value>"
              "</MessageAttribute></Message></ReceiveMessageResult><ResponseMetadata><RequestId>" +
                  call_.context.request_id +
                  "</RequestId></ResponseMetadata></ReceiveMessageResponse>");
}

TEST_F(AwsQuery, NestedListsMapsAndTimesOfTheOtherServices) {
    have(
        "iam.GetRole",
        api::Reply{R"({"Role":{"RoleName":"r","CreateDate":1700000000.5,"MaxSessionDuration":3600,)"
                   R"("Tags":[{"Key":"a","Value":"b"}]}})"});
    have("sns.GetTopicAttributes", api::Reply{R"({"Attributes":{"TopicArn":"t"}})"});
    have("sns.ListTopics", api::Reply{R"({"Topics":[]})"});
    EXPECT_NE(body_of(post_form("Action=GetRole&Version=2010-05-08&RoleName=r"))
                  .find("<GetRoleResult><Role><RoleName>r</"
                        "RoleName><CreateDate>2023-11-14T22:13:20Z</CreateDate>"
                        "<MaxSessionDuration>3600</MaxSessionDuration><Tags><member><Key>a</"
                        "Key><Value>b</Value>"
                        "</member></Tags></Role></GetRoleResult>"),
              std::string::npos);
    EXPECT_NE(
        body_of(post_form("Action=GetTopicAttributes&Version=2010-03-31&TopicArn=t"))
            .find("<Attributes><entry><key>TopicArn</key><value>t</value></entry></Attributes>"),
        std::string::npos);
    EXPECT_NE(body_of(post_form("Action=ListTopics&Version=2010-03-31")).find("<Topics></Topics>"),
              std::string::npos);
}

TEST_F(AwsQuery, OperationsWithoutOutputHaveNoResultElement) {
    have("sqs.DeleteMessage", api::Reply{""});
    const std::string body = body_of(post_form("Action=DeleteMessage&QueueUrl=q&ReceiptHandle=r"));
    EXPECT_EQ(body.find("Result>"), std::string::npos) << body;
    EXPECT_NE(body.find("<ResponseMetadata>"), std::string::npos) << body;
}

TEST_F(AwsQuery, ErrorsAreXmlWithTheOldCode) {
    have("sqs.GetQueueUrl", Error{queue_does_not_exist, "a < b"});
    const std::string reply = post_form("Action=GetQueueUrl&Version=2012-11-05&QueueName=q");
    EXPECT_EQ(status_of(reply), "HTTP/1.1 400 Bad Request");
    EXPECT_NE(body_of(reply).find(
                  "<ErrorResponse xmlns=\"http://queue.amazonaws.com/doc/2012-11-05/\"><Error>"
                  "<Type>Sender</Type><Code>AWS.SimpleQueueService.NonExistentQueue</Code>"
                  "<Message>a &lt; b</Message></Error><RequestId>"),
              std::string::npos)
        << reply;
}

TEST_F(AwsQuery, TheServiceIsFoundByVersionQueuePathSignatureOrName) {
    have("sqs.TagQueue");
    have("sns.TagResource");
    have("sqs.AddPermission");
    have("sns.AddPermission");
    have("sts.GetCallerIdentity");
    post_form("Action=AddPermission&Version=2010-03-31");
    EXPECT_EQ(called_, "sns.AddPermission");
    post_form("Action=AddPermission", "/000000000000/q");
    EXPECT_EQ(called_, "sqs.AddPermission");
    post(
        "Content-Type: application/x-www-form-urlencoded\r\n"
        "Authorization: AWS4-HMAC-SHA256 Credential=AKID/20261124/eu-west-1/sns/aws4_request, "
        "SignedHeaders=host\r\n",
        "Action=AddPermission");
    EXPECT_EQ(called_, "sns.AddPermission");
    EXPECT_EQ(call_.context.access_key, "AKID");
    EXPECT_EQ(call_.context.region, "eu-west-1");
    post_form("Action=TagQueue");
    EXPECT_EQ(called_, "sqs.TagQueue");
    send(
        "GET "
        "/?Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Credential=K%2F20261124%2Fus-west-2%"
        "2Fsts%2Faws4_request "
        "HTTP/1.1\r\nHost: localhost\r\n\r\n");
    EXPECT_EQ(called_, "sts.GetCallerIdentity");
    EXPECT_EQ(call_.context.region, "us-west-2");
}

TEST_F(AwsQuery, APathCanStandForTheQueueUrl) {
    have("sqs.SendMessage");
    post_form("Action=SendMessage&MessageBody=x", "/000000000000/callbacks");
    EXPECT_EQ(call_.body,
              R"({"QueueUrl":"http://127.0.0.1:4566/000000000000/callbacks","MessageBody":"x"})");
    post_form("Action=SendMessage&MessageBody=x&QueueUrl=http%3A%2F%2Fother%2Fq",
              "/000000000000/callbacks");
    EXPECT_EQ(call_.body, R"({"QueueUrl":"http://other/q","MessageBody":"x"})");
}

TEST_F(AwsQuery, MalformedParametersAreRefused) {
    have("sqs.SendMessage");
    for (const std::string_view body :
         {"Action=SendMessage&DelaySeconds=x", "Action=SendMessage&DelaySeconds=",
          "Action=SendMessage&DelaySeconds=1.5", "Action=SendMessage&MessageBody=%ff",
          "Action=SendMessage&MessageBody=%4", "Action=SendMessage&%zz=1"}) {
        const std::string reply = post_form(body);
        EXPECT_EQ(status_of(reply), "HTTP/1.1 400 Bad Request") << body;
        EXPECT_NE(body_of(reply).find("<Code>MalformedInput</Code>"), std::string::npos)
            << body << reply;
        EXPECT_EQ(called_, "") << body;
    }
    std::string many = "Action=SendMessage";
    for (int i = 0; i < 20'000; ++i) many += "&a=b";
    EXPECT_NE(body_of(post_form(many)).find("MalformedInput"), std::string::npos);
}

TEST_F(AwsQuery, UnknownAndMissingActions) {
    have("sns.Publish");
    EXPECT_NE(
        body_of(post_form("Action=Nonsense&Version=2010-03-31")).find("<Code>InvalidAction</Code>"),
        std::string::npos);
    EXPECT_NE(body_of(post_form("Action=Nonsense")).find("<Code>InvalidAction</Code>"),
              std::string::npos);
    const std::string reply = post_form("Action=ListUsers&Version=2010-05-08");
    EXPECT_EQ(status_of(reply), "HTTP/1.1 501 Not Implemented");
    EXPECT_NE(body_of(reply).find("ListUsers"), std::string::npos);
}

using RestJson = GatewayTest;

TEST_F(RestJson, PathAndQueryJoinTheBody) {
    have("lambda.UpdateFunctionConfiguration");
    have("lambda.ListFunctions");
    have("lambda.UntagResource", api::Reply{""});
    send(
        "PUT /2015-03-31/functions/arn%3Aaws%3Alambda%3Ax/configuration HTTP/1.1\r\nHost: "
        "localhost\r\n"
        "Content-Length: 14\r\n\r\n{\"Timeout\": 3}");
    EXPECT_EQ(call_.body, R"({"Timeout": 3,"FunctionName":"arn:aws:lambda:x"})");
    send("GET /2015-03-31/functions/?MaxItems=5&Marker=a%2Bb HTTP/1.1\r\nHost: localhost\r\n\r\n");
    EXPECT_EQ(call_.body, R"({"Marker":"a+b","MaxItems":5})");
    const std::string reply = send(
        "DELETE /2017-03-31/tags/arn%3Ax?tagKeys=a&tagKeys=b HTTP/1.1\r\nHost: localhost\r\n\r\n",
        false);
    EXPECT_EQ(call_.body, R"({"TagKeys":["a","b"],"Resource":"arn:x"})");
    EXPECT_EQ(status_of(reply), "HTTP/1.1 204 No Content");
}

TEST_F(RestJson, TheNameInThePathIsTheOneThatCounts) {
    have("lambda.DeleteFunction");
    send(
        "DELETE /2015-03-31/functions/outer HTTP/1.1\r\nHost: localhost\r\nContent-Length: "
        "24\r\n\r\n"
        R"({"FunctionName":"inner"})");
    EXPECT_EQ(call_.body, R"({"FunctionName":"inner","FunctionName":"outer"})")
        << "of a repeated key the last is read";
}

TEST_F(RestJson, SuccessHasTheModelsStatus) {
    have("lambda.CreateFunction", api::Reply{R"({"FunctionName":"f"})"});
    EXPECT_EQ(status_of(post("", "{}", "/2015-03-31/functions")), "HTTP/1.1 201 Created");
}

TEST_F(RestJson, InvokeTakesAndGivesRawBytes) {
    api::Reply answer{"not json"};
    answer.is_raw_payload = true;
    answer.headers = {{"X-Amz-Function-Error", "Unhandled"}};
    have("lambda.Invoke", answer);
    const std::string reply =
        post("X-Amz-Invocation-Type: RequestResponse\r\nX-Amz-Log-Type: Tail\r\n", "\xff\xfe",
             "/2015-03-31/functions/f/invocations?Qualifier=1");
    EXPECT_EQ(call_.body, R"({"Qualifier":"1","FunctionName":"f"})");
    EXPECT_EQ(call_.raw_payload, "\xff\xfe");
    EXPECT_EQ(call_.headers,
              (std::vector<std::pair<std::string, std::string>>{
                  {"x-amz-invocation-type", "RequestResponse"}, {"x-amz-log-type", "Tail"}}));
    EXPECT_EQ(body_of(reply), "not json");
    EXPECT_EQ(header_of(reply, "X-Amz-Function-Error"), "Unhandled");
}

TEST_F(RestJson, ErrorsNameTheirTypeInAHeader) {
    have("lambda.GetFunction", Error{function_not_found, "Function not found: f"});
    const std::string reply =
        send("GET /2015-03-31/functions/f HTTP/1.1\r\nHost: localhost\r\n\r\n");
    EXPECT_EQ(status_of(reply), "HTTP/1.1 404 Not Found");
    EXPECT_EQ(header_of(reply, "x-amzn-ErrorType"), "ResourceNotFoundException");
    EXPECT_EQ(body_of(reply), R"({"Type":"User","Message":"Function not found: f"})");
}

TEST_F(RestJson, UnknownPathsAndMissingOperations) {
    EXPECT_EQ(status_of(send("GET /2015-03-31/nothing HTTP/1.1\r\nHost: localhost\r\n\r\n")),
              "HTTP/1.1 404 Not Found");
    EXPECT_EQ(status_of(send("GET /2018-10-31/layers HTTP/1.1\r\nHost: localhost\r\n\r\n")),
              "HTTP/1.1 501 Not Implemented");
}

TEST_F(RestJson, MalformedQueriesAndBodiesAreRefused) {
    have("lambda.ListFunctions");
    have("lambda.CreateFunction");
    for (const std::string bad : {"?MaxItems=x", "?Marker=%f", "?Marker=%ff"}) {
        const std::string reply =
            send("GET /2015-03-31/functions" + bad + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
        EXPECT_EQ(header_of(reply, "x-amzn-ErrorType"), "SerializationException") << bad;
    }
    EXPECT_EQ(header_of(post("", "[]", "/2015-03-31/functions"), "x-amzn-ErrorType"),
              "SerializationException");
    EXPECT_EQ(called_, "");
}

using Pages = GatewayTest;

TEST_F(Pages, HealthTellsWhichServicesAreThere) {
    have("states.StartExecution");
    have("sqs.SendMessage");
    options_.version = "1.2.3";
    EXPECT_EQ(
        body_of(send("GET /_stepwell/health HTTP/1.1\r\nHost: localhost\r\n\r\n")),
        R"({"status":"running","services":{"states":"running","sqs":"running"},"version":"1.2.3"})");
    EXPECT_EQ(
        body_of(send("GET /_localstack/health HTTP/1.1\r\nHost: localhost\r\n\r\n")),
        R"({"services":{"stepfunctions":"running","sqs":"running"},"edition":"stepwell","version":"1.2.3"})");
    EXPECT_EQ(status_of(post("", "{\"action\":\"kill\"}", "/_localstack/health")),
              "HTTP/1.1 405 Method Not Allowed");
}

TEST_F(Pages, ReadyTellsTheTruth) {
    std::atomic<bool> is_ready = false;
    options_.is_ready = [&is_ready] { return is_ready.load(); };
    EXPECT_EQ(status_of(send("GET /_stepwell/ready HTTP/1.1\r\nHost: localhost\r\n\r\n")),
              "HTTP/1.1 503 Service Unavailable");
    is_ready = true;
    EXPECT_EQ(status_of(send("GET /_stepwell/ready HTTP/1.1\r\nHost: localhost\r\n\r\n")),
              "HTTP/1.1 200 OK");
}

TEST_F(Pages, AFunctionsCodeIsWhereGetFunctionSays) {
    options_.read_function_code = [](std::string_view name, auto done) {
        if (name == "work") return done(std::string("PK zip"));
        done(Error(errors::unknown_operation, "Function not found: " + std::string(name)));
    };
    const std::string found =
        send("GET /_stepwell/functions/work/code HTTP/1.1\r\nHost: localhost\r\n\r\n");
    EXPECT_EQ(status_of(found), "HTTP/1.1 200 OK");
    EXPECT_EQ(header_of(found, "Content-Type"), "application/zip");
    EXPECT_EQ(body_of(found), "PK zip");
    const std::string missing =
        send("GET /_stepwell/functions/other/code HTTP/1.1\r\nHost: localhost\r\n\r\n");
    EXPECT_EQ(body_of(missing), R"({"message":"Function not found: other"})");
    EXPECT_TRUE(
        status_of(send("GET /_stepwell/functions//code HTTP/1.1\r\nHost: localhost\r\n\r\n"))
            .starts_with("HTTP/1.1 40"));
}

TEST_F(Pages, NoRouteAnswersWithNothingBehindIt) {
    have("s3.ListObjects", object::errors::bucket_missing());  // "/favicon.ico" names a bucket
    for (const std::string_view path :
         {"/", "/favicon.ico", "/000000000000/q", "/_stepwell/", "/_stepwell/healthy"}) {
        const std::string reply =
            send("GET " + std::string{path} + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
        EXPECT_TRUE(status_of(reply).starts_with("HTTP/1.1 40")) << path << reply;
    }
}

}  // namespace
}  // namespace stepwell::wire
