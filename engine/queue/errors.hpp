// Error kinds of SQS, and the messages that several operations share.
// source  Amazon SQS API Reference; the query names are those that its JSON protocol maps back to
// (awsQueryCompatible)
#pragma once

#include <stepwell/result.hpp>

namespace stepwell::queue::errors {

inline constexpr ErrorKind batch_entry_ids_not_distinct{
    "BatchEntryIdsNotDistinct", 400, "AWS.SimpleQueueService.BatchEntryIdsNotDistinct"};
inline constexpr ErrorKind batch_request_too_long{"BatchRequestTooLong", 400,
                                                  "AWS.SimpleQueueService.BatchRequestTooLong"};
inline constexpr ErrorKind empty_batch_request{"EmptyBatchRequest", 400,
                                               "AWS.SimpleQueueService.EmptyBatchRequest"};
inline constexpr ErrorKind invalid_attribute_name{"InvalidAttributeName", 400,
                                                  "InvalidAttributeName"};
inline constexpr ErrorKind invalid_attribute_value{"InvalidAttributeValue", 400,
                                                   "InvalidAttributeValue"};
inline constexpr ErrorKind invalid_batch_entry_id{"InvalidBatchEntryId", 400,
                                                  "AWS.SimpleQueueService.InvalidBatchEntryId"};
inline constexpr ErrorKind invalid_message_contents{"InvalidMessageContents", 400,
                                                    "InvalidMessageContents"};
inline constexpr ErrorKind invalid_parameter_value{"InvalidParameterValueException", 400,
                                                   "InvalidParameterValue"};
inline constexpr ErrorKind message_not_in_flight{"MessageNotInflight", 400,
                                                 "AWS.SimpleQueueService.MessageNotInflight"};
inline constexpr ErrorKind missing_required_parameter{"MissingRequiredParameterException", 400,
                                                      "MissingParameter"};
inline constexpr ErrorKind over_limit{"OverLimit", 403, "OverLimit"};
inline constexpr ErrorKind purge_queue_in_progress{"PurgeQueueInProgress", 403,
                                                   "AWS.SimpleQueueService.PurgeQueueInProgress"};
inline constexpr ErrorKind queue_does_not_exist{"QueueDoesNotExist", 400,
                                                "AWS.SimpleQueueService.NonExistentQueue"};
inline constexpr ErrorKind queue_name_exists{"QueueNameExists", 400, "QueueAlreadyExists"};
inline constexpr ErrorKind receipt_handle_is_invalid{"ReceiptHandleIsInvalid", 404,
                                                     "ReceiptHandleIsInvalid"};
inline constexpr ErrorKind resource_not_found{"ResourceNotFoundException", 404,
                                              "ResourceNotFoundException"};
inline constexpr ErrorKind too_many_entries_in_batch_request{
    "TooManyEntriesInBatchRequest", 400, "AWS.SimpleQueueService.TooManyEntriesInBatchRequest"};
inline constexpr ErrorKind unsupported_operation{"UnsupportedOperation", 400,
                                                 "AWS.SimpleQueueService.UnsupportedOperation"};

inline Error invalid(std::string message) { return {invalid_parameter_value, std::move(message)}; }
inline Error no_such_queue() {
    return {queue_does_not_exist, "The specified queue does not exist."};
}

}  // namespace stepwell::queue::errors
