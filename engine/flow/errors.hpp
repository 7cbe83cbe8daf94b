// Error kinds of Step Functions.
// source  AWS Step Functions API Reference
#pragma once

#include <string>
#include <string_view>

#include <stepwell/result.hpp>

namespace stepwell::flow::errors {

inline constexpr ErrorKind activity_already_exists{"ActivityAlreadyExists"};
inline constexpr ErrorKind activity_does_not_exist{"ActivityDoesNotExist"};
inline constexpr ErrorKind activity_limit_exceeded{"ActivityLimitExceeded"};
inline constexpr ErrorKind activity_worker_limit_exceeded{"ActivityWorkerLimitExceeded"};
inline constexpr ErrorKind conflict{"ConflictException"};
inline constexpr ErrorKind execution_already_exists{"ExecutionAlreadyExists"};
inline constexpr ErrorKind execution_does_not_exist{"ExecutionDoesNotExist"};
inline constexpr ErrorKind execution_limit_exceeded{"ExecutionLimitExceeded"};
inline constexpr ErrorKind execution_not_redrivable{"ExecutionNotRedrivable"};
inline constexpr ErrorKind invalid_arn{"InvalidArn"};
inline constexpr ErrorKind invalid_definition{"InvalidDefinition"};
inline constexpr ErrorKind invalid_encryption_configuration{"InvalidEncryptionConfiguration"};
inline constexpr ErrorKind invalid_execution_input{"InvalidExecutionInput"};
inline constexpr ErrorKind invalid_logging_configuration{"InvalidLoggingConfiguration"};
inline constexpr ErrorKind invalid_name{"InvalidName"};
inline constexpr ErrorKind invalid_output{"InvalidOutput"};
inline constexpr ErrorKind invalid_token{"InvalidToken"};
inline constexpr ErrorKind missing_required_parameter{"MissingRequiredParameter"};
inline constexpr ErrorKind resource_not_found{"ResourceNotFound"};
inline constexpr ErrorKind service_quota_exceeded{"ServiceQuotaExceededException"};
inline constexpr ErrorKind state_machine_already_exists{"StateMachineAlreadyExists"};
inline constexpr ErrorKind state_machine_deleting{"StateMachineDeleting"};
inline constexpr ErrorKind state_machine_does_not_exist{"StateMachineDoesNotExist"};
inline constexpr ErrorKind state_machine_limit_exceeded{"StateMachineLimitExceeded"};
inline constexpr ErrorKind state_machine_type_not_supported{"StateMachineTypeNotSupported"};
inline constexpr ErrorKind task_does_not_exist{"TaskDoesNotExist"};
inline constexpr ErrorKind task_timed_out{"TaskTimedOut"};
inline constexpr ErrorKind too_many_tags{"TooManyTags"};

inline Error no_such_resource(std::string_view arn) {
    return {resource_not_found, "Resource not found: '" + std::string(arn) + "'"};
}

}  // namespace stepwell::flow::errors
