#include "object/records.hpp"

#include "base/bytes.hpp"
#include "base/text_map.hpp"

namespace stepwell::object {

namespace {

constexpr char object_record_version = 1;
constexpr char file_body = 'f';
constexpr char bytes_body = 'b';
constexpr std::size_t upload_id_bytes = 36;

void append_time(std::string& out, TimePoint time) {
    append_big_endian(out, static_cast<std::uint64_t>(time.time_since_epoch().count()));
}
TimePoint read_time(ByteReader& reader) {
    return TimePoint{milliseconds{static_cast<std::int64_t>(reader.big_endian<std::uint64_t>())}};
}

void append_attributes(std::string& out, const Attributes& attributes) {
    append_map(out, attributes.headers);
    append_map(out, attributes.metadata);
    append_map(out, attributes.tags);
}
Attributes read_attributes(ByteReader& reader) {
    Attributes attributes;
    attributes.headers = read_map<TextMap>(reader);
    attributes.metadata = read_map<TextMap>(reader);
    attributes.tags = read_map<TextMap>(reader);
    return attributes;
}

// 0 for none, else the algorithm's number from 1 on.
void append_algorithm(std::string& out, std::optional<ChecksumAlgorithm> algorithm) {
    append_varint(out, algorithm.has_value() ? static_cast<std::uint64_t>(*algorithm) + 1 : 0);
}
// False for a number that no algorithm has.
bool read_algorithm(ByteReader& reader, std::optional<ChecksumAlgorithm>& algorithm) {
    const std::uint64_t number = reader.varint();
    if (number > checksum_algorithm_count) return false;
    if (number != 0) algorithm = static_cast<ChecksumAlgorithm>(number - 1);
    return true;
}

void append_checksum(std::string& out, const std::optional<Checksum>& checksum) {
    append_algorithm(out, checksum.has_value() ? std::optional(checksum->algorithm) : std::nullopt);
    if (!checksum.has_value()) return;
    append_text(out, checksum->bytes);
    append_varint(out, checksum->parts);
}
bool read_checksum(ByteReader& reader, std::optional<Checksum>& checksum) {
    std::optional<ChecksumAlgorithm> algorithm;
    if (!read_algorithm(reader, algorithm)) return false;
    if (!algorithm.has_value()) return true;
    checksum.emplace();
    checksum->algorithm = *algorithm;
    checksum->bytes = reader.text();
    checksum->parts = static_cast<std::uint16_t>(reader.varint());
    return true;
}

void append_part(std::string& out, const Part& part) {
    append_big_endian(out, static_cast<std::uint64_t>(part.body.id));
    append_varint(out, part.body.size);
    append_varint(out, part.body.is_file ? 1 : 0);
    append_text(out, part.md5);
    append_checksum(out, part.checksum);
    append_varint(out, part.number);
    append_time(out, part.last_modified);
}
bool read_part(ByteReader& reader, Part& part) {
    part.body.id = BodyId{reader.big_endian<std::uint64_t>()};
    part.body.size = reader.varint();
    part.body.is_file = reader.varint() == 1;
    part.md5 = reader.text();
    if (!read_checksum(reader, part.checksum)) return false;
    part.number = static_cast<std::uint16_t>(reader.varint());
    part.last_modified = read_time(reader);
    return true;
}

bool is_whole(const ByteReader& reader) { return reader.is_good() && reader.is_at_end(); }

}  // namespace

std::string bucket_key(std::string_view name) {
    return std::string(bucket_key_prefix).append(name);
}

std::string object_key(std::string_view bucket, std::string_view key) {
    return std::string(bucket).append("/").append(key);
}

std::string body_key(BodyId id) {
    std::string key;
    append_big_endian(key, static_cast<std::uint64_t>(id));
    return key;
}

std::optional<BodyId> id_in_body_key(std::string_view key) {
    ByteReader reader(key);
    const BodyId id{reader.big_endian<std::uint64_t>()};
    if (!is_whole(reader)) return std::nullopt;
    return id;
}

std::string upload_key(std::string_view id) { return std::string(id).append("u"); }
std::string part_key(std::string_view id, std::uint16_t number) {
    std::string key = std::string(id).append("p");
    append_big_endian(key, number);
    return key;
}

std::optional<UploadKey> parse_upload_key(std::string_view key) {
    if (key.size() <= upload_id_bytes) return std::nullopt;
    UploadKey parsed{key.substr(0, upload_id_bytes), std::nullopt};
    ByteReader reader(key.substr(upload_id_bytes));
    if (reader.big_endian<char>() == 'p') parsed.part = reader.big_endian<std::uint16_t>();
    if (!is_whole(reader)) return std::nullopt;
    return parsed;
}

std::string encode_bucket(const Bucket& bucket) {
    std::string out(1, object_record_version);
    append_text(out, bucket.name);
    append_text(out, bucket.region);
    append_time(out, bucket.created);
    append_map(out, bucket.tags);
    return out;
}

std::optional<Bucket> decode_bucket(std::string_view bytes) {
    ByteReader reader(bytes);
    if (reader.big_endian<char>() != object_record_version) return std::nullopt;
    Bucket bucket;
    bucket.name = reader.text();
    bucket.region = reader.text();
    bucket.created = read_time(reader);
    bucket.tags = read_map<TextMap>(reader);
    if (!is_whole(reader)) return std::nullopt;
    return bucket;
}

std::string encode_object(const Object& object) {
    std::string out(1, object_record_version);
    append_attributes(out, object.attributes);
    append_text(out, object.etag);
    append_checksum(out, object.checksum);
    append_time(out, object.last_modified);
    append_varint(out, object.parts.size());
    for (const Part& part : object.parts) append_part(out, part);
    return out;
}

std::optional<Object> decode_object(std::string_view bytes) {
    ByteReader reader(bytes);
    if (reader.big_endian<char>() != object_record_version) return std::nullopt;
    Object object;
    object.attributes = read_attributes(reader);
    object.etag = reader.text();
    if (!read_checksum(reader, object.checksum)) return std::nullopt;
    object.last_modified = read_time(reader);
    for (std::uint64_t left = reader.varint(); left > 0 && reader.is_good(); --left) {
        if (!read_part(reader, object.parts.emplace_back())) return std::nullopt;
    }
    if (!is_whole(reader)) return std::nullopt;
    return object;
}

std::string encode_upload(const Upload& upload) {
    std::string out(1, object_record_version);
    append_text(out, upload.id);
    append_text(out, upload.name.bucket);
    append_text(out, upload.name.key);
    append_attributes(out, upload.attributes);
    append_algorithm(out, upload.algorithm);
    append_varint(out, static_cast<std::uint64_t>(upload.checksum_type));
    append_time(out, upload.initiated);
    return out;
}

std::optional<Upload> decode_upload(std::string_view bytes) {
    ByteReader reader(bytes);
    if (reader.big_endian<char>() != object_record_version) return std::nullopt;
    Upload upload;
    upload.id = reader.text();
    upload.name.bucket = reader.text();
    upload.name.key = reader.text();
    upload.attributes = read_attributes(reader);
    if (!read_algorithm(reader, upload.algorithm)) return std::nullopt;
    upload.checksum_type =
        reader.varint() == 0 ? ChecksumType::full_object : ChecksumType::composite;
    upload.initiated = read_time(reader);
    if (!is_whole(reader)) return std::nullopt;
    return upload;
}

std::string encode_part(const Part& part) {
    std::string out(1, object_record_version);
    append_part(out, part);
    return out;
}

std::optional<Part> decode_part(std::string_view bytes) {
    ByteReader reader(bytes);
    if (reader.big_endian<char>() != object_record_version) return std::nullopt;
    Part part;
    if (!read_part(reader, part) || !is_whole(reader)) return std::nullopt;
    return part;
}

std::string file_body_record(std::uint64_t size) {
    std::string out(1, file_body);
    append_varint(out, size);
    return out;
}

std::string bytes_body_record(std::string_view bytes) {
    return std::string(1, bytes_body).append(bytes);
}

std::optional<BodyRecord> decode_body(std::string_view bytes) {
    ByteReader reader(bytes);
    const char kind = reader.big_endian<char>();
    BodyRecord body;
    if (kind == bytes_body) {
        body.bytes = reader.rest();
        body.size = reader.rest().size();
        return body;
    }
    body.size = reader.varint();
    if (kind != file_body || !is_whole(reader)) return std::nullopt;
    return body;
}

}  // namespace stepwell::object
