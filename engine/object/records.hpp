// How buckets, objects and uploads stand in the store. Known to this folder only.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "object/object.hpp"

namespace stepwell::object {

inline constexpr std::string_view bucket_key_prefix = "bucket/";  // in Table::control
inline constexpr std::string_view object_epoch_key =
    "object/epoch";  // in Table::meta: counts the starts

std::string bucket_key(std::string_view name);

/// In Table::object: bucket, '/', key. A bucket's name has no '/', and so the objects of one stand
/// together, in the order of their keys' bytes.
std::string object_key(std::string_view bucket, std::string_view key);

/// In Table::object_body: the id, big-endian.
std::string body_key(BodyId id);
std::optional<BodyId> id_in_body_key(std::string_view key);

/// In Table::upload: id, 'u' for the upload itself; id, 'p', the number, big-endian, for a part.
std::string upload_key(std::string_view id);
std::string part_key(std::string_view id, std::uint16_t number);
struct UploadKey {
    std::string_view id;
    std::optional<std::uint16_t> part;
};
std::optional<UploadKey> parse_upload_key(std::string_view key);

std::string encode_bucket(const Bucket& bucket);
std::string encode_object(const Object& object);
/// Without its parts.
std::string encode_upload(const Upload& upload);
std::string encode_part(const Part& part);
/// What stands in Table::object_body for a body that is a file.
std::string file_body_record(std::uint64_t size);
/// What stands there for bytes.
std::string bytes_body_record(std::string_view bytes);

// Nothing for damaged bytes or an unknown version.
std::optional<Bucket> decode_bucket(std::string_view bytes);
std::optional<Object> decode_object(std::string_view bytes);
std::optional<Upload> decode_upload(std::string_view bytes);
std::optional<Part> decode_part(std::string_view bytes);
struct BodyRecord {
    std::optional<std::string_view> bytes;  ///< of what is in the store
    std::uint64_t size = 0;
};
std::optional<BodyRecord> decode_body(std::string_view bytes);

}  // namespace stepwell::object
