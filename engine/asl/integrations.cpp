#include "asl/integrations.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace stepwell::asl {

namespace {

// What an action does besides request and response.
enum class Also : std::uint8_t {
    nothing,
    sync,   // .sync
    token,  // .waitForTaskToken
    both,
    all,  // .sync:2, too
};

struct Integration {
    std::string_view service;
    std::string_view action;
    Also also;
};

constexpr auto integrations = std::to_array<Integration>({
    {"apigateway", "invoke", Also::token},
    {"athena", "getQueryExecution", Also::nothing},
    {"athena", "getQueryResults", Also::nothing},
    {"athena", "startQueryExecution", Also::sync},
    {"athena", "stopQueryExecution", Also::nothing},
    {"batch", "submitJob", Also::both},
    {"bedrock", "createModelCustomizationJob", Also::sync},
    {"bedrock", "invokeModel", Also::nothing},
    {"bedrockagentcore", "invokeHarness", Also::nothing},
    {"codebuild", "batchDeleteBuilds", Also::nothing},
    {"codebuild", "batchGetReports", Also::nothing},
    {"codebuild", "deleteBuildBatch", Also::nothing},
    {"codebuild", "retryBuildBatch", Also::sync},
    {"codebuild", "startBuild", Also::sync},
    {"codebuild", "startBuildBatch", Also::sync},
    {"codebuild", "stopBuild", Also::nothing},
    {"codebuild", "stopBuildBatch", Also::nothing},
    {"databrew", "startJobRun", Also::sync},
    {"dynamodb", "deleteItem", Also::nothing},
    {"dynamodb", "getItem", Also::nothing},
    {"dynamodb", "putItem", Also::nothing},
    {"dynamodb", "updateItem", Also::nothing},
    {"ecs", "runTask", Also::both},
    {"eks", "call", Also::nothing},
    {"eks", "createCluster", Also::sync},
    {"eks", "createFargateProfile", Also::sync},
    {"eks", "createNodegroup", Also::sync},
    {"eks", "deleteCluster", Also::sync},
    {"eks", "deleteFargateProfile", Also::sync},
    {"eks", "deleteNodegroup", Also::sync},
    {"eks", "runJob", Also::sync},
    {"elasticmapreduce", "addStep", Also::sync},
    {"elasticmapreduce", "cancelStep", Also::nothing},
    {"elasticmapreduce", "createCluster", Also::sync},
    {"elasticmapreduce", "modifyInstanceFleetByName", Also::nothing},
    {"elasticmapreduce", "modifyInstanceGroupByName", Also::nothing},
    {"elasticmapreduce", "setClusterTerminationProtection", Also::nothing},
    {"elasticmapreduce", "terminateCluster", Also::sync},
    {"emr-containers", "createVirtualCluster", Also::nothing},
    {"emr-containers", "deleteVirtualCluster", Also::sync},
    {"emr-containers", "startJobRun", Also::sync},
    {"emr-serverless", "cancelJobRun", Also::sync},
    {"emr-serverless", "createApplication", Also::sync},
    {"emr-serverless", "deleteApplication", Also::sync},
    {"emr-serverless", "startApplication", Also::sync},
    {"emr-serverless", "startJobRun", Also::sync},
    {"emr-serverless", "stopApplication", Also::sync},
    {"events", "putEvents", Also::token},
    {"glue", "startJobRun", Also::sync},
    {"http", "invoke", Also::nothing},
    {"lambda", "invoke", Also::token},
    {"mediaconvert", "createJob", Also::sync},
    {"mwaa-serverless", "startWorkflowRun", Also::sync},
    {"sagemaker", "createEndpoint", Also::nothing},
    {"sagemaker", "createEndpointConfig", Also::nothing},
    {"sagemaker", "createHyperParameterTuningJob", Also::sync},
    {"sagemaker", "createLabelingJob", Also::sync},
    {"sagemaker", "createModel", Also::nothing},
    {"sagemaker", "createProcessingJob", Also::sync},
    {"sagemaker", "createTrainingJob", Also::sync},
    {"sagemaker", "createTransformJob", Also::sync},
    {"sagemaker", "updateEndpoint", Also::nothing},
    {"sns", "publish", Also::token},
    {"sqs", "sendMessage", Also::token},
    {"states", "startExecution", Also::all},
});

bool has_pattern(Also also, Pattern pattern) noexcept {
    switch (pattern) {
        case Pattern::request_response:
            return true;
        case Pattern::sync:
            return also == Also::sync || also == Also::both || also == Also::all;
        case Pattern::sync2:
            return also == Also::all;
        case Pattern::wait_for_task_token:
            return also == Also::token || also == Also::both || also == Also::all;
    }
    return false;
}

}  // namespace

bool is_integration(const Resource& resource) noexcept {
    if (resource.is_sdk)
        return resource.pattern != Pattern::sync && resource.pattern != Pattern::sync2;
    const auto found = std::find_if(
        integrations.begin(), integrations.end(), [&resource](const Integration& each) {
            return each.service == resource.service && each.action == resource.action;
        });
    return found != integrations.end() && has_pattern(found->also, resource.pattern);
}

}  // namespace stepwell::asl
