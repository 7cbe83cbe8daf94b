// What real clients sent, byte for byte (tests/wire/data/), and what the operations have to see of
// it.
#include <gtest/gtest.h>

#include "wire/gateway_fixture.hpp"

namespace stepwell::wire {
namespace {

struct Recorded {
    const char* file;
    const char* operation;
    const char* body;
};

class RecordedRequest : public GatewayTest, public testing::WithParamInterface<Recorded> {};

TEST_P(RecordedRequest, ReachesItsOperation) {
    const Recorded& recorded = GetParam();
    have(recorded.operation);
    const std::string reply = send_recorded(recorded.file);
    EXPECT_TRUE(status_of(reply).starts_with("HTTP/1.1 20")) << reply;
    EXPECT_EQ(called_, recorded.operation);
    EXPECT_EQ(call_.body, recorded.body);
    EXPECT_EQ(call_.context.access_key, "test");
    EXPECT_EQ(call_.context.region, "us-east-1");
}

constexpr Recorded all[] = {
    {"awscli_2_9_sqs_send_message", "sqs.SendMessage",
     R"({"QueueUrl":"http://127.0.0.1:4566/000000000000/callbacks","MessageBody":"{\"a\": \"b&c=d\"}","DelaySeconds":5,"MessageAttributes":{"color":{"StringValue":"r&d + \"x\" é","DataType":"String"},"blob":{"BinaryValue":"aGVsbG8=","DataType":"Binary"}}})"},
    {"awscli_1_45_sqs_send_message", "sqs.SendMessage",
     R"({"QueueUrl": "http://127.0.0.1:4566/000000000000/callbacks", "MessageBody": "{\"a\": \"b&c=d\"}", "DelaySeconds": 5, "MessageAttributes": {"color": {"DataType": "String", "StringValue": "r&d + \"x\" \u00e9"}, "blob": {"DataType": "Binary", "BinaryValue": "YUdWc2JHOD0="}}})"},
    {"awscli_2_9_stepfunctions_start_execution", "states.StartExecution",
     R"({"stateMachineArn": "arn:aws:states:us-east-1:000000000000:stateMachine:callback", "name": "one", "input": "{\"x\":1}"})"},
    {"awscli_1_45_stepfunctions_send_task_success", "states.SendTaskSuccess",
     R"({"taskToken": "abc", "output": "\"done\""})"},
    {"sdk_js_2_sqs_send_message", "sqs.SendMessage",
     R"({"QueueUrl":"http://127.0.0.1:4566/000000000000/callbacks","MessageBody":"a&b=c +é","MessageAttributes":{"n":{"DataType":"Number","StringValue":"1"}}})"},
    {"sdk_js_2_stepfunctions_send_task_success", "states.SendTaskSuccess",
     R"({"taskToken":"abc","output":"\"ok\""})"},
    {"sdk_js_3_sqs_send_message", "sqs.SendMessage",
     R"({"QueueUrl":"http://127.0.0.1:4566/000000000000/callbacks","MessageBody":"é","DelaySeconds":1})"},
    {"sdk_js_3_stepfunctions_start_execution", "states.StartExecution",
     R"({"stateMachineArn":"arn:aws:states:us-east-1:000000000000:stateMachine:callback","input":"{}"})"},
    {"awscli_1_45_lambda_create_mapping", "lambda.CreateEventSourceMapping",
     R"({"EventSourceArn": "arn:aws:sqs:us-east-1:000000000000:callbacks", "FunctionName": "f", "BatchSize": 5})"},
    {"sdk_js_3_lambda_create_function", "lambda.CreateFunction",
     R"({"FunctionName":"f","Role":"arn:aws:iam::000000000000:role/r","Code":{"ZipFile":"emlw"},"Runtime":"nodejs20.x","Handler":"index.handler"})"},
    {"awscli_2_9_sqs_create_queue", "sqs.CreateQueue",
     R"({"QueueName":"callbacks","Attributes":{"VisibilityTimeout":"30","DelaySeconds":"1"},"tags":{"team":"a"}})"},
    {"awscli_2_9_sqs_receive_message", "sqs.ReceiveMessage",
     R"({"QueueUrl":"http://127.0.0.1:4566/000000000000/callbacks","AttributeNames":["All","SentTimestamp"],"MessageAttributeNames":["All"],"MaxNumberOfMessages":10,"WaitTimeSeconds":1})"},
    {"awscli_2_9_sqs_delete_message_batch", "sqs.DeleteMessageBatch",
     R"({"QueueUrl":"http://127.0.0.1:4566/000000000000/callbacks","Entries":[{"Id":"1","ReceiptHandle":"a"},{"Id":"2","ReceiptHandle":"b"}]})"},
    {"awscli_2_9_sns_publish", "sns.Publish",
     R"({"TopicArn":"arn:aws:sns:us-east-1:000000000000:t","Message":"hello","Subject":"s","MessageAttributes":{"color":{"DataType":"String","StringValue":"r&d + \"x\" é"},"blob":{"DataType":"Binary","BinaryValue":"aGVsbG8="}}})"},
    {"sdk_js_2_sns_publish", "sns.Publish",
     R"({"TopicArn":"arn:aws:sns:us-east-1:000000000000:t","Message":"m"})"},
    {"sdk_js_3_sns_publish", "sns.Publish",
     R"({"TopicArn":"arn:aws:sns:us-east-1:000000000000:t","Message":"m","MessageAttributes":{"a":{"DataType":"String","StringValue":"v"}}})"},
    {"awscli_2_9_sns_create_topic", "sns.CreateTopic",
     R"({"Name":"t","Attributes":{"DisplayName":"T"},"Tags":[{"Key":"a","Value":"b"}]})"},
    {"awscli_1_45_sns_publish_batch", "sns.PublishBatch",
     R"({"TopicArn":"arn:aws:sns:us-east-1:000000000000:t","PublishBatchRequestEntries":[{"Id":"1","Message":"a"},{"Id":"2","Message":"b"}]})"},
    {"awscli_2_9_iam_create_role", "iam.CreateRole",
     R"({"RoleName":"r","AssumeRolePolicyDocument":"{\"Version\":\"2012-10-17\"}","MaxSessionDuration":3600,"Tags":[{"Key":"a","Value":"b"}]})"},
    {"awscli_2_9_sts_get_caller_identity", "sts.GetCallerIdentity", R"({})"},
    {"sdk_js_3_sts_assume_role", "sts.AssumeRole",
     R"({"RoleArn":"arn:aws:iam::000000000000:role/r","RoleSessionName":"s","DurationSeconds":900})"},
    {"awscli_2_9_lambda_invoke", "lambda.Invoke",
     R"({"Qualifier":"1","FunctionName":"arn:aws:lambda:us-east-1:000000000000:function:f:$LATEST"})"},
    {"sdk_js_2_lambda_invoke", "lambda.Invoke", R"({"FunctionName":"f"})"},
    {"awscli_1_45_lambda_untag_resource", "lambda.UntagResource",
     R"({"TagKeys":["a","b"],"Resource":"arn:aws:lambda:us-east-1:000000000000:function:f"})"},
    {"awscli_2_9_lambda_list_functions", "lambda.ListFunctions", R"({"MaxItems":2})"},
};

INSTANTIATE_TEST_SUITE_P(OfRealClients, RecordedRequest, testing::ValuesIn(all),
                         [](const auto& tested) { return std::string{tested.param.file}; });

TEST_F(GatewayTest, InvocationsKeepTheirPayloadAndHeaders) {
    api::Reply answer{"null"};
    answer.is_raw_payload = true;
    have("lambda.Invoke", answer);
    send_recorded("awscli_2_9_lambda_invoke");
    EXPECT_EQ(call_.raw_payload, R"({"key": 1})");
    EXPECT_EQ(call_.headers,
              (std::vector<std::pair<std::string, std::string>>{
                  {"x-amz-invocation-type", "RequestResponse"}, {"x-amz-log-type", "Tail"}}));
    send_recorded("sdk_js_3_lambda_invoke");
    EXPECT_EQ(call_.raw_payload, R"({"a":1})");
}

TEST_F(GatewayTest, AClientThatTakesUsForItsProxyReachesOperationsWithAHostPrefix) {
    have("states.StartSyncExecution");
    send_recorded("awscli_2_9_stepfunctions_start_sync_execution_by_proxy");
    EXPECT_EQ(called_, "states.StartSyncExecution");
}

}  // namespace
}  // namespace stepwell::wire
