// Error kinds of SNS.
// source  Amazon SNS API Reference
#pragma once

#include <stepwell/result.hpp>

namespace stepwell::topic::errors {

inline constexpr ErrorKind batch_entry_ids_not_distinct{"BatchEntryIdsNotDistinctException", 400,
                                                        "BatchEntryIdsNotDistinct"};
inline constexpr ErrorKind batch_request_too_long{"BatchRequestTooLongException", 400,
                                                  "BatchRequestTooLong"};
inline constexpr ErrorKind empty_batch_request{"EmptyBatchRequestException", 400,
                                               "EmptyBatchRequest"};
inline constexpr ErrorKind invalid_batch_entry_id{"InvalidBatchEntryIdException", 400,
                                                  "InvalidBatchEntryId"};
inline constexpr ErrorKind invalid_parameter{"InvalidParameterException", 400, "InvalidParameter"};
inline constexpr ErrorKind invalid_parameter_value{"InvalidParameterValueException", 400,
                                                   "ParameterValueInvalid"};
inline constexpr ErrorKind not_found{"NotFoundException", 404, "NotFound"};
inline constexpr ErrorKind resource_not_found{"ResourceNotFoundException", 404, "ResourceNotFound"};
inline constexpr ErrorKind tag_limit_exceeded{"TagLimitExceededException", 400, "TagLimitExceeded"};
inline constexpr ErrorKind too_many_entries{"TooManyEntriesInBatchRequestException", 400,
                                            "TooManyEntriesInBatchRequest"};

inline Error invalid(std::string_view what) {
    return {invalid_parameter, "Invalid parameter: " + std::string(what)};
}
inline Error no_such_topic() { return {not_found, "Topic does not exist"}; }
inline Error no_such_subscription() { return {not_found, "Subscription does not exist"}; }

}  // namespace stepwell::topic::errors
