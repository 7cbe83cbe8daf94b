// The query protocol: form parameters in, XML out, by the shapes of the operation.
//
// source  smithy.io, "AWS query protocol"; what botocore's serializer and parser for it do
#pragma once

#include <string>
#include <string_view>

#include <stepwell/result.hpp>

#include "wire/form.hpp"
#include "wire/shapes.hpp"

namespace stepwell::wire {

/// The input of an operation as JSON text. Parameters that the model does not name are ignored, as
/// AWS does.
///
/// errors   SerializationException (in this protocol: MalformedInput): a number or boolean that is
/// none
Result<std::string> query_input(const Form& form, const QueryOperation& operation);

/// The reply's XML from the output's JSON.
///
/// errors   InvalidJson: the operation gave no JSON object, which is a mistake of ours
Result<std::string> query_output(std::string_view json, const QueryService& service,
                                 const QueryOperation& operation, std::string_view request_id);

/// The reply's XML for an error.
std::string query_error(const Error& error, std::string_view xml_namespace,
                        std::string_view request_id);

}  // namespace stepwell::wire
