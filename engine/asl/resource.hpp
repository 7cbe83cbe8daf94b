// What a Task's Resource names.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace stepwell::asl {

enum class ResourceKind : std::uint8_t {
    lambda_function,  ///< arn:aws:lambda:...:function:NAME, called directly (Lambda* events)
    activity,         ///< arn:aws:states:...:activity:NAME (Activity* events)
    integration,      ///< arn:aws:states:::SERVICE:ACTION[.PATTERN] (Task* events)
};

enum class Pattern : std::uint8_t { request_response, sync, sync2, wait_for_task_token };

/// A Resource, taken apart. For `arn:aws:states:::aws-sdk:sqs:sendMessage.waitForTaskToken`:
/// service "sqs", action "sendMessage", is_sdk, pattern wait_for_task_token; its history shows type
/// "aws-sdk:sqs" and resource "sendMessage.waitForTaskToken".
struct Resource {
    std::string arn;
    ResourceKind kind = ResourceKind::integration;
    std::string service;
    std::string action;
    Pattern pattern = Pattern::request_response;
    bool is_sdk = false;
    std::string history_type;      ///< resourceType of the Task* events
    std::string history_resource;  ///< resource of the Task* events

    /// Whether a task of it waits until the job that it has begun is over.
    bool is_sync() const noexcept { return pattern == Pattern::sync || pattern == Pattern::sync2; }

    /// Takes `arn` apart; nothing when it has none of the forms above.
    static std::optional<Resource> parse(std::string_view arn);
};

}  // namespace stepwell::asl
