// How errors look in AWS's JSON protocols.
#pragma once

#include <string>
#include <string_view>

#include <stepwell/result.hpp>

namespace stepwell::wire {

/// {"__type":"...","message":"..."}. The type has the prefix that the service gives it: SDKs cut it
/// off at '#', but people and scripts compare it.
std::string json_error(const Error& error, std::string_view service);

/// x-amzn-query-error, "AWS.SimpleQueueService.NonExistentQueue;Sender": SDKs that spoke the query
/// protocol before take the error's code from it.
std::string query_error_header(const ErrorKind& kind);

/// {"Type":"User","Message":"..."}: Lambda's; the code is in the x-amzn-ErrorType header.
std::string rest_error(const Error& error);

}  // namespace stepwell::wire
