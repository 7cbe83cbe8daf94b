// Which part of which object is meant. Known to s3*.cpp only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <stepwell/result.hpp>

#include "api/s3_input.hpp"

namespace stepwell::api {

struct S3Range {
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
    bool is_partial = false;                      ///< the answer is 206
    std::optional<std::size_t> parts_count = {};  ///< of an object of parts of which one is meant
};

/// By Range ("bytes=0-9", "bytes=-5") or PartNumber, else all of it. A Range that cannot be read
/// is none, as HTTP has it.
/// errors   InvalidRange, InvalidArgument
/// source   RFC 9110 section 14
Result<S3Range> s3_range(const S3Input& input, const object::Object& object);

/// IfMatch, IfNoneMatch, IfModifiedSince and IfUnmodifiedSince.
/// errors   PreconditionFailed, NotModified
/// source   RFC 9110 section 13.2.2
Result<> s3_check_read(const S3Input& input, const object::Object& object);

struct S3CopySource {
    object::ObjectName name;
    object::Object object;
};
/// CopySource: "bucket/key", escaped; and the conditions on it.
Result<S3CopySource> s3_copy_source(const object::Objects& objects, const S3Input& input);

}  // namespace stepwell::api
