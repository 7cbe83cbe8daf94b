// Error kinds of IAM and STS.
// source  AWS IAM API Reference (2010-05-08) and AWS STS API Reference (2011-06-15), each
// operation's errors
#pragma once

#include <stepwell/result.hpp>

namespace stepwell::access::errors {

inline constexpr ErrorKind no_such_entity{"NoSuchEntity", 404, {}};
inline constexpr ErrorKind entity_already_exists{"EntityAlreadyExists", 409, {}};
inline constexpr ErrorKind delete_conflict{"DeleteConflict", 409, {}};
inline constexpr ErrorKind limit_exceeded{"LimitExceeded", 409, {}};
inline constexpr ErrorKind malformed_policy_document{"MalformedPolicyDocument", 400, {}};
inline constexpr ErrorKind invalid_input{"InvalidInput", 400, {}};
inline constexpr ErrorKind access_denied{"AccessDenied", 403, {}};
inline constexpr ErrorKind validation{"ValidationError", 400, {}};

}  // namespace stepwell::access::errors
