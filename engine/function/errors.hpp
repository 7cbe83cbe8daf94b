// Errors of AWS Lambda's API.
// source  AWS Lambda API Reference
#pragma once

#include <stepwell/result.hpp>

namespace stepwell::function::errors {

inline constexpr ErrorKind code_storage_exceeded{"CodeStorageExceededException", 400};
inline constexpr ErrorKind invalid_parameter_value{"InvalidParameterValueException", 400};
inline constexpr ErrorKind invalid_request_content{"InvalidRequestContentException", 400};
inline constexpr ErrorKind invalid_runtime{"InvalidRuntimeException", 502};
inline constexpr ErrorKind invalid_zip_file{"InvalidZipFileException", 502};
inline constexpr ErrorKind policy_length_exceeded{"PolicyLengthExceededException", 400};
inline constexpr ErrorKind precondition_failed{"PreconditionFailedException", 412};
inline constexpr ErrorKind request_too_large{"RequestTooLargeException", 413};
inline constexpr ErrorKind resource_conflict{"ResourceConflictException", 409};
inline constexpr ErrorKind resource_in_use{"ResourceInUseException", 400};
inline constexpr ErrorKind resource_not_found{"ResourceNotFoundException", 404};
inline constexpr ErrorKind service{"ServiceException", 500};
inline constexpr ErrorKind too_many_requests{"TooManyRequestsException", 429};
inline constexpr ErrorKind validation{"ValidationException", 400};

}  // namespace stepwell::function::errors
