#include "api/mock_check.hpp"

#include <gtest/gtest.h>

namespace stepwell::api {
namespace {

TestedState task(std::string_view resource) {
    TestedState state;
    state.type = "Task";
    state.resource = asl::Resource::parse("arn:aws:states:::" + std::string(resource));
    return state;
}
/// The complaint about a mocked result, or "ok".
std::string complaint(std::string_view resource, std::string_view result,
                      FieldValidation validation = FieldValidation::strict) {
    const auto checked =
        check_mock({std::string(result), std::nullopt, validation}, task(resource));
    return checked ? "ok" : checked.error().message();
}
const std::string misfit = "Mock result schema validation error: ";

TEST(Mock, IsAResultOrAnError) {
    EXPECT_FALSE(check_mock({"{}", TaskFailure{"E", ""}}, task("sns:publish")).has_value());
    EXPECT_FALSE(check_mock({}, task("sns:publish")).has_value());
    EXPECT_TRUE(check_mock({std::nullopt, TaskFailure{"E", ""}}, task("sns:publish")).has_value());
    EXPECT_EQ(complaint("sns:publish", "{"), "Mocked result must be valid JSON");
}

TEST(Mock, HasTheRequiredMembersOfWhatTheOperationAnswers) {
    EXPECT_EQ(complaint("states:startExecution", "{}"),
              misfit + "Required field 'ExecutionArn' is missing");
    EXPECT_EQ(complaint("states:startExecution", R"({"executionArn":"a","startDate":"d"})"),
              misfit + "Required field 'ExecutionArn' is missing");
    EXPECT_EQ(complaint("states:startExecution", R"({"ExecutionArn":"a","StartDate":"d"})"), "ok");
    EXPECT_EQ(complaint("aws-sdk:sfn:startExecution", "{}"),
              misfit + "Required field 'ExecutionArn' is missing");
    EXPECT_EQ(complaint("states:startExecution", "{}", FieldValidation::present), "ok");
}

TEST(Mock, HasMembersOfTheRightKind) {
    EXPECT_EQ(complaint("lambda:invoke", R"({"StatusCode":"200"})"),
              misfit + "Field 'StatusCode' must be a number");
    EXPECT_EQ(complaint("lambda:invoke", R"({"FunctionError":1})"),
              misfit + "Field 'FunctionError' must be a string");
    EXPECT_EQ(complaint("aws-sdk:sqs:listQueues", R"({"QueueUrls":"u"})"),
              misfit + "Field 'QueueUrls' must be an array");
    EXPECT_EQ(complaint("aws-sdk:sqs:listQueues", R"({"QueueUrls":["u",[]]})"),
              misfit + "Field 'QueueUrls' must be a string");
    EXPECT_EQ(complaint("aws-sdk:sqs:getQueueAttributes", R"({"Attributes":[]})"),
              misfit + "Field 'Attributes' must be an object");
    EXPECT_EQ(complaint("lambda:invoke", R"({"StatusCode":"200"})", FieldValidation::present),
              misfit + "Field 'StatusCode' must be a number");
    EXPECT_EQ(complaint("lambda:invoke", R"({"StatusCode":"200"})", FieldValidation::none), "ok");
}

TEST(Mock, StaysWithinRangesAndEnumerations) {
    const auto configuration = [](std::string_view members) {
        return complaint("aws-sdk:lambda:getFunction",
                         R"({"Configuration":{)" + std::string(members) + "}}");
    };
    EXPECT_EQ(configuration(R"("MemorySize":128)"), "ok");
    EXPECT_EQ(configuration(R"("MemorySize":127)"),
              misfit + "Field 'MemorySize' is less than the minimum value");
    EXPECT_EQ(configuration(R"("MemorySize":10000000)"),
              misfit + "Field 'MemorySize' exceeds the maximum value");
    EXPECT_EQ(configuration(R"("State":"Papyrus")"),
              misfit + "Field 'State' is not an expected value");
    EXPECT_EQ(configuration(R"("State":"Active")"), "ok");
}

TEST(Mock, MayHaveMoreThanIsKnown) {
    EXPECT_EQ(complaint("lambda:invoke", R"({"x":1,"Payload":[1]})"), "ok");
    EXPECT_EQ(complaint("aws-sdk:glacier:listVaults", R"({"VaultList":7})"), "ok");
    EXPECT_EQ(complaint("aws-sdk:sqs:deleteQueue", "7"), "ok");
}

TEST(Mock, OfATokensTaskIsAnything) {
    EXPECT_EQ(complaint("lambda:invoke.waitForTaskToken", "7"), "ok");
}

TEST(Mock, OfAnExecutionThatIsWaitedForIsItsDescription) {
    EXPECT_EQ(complaint("states:startExecution.sync:2", "{}"),
              misfit + "Required field 'ExecutionArn' is missing");
}

TEST(Context, HasAwsFieldsOnly) {
    EXPECT_TRUE(
        check_context(R"({"Execution":{},"State":{},"StateMachine":{},"Task":{"Token":"t"}})"));
    EXPECT_FALSE(check_context(R"({"Execution":7})"));
    EXPECT_FALSE(check_context("{"));
}

}  // namespace
}  // namespace stepwell::api
