// DynamoDB's operations as the wire and the tasks of executions call them.
#include "api/dynamodb.hpp"

#include <gtest/gtest.h>

#include <future>
#include <stepwell/testing.hpp>

#include "api/world.hpp"
#include "json/value.hpp"
#include "json/writer.hpp"

namespace stepwell::api {
namespace {

class DynamoDbTest : public testing::Test {
 protected:
    DynamoDbTest() {
        World::Options options;
        options.durability = Durability::none;
        options.clock = &clock;
        world = *World::open(std::move(options));
        EXPECT_TRUE(world->start().has_value());
        call("CreateTable",
             R"({"TableName":"things","BillingMode":"PAY_PER_REQUEST",)"
             R"("KeySchema":[{"AttributeName":"id","KeyType":"HASH"}],)"
             R"("AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"}]})");
    }

    Result<Reply> try_call(std::string_view service, std::string_view operation, std::string body,
                           std::string starter = "") {
        std::promise<Result<Reply>> promise;
        const Operation* found = world->operations().find(service, operation);
        EXPECT_NE(found, nullptr) << operation;
        CallContext context{"http://host:4566", "id", "", "us-east-1"};
        context.starter = std::move(starter);
        (*found)({std::move(body), std::move(context)},
                 [&](Result<Reply> reply) { promise.set_value(std::move(reply)); });
        return promise.get_future().get();
    }
    std::string call(std::string_view operation, std::string body, std::string starter = "") {
        const auto reply = try_call("dynamodb", operation, std::move(body), std::move(starter));
        if (reply.has_value()) return reply->body;
        std::string text = std::string(reply.error().code()) + ": " + reply.error().message();
        if (!reply.error().members().empty()) text.append(" ").append(reply.error().members());
        return text;
    }
    /// With the table's name before what is given.
    std::string on(std::string_view operation, std::string_view rest, std::string starter = "") {
        return call(operation, R"({"TableName":"things",)" + std::string(rest) + "}",
                    std::move(starter));
    }

    /// What an execution of these states comes to: its output, or its error and cause.
    std::string run(std::string_view states, std::string_view input = "{}") {
        json::Writer machine;
        const std::string machine_name = "m" + std::to_string(++machines);
        machine.begin_object().member("name", machine_name).member("type", "EXPRESS");
        machine.member("roleArn", "arn:aws:iam::000000000000:role/r");
        machine.member("definition", R"({"StartAt":"A","States":)" + std::string(states) + "}");
        const auto made = try_call("states", "CreateStateMachine", machine.end_object().take());
        EXPECT_TRUE(made.has_value()) << made.error().message();
        json::Writer start;
        start.begin_object().member("input", input);
        start.member("stateMachineArn",
                     "arn:aws:states:us-east-1:000000000000:stateMachine:" + machine_name);
        const auto ended = try_call("states", "StartSyncExecution", start.end_object().take());
        EXPECT_TRUE(ended.has_value()) << ended.error().message();
        const auto document = json::Document::parse(ended->body);
        const auto text = [&](std::string_view name) {
            const auto found = document->root().find(name);
            return found.has_value() ? std::string(found->string()) : std::string();
        };
        return text("error").empty() ? text("output") : text("error") + ": " + text("cause");
    }

