// S3's errors, with its texts.
// source  Amazon S3 API Reference, "List of error codes"
#pragma once

#include <string>

#include <stepwell/result.hpp>

namespace stepwell::object::errors {

inline constexpr ErrorKind bad_digest{"BadDigest", 400};
inline constexpr ErrorKind bucket_already_owned{"BucketAlreadyOwnedByYou", 409};
inline constexpr ErrorKind bucket_not_empty{"BucketNotEmpty", 409};
inline constexpr ErrorKind entity_too_large{"EntityTooLarge", 400};
inline constexpr ErrorKind entity_too_small{"EntityTooSmall", 400};
inline constexpr ErrorKind internal_error{"InternalError", 500};
inline constexpr ErrorKind invalid_argument{"InvalidArgument", 400};
inline constexpr ErrorKind invalid_bucket_name{"InvalidBucketName", 400};
inline constexpr ErrorKind invalid_digest{"InvalidDigest", 400};
inline constexpr ErrorKind invalid_location{"InvalidLocationConstraint", 400};
inline constexpr ErrorKind invalid_part{"InvalidPart", 400};
inline constexpr ErrorKind invalid_part_order{"InvalidPartOrder", 400};
inline constexpr ErrorKind invalid_range{"InvalidRange", 416};
inline constexpr ErrorKind invalid_request{"InvalidRequest", 400};
inline constexpr ErrorKind invalid_tag{"InvalidTag", 400};
inline constexpr ErrorKind invalid_uri{"InvalidURI", 400};
inline constexpr ErrorKind key_too_long{"KeyTooLongError", 400};
inline constexpr ErrorKind malformed_xml{"MalformedXML", 400};
inline constexpr ErrorKind metadata_too_large{"MetadataTooLarge", 400};
inline constexpr ErrorKind method_not_allowed{"MethodNotAllowed", 405};
inline constexpr ErrorKind no_such_bucket{"NoSuchBucket", 404};
inline constexpr ErrorKind no_such_key{"NoSuchKey", 404};
inline constexpr ErrorKind no_such_tag_set{"NoSuchTagSet", 404};
inline constexpr ErrorKind no_such_upload{"NoSuchUpload", 404};
inline constexpr ErrorKind no_such_version{"NoSuchVersion", 404};
inline constexpr ErrorKind not_implemented{"NotImplemented", 501};
inline constexpr ErrorKind not_modified{"NotModified", 304};
inline constexpr ErrorKind precondition_failed{"PreconditionFailed", 412};

inline Error bucket_missing() {
    return Error(no_such_bucket, "The specified bucket does not exist");
}
inline Error key_missing() { return Error(no_such_key, "The specified key does not exist."); }
inline Error upload_missing() {
    return Error(no_such_upload,
                 "The specified upload does not exist. The upload ID may be invalid, or the upload "
                 "may have been aborted or completed.");
}
inline Error condition_failed() {
    return Error(precondition_failed,
                 "At least one of the pre-conditions you specified did not hold");
}
inline Error broken() {
    return Error(internal_error, "We encountered an internal error. Please try again.");
}

}  // namespace stepwell::object::errors
