// AWS's callback pattern example: its state machine and its function.
// source  AWS Step Functions Developer Guide, "Callback pattern example (Amazon SQS, Amazon SNS,
// Lambda)"
#pragma once

#include <string>
#include <string_view>

namespace stepwell::cli::callback_example {

/// The state machine's definition.
std::string definition(std::string_view queue_url, std::string_view topic_arn);

/// The function's code as AWS's page prints it, unmodified: it calls Step Functions with the AWS
/// SDK for JavaScript v2.
extern const std::string_view handler;

/// Who may take the roles of the state machine and of the function.
extern const std::string_view trust_policy;
/// What they may do: send and publish; receive, delete and call back.
extern const std::string_view state_machine_policy;
extern const std::string_view function_policy;

}  // namespace stepwell::cli::callback_example
