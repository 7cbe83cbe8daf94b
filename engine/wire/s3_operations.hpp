// S3's REST protocol: which operation a request means, and where the members of input and output
// lie.
//
// source  the service's model, API version 2006-03-01; Amazon S3 User Guide, "Virtual hosting of
//         general purpose buckets"
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "wire/http_request.hpp"

namespace stepwell::wire {

/// What a path names.
enum class S3Level : std::uint8_t { service, bucket, object };

struct S3Operation {
    std::string_view method;
    S3Level level;
    std::string_view query;   ///< parameters that tell it from others: "uploadId&partNumber"
    std::string_view header;  ///< that tells it from others
    std::string_view name;
    /// What the body of the request is: nothing, the object's content, or XML for that member.
    std::string_view input;
    /// The XML of a reply: its root element; empty when all of the output is in headers. "-": the
    /// root is the one member of the output. "=Name": a root of that name has that member's text.
    std::string_view output;
};

/// All of S3's operations, also those that this server does not have.
std::span<const S3Operation> s3_operations() noexcept;

/// A request to S3: bucket and key, decoded.
struct S3Request {
    const S3Operation* operation = nullptr;  ///< nullptr: S3 has none of this method
    std::string bucket = {};
    std::string key = {};
    bool is_malformed = false;  ///< the path cannot be decoded
};

/// True for what S3 has to answer: what is signed for it or sent to one of its hosts, and requests
/// without a signature whose path can only name a bucket.
bool is_s3_request(const HttpRequest& request) noexcept;
S3Request match_s3(const HttpRequest& request);

/// "x-amz-checksum-crc32" is ChecksumCRC32; empty for a header that is no member.
std::string_view s3_member_of_header(std::string_view lower_case_name) noexcept;
/// The other way round, of an output's member.
std::string_view s3_header_of_member(std::string_view member) noexcept;
/// "max-keys" is MaxKeys; empty for a parameter that is no member.
std::string_view s3_member_of_parameter(std::string_view name) noexcept;

}  // namespace stepwell::wire
