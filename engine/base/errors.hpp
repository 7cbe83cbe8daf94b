// Error kinds that every service shares. Each service's own stand in its layer's errors.hpp.
// source  AWS API references, "Common Errors"
#pragma once

#include <stepwell/result.hpp>

namespace stepwell::errors {

inline constexpr ErrorKind validation{"ValidationException", 400, "ValidationError"};
inline constexpr ErrorKind serialization{"SerializationException", 400, "MalformedInput"};
inline constexpr ErrorKind unknown_operation{"UnknownOperationException", 400, "InvalidAction"};
inline constexpr ErrorKind not_implemented{"NotImplemented", 501, "NotImplemented"};
inline constexpr ErrorKind access_denied{"AccessDeniedException", 403, "AccessDenied"};
inline constexpr ErrorKind throttling{"ThrottlingException", 400, "Throttling"};
inline constexpr ErrorKind internal_failure{"InternalFailure", 500, "InternalFailure"};
inline constexpr ErrorKind service_unavailable{"ServiceUnavailable", 503, "ServiceUnavailable"};
/// Failures of our own that no client sees as an AWS error: opening a data directory, reading a
/// file, a port in use.
inline constexpr ErrorKind system_failure{"SystemFailure", 500, {}};
/// The same, where trying again later may help: a port or a data directory that another process
/// has.
inline constexpr ErrorKind in_use{"InUse", 503, {}};

}  // namespace stepwell::errors
