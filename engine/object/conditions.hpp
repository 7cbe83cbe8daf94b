// What a caller demands of a write.
#pragma once

#include <optional>
#include <string>

#include <stepwell/result.hpp>

#include "object/object.hpp"

namespace stepwell::object {

/// What the caller says that the bytes are: a mismatch is BadDigest.
struct Integrity {
    std::optional<std::string> md5 = {};  ///< 16 bytes
    /// Which checksum is to be kept; S3 takes CRC64NVME where nobody says.
    ChecksumAlgorithm algorithm = ChecksumAlgorithm::crc64nvme;
    std::optional<std::string> checksum = {};  ///< base64, of that algorithm
};

/// When a write is to happen: PreconditionFailed where these do not hold.
struct WriteConditions {
    bool if_absent = false;                   ///< If-None-Match: *
    std::optional<std::string> if_etag = {};  ///< If-Match, without quotes
};

/// errors  PreconditionFailed; NoSuchKey where an object is to be replaced, and there is none
Result<> check_conditions(const WriteConditions& conditions, const std::optional<Object>& there);
/// errors  BadDigest
Result<> check_integrity(const Integrity& integrity, const Part& part);

}  // namespace stepwell::object
