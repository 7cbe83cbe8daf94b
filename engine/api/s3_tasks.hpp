// S3's operations as tasks call them: through AWS's Java SDK, with the content in the JSON.
#pragma once

#include <string>
#include <string_view>

#include <stepwell/result.hpp>

#include "api/operation.hpp"

namespace stepwell::api {

/// Puts Body, as JSON text, beside the other parameters, and adds what the SDK does by itself.
void prepare_s3_call(std::string_view action, Call& call);

/// The output with Body as text, points in time as text.
/// errors  InternalError: the content cannot be read
Result<std::string> s3_task_output(Reply reply);

/// True for the errors that the SDK has a class of its own for; all others are S3Exception.
bool is_s3_exception(std::string_view code) noexcept;
/// What S3 calls its extended request id: the same for the same request.
std::string s3_extended_request_id(std::string_view request_id);

}  // namespace stepwell::api
