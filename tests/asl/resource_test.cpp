#include "asl/resource.hpp"

#include <gtest/gtest.h>

namespace stepwell::asl {
namespace {

TEST(Resource, TakesIntegrationsApart) {
    const auto resource = Resource::parse("arn:aws:states:::sqs:sendMessage.waitForTaskToken");
    ASSERT_TRUE(resource.has_value());
    EXPECT_EQ(resource->kind, ResourceKind::integration);
    EXPECT_EQ(resource->service, "sqs");
    EXPECT_EQ(resource->action, "sendMessage");
    EXPECT_EQ(resource->pattern, Pattern::wait_for_task_token);
    EXPECT_FALSE(resource->is_sdk);
    EXPECT_EQ(resource->history_type, "sqs");
    EXPECT_EQ(resource->history_resource, "sendMessage.waitForTaskToken");
    EXPECT_EQ(resource->arn, "arn:aws:states:::sqs:sendMessage.waitForTaskToken");
}

TEST(Resource, KnowsTheSdkFormAndEveryPattern) {
    const auto sdk = Resource::parse("arn:aws:states:::aws-sdk:sqs:sendMessage.waitForTaskToken");
    EXPECT_TRUE(sdk->is_sdk);
    EXPECT_EQ(sdk->service, "sqs");
    EXPECT_EQ(sdk->history_type, "aws-sdk:sqs");
    EXPECT_EQ(sdk->history_resource, "sendMessage.waitForTaskToken");
    const auto sync2 = Resource::parse("arn:aws:states:::states:startExecution.sync:2");
    EXPECT_EQ(sync2->pattern, Pattern::sync2);
    EXPECT_EQ(sync2->action, "startExecution");
    EXPECT_EQ(sync2->history_resource, "startExecution.sync:2");
    EXPECT_EQ(Resource::parse("arn:aws:states:::states:startExecution.sync")->pattern,
              Pattern::sync);
    EXPECT_EQ(Resource::parse("arn:aws:states:::sns:publish")->pattern, Pattern::request_response);
}

TEST(Resource, TakesAnIntegrationWithItsRegionAndAccount) {
    for (const std::string_view text :
         {"arn:aws:states:us-east-1:123456789012:aws-sdk:s3:getObject",
          "arn:aws:states:us-east-1::aws-sdk:s3:getObject"}) {
        const auto resource = Resource::parse(text);
        ASSERT_TRUE(resource.has_value()) << text;
        EXPECT_EQ(resource->kind, ResourceKind::integration);
        EXPECT_EQ(resource->service, "s3");
        EXPECT_EQ(resource->action, "getObject");
    }
}

TEST(Resource, KnowsFunctionsAndActivities) {
    const auto function =
        Resource::parse("arn:aws:lambda:us-east-1:000000000000:function:work:live");
    EXPECT_EQ(function->kind, ResourceKind::lambda_function);
    EXPECT_EQ(function->action, "work:live");
    const auto activity = Resource::parse("arn:aws:states:us-east-1:000000000000:activity:build");
    EXPECT_EQ(activity->kind, ResourceKind::activity);
    EXPECT_EQ(activity->action, "build");
}

TEST(Resource, RefusesOtherForms) {
    for (const std::string_view text :
         {"", "work", "arn:aws:states", "arn:aws:states:::", "arn:aws:states:::sqs",
          "arn:aws:states:::sqs:", "arn:aws:states:::sqs:sendMessage.later", "arn:aws:s3:::bucket",
          "arn:aws:lambda:us-east-1:0:layer:x",
          "arn:aws:states:us-east-1:000000000000:stateMachine:x",
          "arn:aws:states:us-east-1:000000000000:execution:x:y", "arn:aws:states:::activity:x",
          "arn:aws:states:us-east-1:000000000000:activity:", "urn:aws:states:::sqs:sendMessage"}) {
        EXPECT_FALSE(Resource::parse(text).has_value()) << text;
    }
}

}  // namespace
}  // namespace stepwell::asl
