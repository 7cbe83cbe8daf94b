#include "asl/integrations.hpp"

#include <gtest/gtest.h>

namespace stepwell::asl {
namespace {

bool is_one(std::string_view what) {
    return is_integration(*Resource::parse("arn:aws:states:::" + std::string(what)));
}

TEST(Integrations, AreThoseThatAwsHas) {
    for (const std::string_view what :
         {"sqs:sendMessage", "sqs:sendMessage.waitForTaskToken", "states:startExecution.sync",
          "states:startExecution.sync:2", "states:startExecution.waitForTaskToken",
          "glue:startJobRun.sync", "ecs:runTask.sync", "ecs:runTask.waitForTaskToken",
          "dynamodb:getItem", "http:invoke", "events:putEvents.waitForTaskToken",
          "elasticmapreduce:createCluster.sync", "bedrock:invokeModel", "aws-sdk:s3:listObjectsV2",
          "aws-sdk:dynamodb:query.waitForTaskToken"}) {
        EXPECT_TRUE(is_one(what)) << what;
    }
    for (const std::string_view what :
         {"dynamodb:query", "sqs:receiveMessage", "sqs:sendMessage.sync", "lambda:invoke.sync:2",
          "glue:startJobRun.sync:2", "http:invoke.waitForTaskToken", "nothing:known",
          "aws-sdk:s3:getObject.sync"}) {
        EXPECT_FALSE(is_one(what)) << what;
    }
}

}  // namespace
}  // namespace stepwell::asl
