// S3's protocol: members of inputs and outputs in paths, queries, headers and XML.
#pragma once

#include <string>
#include <string_view>

#include <stepwell/result.hpp>

#include "wire/http_reply.hpp"
#include "wire/http_request.hpp"
#include "wire/s3_operations.hpp"

namespace stepwell::wire {

/// The input of the operation as JSON; an object's content is not in it.
///
/// errors   MalformedXML, InvalidURI; InvalidRequest: a header's value is not UTF-8
Result<std::string> s3_input(const S3Request& target, const HttpRequest& request);

/// Content-Encoding without aws-chunked, which is how a body came and not what it is.
std::string object_coding(std::string_view codings);

/// The members of an output that are headers; without Content-Length.
void write_s3_headers(ReplyWriter& writer, const S3Operation& operation, std::string_view output);
/// The output's XML; empty when there is none.
std::string s3_output_xml(const S3Operation& operation, std::string_view output);
/// Of a HeadObject: how long the body of the same GetObject is.
std::uint64_t s3_content_length(std::string_view output);

/// What an error's XML tells besides the error.
struct S3ErrorPlace {
    std::string_view bucket;
    std::string_view key;
    std::string_view resource;  ///< the path
    std::string_view request_id;
    std::string_view extended_request_id;
};
std::string s3_error_xml(const Error& error, const S3ErrorPlace& place);

}  // namespace stepwell::wire
