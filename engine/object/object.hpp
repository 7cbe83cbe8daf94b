// Buckets, objects and uploads as values.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <stepwell/clock.hpp>
#include <stepwell/result.hpp>
#include <stepwell/unique_function.hpp>

#include "object/digest.hpp"

namespace stepwell::object {

template <class T = void>
using Completion = UniqueFunction<void(Result<T>)>;
using TextMap = std::map<std::string, std::string, std::less<>>;

/// Names what one put has brought: bytes in the store, or a file.
enum class BodyId : std::uint64_t {};

struct Body {
    BodyId id{};
    std::uint64_t size = 0;
    bool is_file = false;
};

/// A checksum as S3 keeps it.
struct Checksum {
    ChecksumAlgorithm algorithm = ChecksumAlgorithm::crc64nvme;
    std::string bytes = {};
    std::uint16_t parts = 0;  ///< of a composite one: it is that of so many parts' checksums

    /// base64, and "-3" behind it for that of three parts.
    std::string text() const;
};

/// What a caller says of an object, and gets back with it.
struct Attributes {
    TextMap headers = {};   ///< by S3's member names: "ContentType", "CacheControl", ...
    TextMap metadata = {};  ///< x-amz-meta-*, lower-case names
    TextMap tags = {};
};

/// One piece of an object: all of it, or what was uploaded as a part.
struct Part {
    Body body;
    std::string md5 = {};
    std::optional<Checksum> checksum = {};
    std::uint16_t number = 0;  ///< as it was uploaded; 0 for an object that has no parts
    TimePoint last_modified{};
};

struct Object {
    Attributes attributes = {};
    std::vector<Part> parts = {};  ///< in order; one for an object that was put as a whole
    std::string etag = {};         ///< without quotes
    std::optional<Checksum> checksum = {};
    TimePoint last_modified{};

    std::uint64_t size() const noexcept;
    bool is_multipart() const noexcept { return parts.empty() || parts.front().number != 0; }
};

struct ObjectName {
    std::string bucket;
    std::string key;
};

struct Bucket {
    std::string name = {};
    std::string region = {};
    TimePoint created{};
    TextMap tags = {};
};

/// How the checksum of an object of parts comes about.
enum class ChecksumType : std::uint8_t { full_object, composite };

struct Upload {
    std::string id = {};
    ObjectName name = {};
    Attributes attributes = {};
    std::optional<ChecksumAlgorithm> algorithm = {};
    ChecksumType checksum_type = ChecksumType::full_object;
    TimePoint initiated{};
    std::map<std::uint16_t, Part> parts = {};  ///< by number
};

inline constexpr std::size_t key_bytes_max = 1024;
inline constexpr std::size_t metadata_bytes_max = 2048;
inline constexpr std::uint64_t put_bytes_max = 5ULL << 30U;
inline constexpr std::uint64_t part_bytes_min = 5ULL << 20U;  ///< of all parts but the last
inline constexpr std::uint16_t part_number_max = 10'000;

/// errors  InvalidBucketName
Result<> check_bucket_name(std::string_view name);
/// errors  KeyTooLongError, InvalidURI: not UTF-8
Result<> check_key(std::string_view key);
/// errors  InvalidTag
Result<> check_tags(const TextMap& tags, std::size_t tags_max);

}  // namespace stepwell::object
