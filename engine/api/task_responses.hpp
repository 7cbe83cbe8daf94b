// What Step Functions makes of a service's answer: the result of a task, or its error.
//
// source  recorded histories of AWS; the optimized integrations speak through version 1 of AWS's
// Java SDK, the aws-sdk
//         ones through version 2, and both leave their traces in results and error texts
#pragma once

#include <string>
#include <string_view>

#include <stepwell/execution.hpp>
#include <stepwell/result.hpp>

#include "asl/resource.hpp"
#include "base/hex.hpp"
#include "flow/ports.hpp"
#include "function/functions.hpp"

namespace stepwell::api {

/// A call as the history shows it: its id and when it was answered.
struct CallTrace {
    std::string_view request_id;
    TimePoint answered;
};

/// The result of an optimized integration: the service's output with SdkHttpMetadata and
/// SdkResponseMetadata.
///
/// output         the JSON object that the service answered with
/// body_bytes     how long the service's own reply was
/// content_type   of that reply
flow::ServiceReply with_sdk_metadata(std::string_view output, std::size_t body_bytes,
                                     std::string_view content_type, const CallTrace& trace);

/// The result of lambda:invoke.
Payload invoke_result(const function::InvokeOutput& output, const CallTrace& trace);

/// The result of a startExecution.sync or .sync:2 whose child execution has ended: the latter gives
/// its input and output as JSON, the former as text. The same as cause of States.TaskFailed when it
/// has not succeeded.
TaskAnswer child_answer(const asl::Resource& resource, const ExecutionDescription& child);

/// How a failed call fails the task: "SQS.QueueDoesNotExistException" with AWS's text around the
/// message.
TaskFailure failure_of(const asl::Resource& resource, const Error& error,
                       std::string_view request_id);

/// How a function's own error fails the task: its errorType, and the whole payload as cause.
TaskFailure function_failure(std::string_view payload);

/// Member names as the state machine writes them (StateMachineArn) made into the service's own
/// (stateMachineArn).
std::string with_lower_names(std::string_view json);
/// The other way round; points in time become text, those of an optimized integration milliseconds.
std::string with_upper_names(const asl::Resource& resource, std::string_view json);

/// A UUID that is always the same for the same text: ids of calls that are made again after a
/// crash.
UuidText uuid_of(std::string_view text) noexcept;

}  // namespace stepwell::api