    ManualClock clock;
    std::unique_ptr<World> world;
    int machines = 0;
};

TEST_F(DynamoDbTest, ATableIsDescribed) {
    const std::string described = call("DescribeTable", R"({"TableName":"things"})");
    for (const std::string_view part :
         {R"("TableStatus":"ACTIVE")", R"("KeySchema":[{"AttributeName":"id","KeyType":"HASH"}])",
          R"("TableArn":"arn:aws:dynamodb:us-east-1:000000000000:table/things")",
          R"("BillingModeSummary":{"BillingMode":"PAY_PER_REQUEST"})"}) {
        EXPECT_NE(described.find(part), std::string::npos) << described;
    }
    EXPECT_EQ(call("ListTables", "{}"), R"({"TableNames":["things"]})");
    EXPECT_EQ(call("DescribeTable", R"({"TableName":"none"})"),
              "ResourceNotFoundException: Requested resource not found: Table: none not found");
    EXPECT_EQ(call("DescribeTable",
                   R"({"TableName":"arn:aws:dynamodb:us-east-1:000000000000:table/things"})"),
              described);
}

TEST_F(DynamoDbTest, ANewTableIsChecked) {
    EXPECT_EQ(
        call("CreateTable", R"({"TableName":"t&t"})"),
        "ValidationException: 3 validation errors detected: Value 't&t' at 'tableName' failed "
        "to satisfy constraint: Member must satisfy regular expression pattern: "
        "[a-zA-Z0-9_.-]+; Value null at 'keySchema' failed to satisfy constraint: Member must "
        "not be null; Value null at 'attributeDefinitions' failed to satisfy constraint: "
        "Member must not be null");
    const std::string keys =
        R"({"TableName":"new","KeySchema":[{"AttributeName":"a","KeyType":"HASH"}],)";
    EXPECT_EQ(
        call("CreateTable",
             keys + R"("AttributeDefinitions":[{"AttributeName":"a","AttributeType":"S"}]})"),
        "ValidationException: One or more parameter values were invalid: ReadCapacityUnits and "
        "WriteCapacityUnits must both be specified when BillingMode is PROVISIONED");
    EXPECT_EQ(
        call(
            "CreateTable",
            keys +
                R"("BillingMode":"PAY_PER_REQUEST","AttributeDefinitions":[{"AttributeName":"b","AttributeType":"S"}]})"),
        "ValidationException: One or more parameter values were invalid: Some index key attributes "
        "are not defined in AttributeDefinitions. Keys: [a], AttributeDefinitions: [b]");
}

TEST_F(DynamoDbTest, ItemsComeAndGo) {
    EXPECT_EQ(on("PutItem", R"("Item":{"id":{"S":"a"},"n":{"N":"1.0"}})"), "{}");
    EXPECT_EQ(
        on("GetItem", R"("Key":{"id":{"S":"a"}},"ReturnConsumedCapacity":"TOTAL")"),
        R"({"Item":{"id":{"S":"a"},"n":{"N":"1"}},"ConsumedCapacity":{"TableName":"things","CapacityUnits":0.5}})");
    EXPECT_EQ(on("GetItem", R"("Key":{"id":{"S":"none"}})"), "{}");
    const std::string set =
        R"("Key":{"id":{"S":"a"}},"UpdateExpression":"SET m = :m, n = n + :m","ExpressionAttributeValues":{":m":{"N":"2"}},)";
    EXPECT_EQ(on("UpdateItem", set + R"("ReturnValues":"UPDATED_OLD")"),
              R"({"Attributes":{"n":{"N":"1"}}})");
    EXPECT_EQ(on("UpdateItem", set + R"("ReturnValues":"UPDATED_NEW")"),
              R"({"Attributes":{"m":{"N":"2"},"n":{"N":"5"}}})");
    EXPECT_EQ(on("DeleteItem", R"("Key":{"id":{"S":"a"}},"ReturnValues":"ALL_OLD")"),
              R"({"Attributes":{"id":{"S":"a"},"m":{"N":"2"},"n":{"N":"5"}}})");
    EXPECT_EQ(on("PutItem", R"("Item":{"id":{"S":"a"}},"ReturnValues":"ALL_NEW")"),
              "ValidationException: ReturnValues can only be ALL_OLD or NONE");
}

TEST_F(DynamoDbTest, AConditionThatFailsShowsTheItemWhereItIsWanted) {
    on("PutItem", R"("Item":{"id":{"S":"a"}})");
    const std::string again =
        R"json("Item":{"id":{"S":"a"}},"ConditionExpression":"attribute_not_exists(id)")json";
    EXPECT_EQ(on("PutItem", again),
              "ConditionalCheckFailedException: The conditional request failed");
    EXPECT_EQ(
        on("PutItem", again + R"(,"ReturnValuesOnConditionCheckFailure":"ALL_OLD")"),
        R"(ConditionalCheckFailedException: The conditional request failed "Item":{"id":{"S":"a"}})");
}

TEST_F(DynamoDbTest, WhatWasThereBeforeExpressionsMeansTheSame) {
    on("PutItem", R"("Item":{"id":{"S":"a"},"n":{"N":"1"},"ss":{"SS":["x"]}})");
    EXPECT_EQ(
        on("UpdateItem",
           R"("Key":{"id":{"S":"a"}},"ReturnValues":"ALL_NEW","Expected":{"n":{"Value":{"N":"1"}},"z":{"Exists":false}},)"
           R"("AttributeUpdates":{"n":{"Action":"ADD","Value":{"N":"4"}},"s":{"Value":{"S":"v"}},"ss":{"Action":"DELETE"}})"),
        R"({"Attributes":{"id":{"S":"a"},"n":{"N":"5"},"s":{"S":"v"}}})");
    EXPECT_EQ(
        on("PutItem",
           R"("Item":{"id":{"S":"a"}},"Expected":{"n":{"ComparisonOperator":"LT","AttributeValueList":[{"N":"5"}]}})"),
        "ConditionalCheckFailedException: The conditional request failed");
    EXPECT_EQ(
        on("Query",
           R"("KeyConditions":{"id":{"ComparisonOperator":"EQ","AttributeValueList":[{"S":"a"}]}},)"
           R"("QueryFilter":{"n":{"ComparisonOperator":"NOT_NULL"}},"AttributesToGet":["n"])"),
        R"({"Items":[{"n":{"N":"5"}}],"Count":1,"ScannedCount":1})");
    EXPECT_EQ(
        on("PutItem", R"("Item":{"id":{"S":"a"}},"Expected":{},"ConditionExpression":"n = :n")"),
        "ValidationException: Can not use both expression and non-expression parameters in the "
        "same request: Non-expression parameters: {Expected} Expression parameters: "
        "{ConditionExpression}");
}

TEST_F(DynamoDbTest, ScansCountAndFilter) {
    for (const std::string_view id : {"a", "b", "c"})
        on("PutItem", R"("Item":{"id":{"S":")" + std::string(id) + R"("}})");
    EXPECT_EQ(
        on("Scan",
           R"("Select":"COUNT","FilterExpression":"id > :a","ExpressionAttributeValues":{":a":{"S":"a"}})"),
        R"({"Count":2,"ScannedCount":3})");
    EXPECT_EQ(
        on("Scan", R"("Limit":2)"),
        R"({"Items":[{"id":{"S":"a"}},{"id":{"S":"b"}}],"Count":2,"ScannedCount":2,"LastEvaluatedKey":{"id":{"S":"b"}}})");
    EXPECT_EQ(on("Scan", R"("ExclusiveStartKey":{"id":{"S":"b"}})"),
              R"({"Items":[{"id":{"S":"c"}}],"Count":1,"ScannedCount":1})");
    EXPECT_EQ(on("Scan", R"("Segment":1)").substr(0, 60),
              "ValidationException: The TotalSegments parameter is required");
}

TEST_F(DynamoDbTest, BatchesWriteAndRead) {
    EXPECT_EQ(
        call(
            "BatchWriteItem",
            R"({"RequestItems":{"things":[{"PutRequest":{"Item":{"id":{"S":"a"}}}},{"PutRequest":{"Item":{"id":{"S":"b"},"v":{"N":"1"}}}}]}})"),
        R"({"UnprocessedItems":{}})");
    EXPECT_EQ(
        call(
            "BatchGetItem",
            R"({"RequestItems":{"things":{"Keys":[{"id":{"S":"b"}},{"id":{"S":"x"}}],"ProjectionExpression":"v"}}})"),
        R"({"Responses":{"things":[{"v":{"N":"1"}}]},"UnprocessedKeys":{}})");
    EXPECT_EQ(
        call(
            "BatchWriteItem",
            R"({"RequestItems":{"things":[{"DeleteRequest":{"Key":{"id":{"S":"a"}}}},{"PutRequest":{"Item":{"id":{"S":"a"}}}}]}})"),
        "ValidationException: Provided list of item keys contains duplicates");
}

TEST_F(DynamoDbTest, ATransactionThatIsCanceledSaysWhy) {
    on("PutItem", R"("Item":{"id":{"S":"a"},"n":{"N":"1"}})");
    const std::string check =
        R"({"ConditionCheck":{"TableName":"things","Key":{"id":{"S":"a"}},"ConditionExpression":"n > :n",)"
        R"("ExpressionAttributeValues":{":n":{"N":"1"}},"ReturnValuesOnConditionCheckFailure":"ALL_OLD"}})";
    const std::string put = R"({"Put":{"TableName":"things","Item":{"id":{"S":"b"}}}})";
    EXPECT_EQ(
        call("TransactWriteItems", R"({"TransactItems":[)" + put + "," + check + "]}"),
        "TransactionCanceledException: Transaction cancelled, please refer cancellation reasons "
        "for specific reasons [None, ConditionalCheckFailed] "
        R"("CancellationReasons":[{"Code":"None"},{"Code":"ConditionalCheckFailed",)"
        R"("Message":"The conditional request failed","Item":{"id":{"S":"a"},"n":{"N":"1"}}}])");
    EXPECT_EQ(
        call(
            "TransactGetItems",
            R"({"TransactItems":[{"Get":{"TableName":"things","Key":{"id":{"S":"a"}}}},{"Get":{"TableName":"things","Key":{"id":{"S":"b"}}}}]})"),
        R"({"Responses":[{"Item":{"id":{"S":"a"},"n":{"N":"1"}}},{}]})");
    EXPECT_EQ(
        call("TransactWriteItems", R"({"ClientRequestToken":"t","TransactItems":[)" + put + "]}"),
        "{}");
    EXPECT_EQ(
        call("TransactWriteItems", R"({"ClientRequestToken":"t","TransactItems":[)" + put + "]}"),
        "{}");
    EXPECT_EQ(
        call("TransactWriteItems", R"({"ClientRequestToken":"t","TransactItems":[)" + put + " ]}")
            .substr(0, 36),
        "IdempotentParameterMismatchException");
}

TEST_F(DynamoDbTest, TagsAndTimeToLiveAreKept) {
    const std::string arn =
        R"({"ResourceArn":"arn:aws:dynamodb:us-east-1:000000000000:table/things")";
    EXPECT_EQ(
        call("TagResource", arn + R"(,"Tags":[{"Key":"k","Value":"v"},{"Key":"l","Value":"w"}]})"),
        "{}");
    EXPECT_EQ(call("UntagResource", arn + R"(,"TagKeys":["k"]})"), "{}");
    EXPECT_EQ(call("ListTagsOfResource", arn + "}"), R"({"Tags":[{"Key":"l","Value":"w"}]})");
    EXPECT_EQ(on("DescribeTimeToLive", R"("x":null)"),
              R"({"TimeToLiveDescription":{"TimeToLiveStatus":"DISABLED"}})");
    EXPECT_EQ(
        on("UpdateTimeToLive", R"("TimeToLiveSpecification":{"Enabled":true,"AttributeName":"t"})"),
        R"({"TimeToLiveSpecification":{"Enabled":true,"AttributeName":"t"}})");
    EXPECT_EQ(on("DescribeTimeToLive", R"("x":null)"),
              R"({"TimeToLiveDescription":{"TimeToLiveStatus":"ENABLED","AttributeName":"t"}})");
}

TEST_F(DynamoDbTest, WhatIsOfAnotherTypeIsSaidAsAWSDoes) {
    EXPECT_EQ(
        on("PutItem", R"("Item":{"id":{"S":5}})"),
        "SerializationException: class com.amazon.coral.value.json.numbers.TruncatingBigNumber "
        "can not be converted to an String");
    EXPECT_EQ(
        on("PutItem", R"("Item":{"id":{}})"),
        "ValidationException: Supplied AttributeValue is empty, must contain exactly one of the "
        "supported datatypes");
    EXPECT_EQ(on("PutItem", R"("Item":{"id":{"S":"a","N":"1"}})"),
              "ValidationException: Supplied AttributeValue has more than one datatypes set, must "
              "contain exactly one of the supported datatypes");
    EXPECT_EQ(
        on("PutItem", R"("Item":{"id":{"S":"a"},"s":{"SS":["x","x"]}})"),
        "ValidationException: One or more parameter values were invalid: Input collection [x, "
        "x] contains duplicates.");
    EXPECT_EQ(
        on("PutItem", R"("Item":{"id":{"S":"a"},"s":{"SS":[]}})"),
        "ValidationException: One or more parameter values were invalid: An string set  may not "
        "be empty");
    EXPECT_EQ(
        call("GetItem", "{}"),
        "ValidationException: The parameter 'TableName' is required but was not present in the "
        "request");
}

// A task that is started again after a crash makes the same call.
TEST_F(DynamoDbTest, ATasksWriteIsDoneOnce) {
    const std::string count =
        R"("Key":{"id":{"S":"a"}},"UpdateExpression":"ADD n :n","ExpressionAttributeValues":{":n":{"N":"1"}},"ReturnValues":"ALL_NEW")";
    const std::string first = on("UpdateItem", count, "task 1");
    EXPECT_EQ(first, R"({"Attributes":{"id":{"S":"a"},"n":{"N":"1"}}})");
    EXPECT_EQ(on("UpdateItem", count, "task 1"), first);
    EXPECT_EQ(on("UpdateItem", count, "task 2"),
              R"({"Attributes":{"id":{"S":"a"},"n":{"N":"2"}}})");
}

TEST_F(DynamoDbTest, TasksReadAndWrite) {
    EXPECT_EQ(
        run(R"({"A":{"Type":"Task","Resource":"arn:aws:states:::dynamodb:putItem","Next":"B","ResultPath":null,)"
            R"("Parameters":{"TableName":"things","Item":{"id":{"S":"a"},"n":{"N":"1"}}}},)"
            R"("B":{"Type":"Task","Resource":"arn:aws:states:::dynamodb:updateItem","Next":"C","ResultPath":null,)"
            R"("Parameters":{"TableName":"things","Key":{"id":{"S":"a"}},"UpdateExpression":"SET n = n + :n",)"
            R"("ExpressionAttributeValues":{":n":{"N":"41"}}}},)"
            R"("C":{"Type":"Task","Resource":"arn:aws:states:::dynamodb:getItem","Next":"D",)"
            R"("ResultSelector":{"n.$":"$.Item.n.N","status.$":"$.SdkHttpMetadata.HttpStatusCode"},)"
            R"("ResultPath":"$.got","Parameters":{"TableName":"things","Key":{"id":{"S":"a"}}}},)"
            R"("D":{"Type":"Task","Resource":"arn:aws:states:::aws-sdk:dynamodb:scan","End":true,)"
            R"("ResultPath":"$.all","Parameters":{"TableName":"things"}}})"),
        R"({"got":{"n":"42","status":200},"all":{"Items":[{"id":{"S":"a"},"n":{"N":"42"}}],"Count":1,"ScannedCount":1}})");
}

TEST_F(DynamoDbTest, AFailedCallFailsItsTaskInTheWordsOfAWSsClients) {
    on("PutItem", R"("Item":{"id":{"S":"a"}})");
    const auto task = [&](std::string_view resource, std::string_view parameters) {
        const std::string failed =
            run(R"({"A":{"Type":"Task","End":true,"Resource":"arn:aws:states:::)" +
                std::string(resource) + R"(","Parameters":)" + std::string(parameters) + "}}");
        return failed.substr(0, failed.find("Request ID: "));
    };
    EXPECT_EQ(
        task(
            "dynamodb:putItem",
            R"json({"TableName":"things","Item":{"id":{"S":"a"}},"ConditionExpression":"attribute_not_exists(id)"})json"),
        "DynamoDB.ConditionalCheckFailedException: The conditional request failed (Service: "
        "AmazonDynamoDBv2; Status Code: 400; Error Code: ConditionalCheckFailedException; ");
    EXPECT_EQ(
        task("aws-sdk:dynamodb:getItem", R"({"TableName":"none","Key":{"id":{"S":"a"}}})"),
        "DynamoDb.ResourceNotFoundException: Requested resource not found (Service: DynamoDb, "
        "Status Code: 400, ");
    EXPECT_EQ(task("aws-sdk:dynamodb:getItem", R"({"TableName":"things","Key":{}})"),
              "DynamoDb.DynamoDbException: The provided key element does not match the schema "
              "(Service: DynamoDb, Status Code: 400, ");
}

}  // namespace
}  // namespace stepwell::api
