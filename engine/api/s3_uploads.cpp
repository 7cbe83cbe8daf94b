// S3's multipart uploads.
#include <algorithm>
#include <charconv>
#include <limits>

#include "api/s3_input.hpp"
#include "api/s3_ranges.hpp"
#include "base/concat.hpp"
#include "base/try.hpp"
#include "object/errors.hpp"

namespace stepwell::api {

namespace s3_errors = object::errors;

namespace {

constexpr std::size_t page_of_parts_max = 1000;

std::string_view type_of(object::ChecksumType type) {
    return type == object::ChecksumType::composite ? "COMPOSITE" : "FULL_OBJECT";
}

// S3 takes full objects' checksums where it can: for CRC64NVME only, unless it is told.
Result<object::NewUpload> new_upload(const S3Input& input) {
    object::NewUpload upload{input.name()};
    SW_TRY(upload.attributes, s3_attributes(input));
    if (const auto name = input.text("ChecksumAlgorithm")) {
        SW_TRY(upload.algorithm, s3_checksum_algorithm(*name));
        const bool is_full = *upload.algorithm == object::ChecksumAlgorithm::crc64nvme;
        upload.checksum_type =
            is_full ? object::ChecksumType::full_object : object::ChecksumType::composite;
    }
    const auto type = input.text("ChecksumType");
    if (!type.has_value()) return upload;
    const bool is_full = *type == "FULL_OBJECT";
    const bool is_possible = upload.algorithm.has_value() &&
                             (is_full ? object::is_crc(*upload.algorithm)
                                      : *upload.algorithm != object::ChecksumAlgorithm::crc64nvme);
    if ((!is_full && *type != "COMPOSITE") || !is_possible)
        return Error(s3_errors::invalid_request,
                     "The " + *type + " checksum type cannot be used with the " +
                         input.text("ChecksumAlgorithm").value_or("null") + " checksum algorithm.");
    upload.checksum_type =
        is_full ? object::ChecksumType::full_object : object::ChecksumType::composite;
    return upload;
}

void create_multipart_upload(const S3Service& service, const S3Input& input, Call&,
                             Respond respond) {
    Result<object::NewUpload> upload = new_upload(input);
    if (!upload.has_value()) return respond(upload.error());
    service.objects.create_upload(
        *std::move(upload),
        [respond = std::move(respond)](const Result<object::Upload>& made) mutable {
            if (!made.has_value()) return respond(made.error());
            json::Writer writer;
            writer.begin_object().member("Bucket", made->name.bucket);
            if (made->algorithm.has_value()) {
                writer.member("ChecksumAlgorithm", object::name_of(*made->algorithm));
                writer.member("ChecksumType", type_of(made->checksum_type));
            }
            writer.member("Key", made->name.key).member("ServerSideEncryption", "AES256");
            writer.member("UploadId", made->id).end_object();
            respond(Reply{.body = writer.take()});
        });
}

Result<std::uint16_t> part_number(const S3Input& input) {
    SW_TRY(const auto number, input.number("PartNumber"));
    if (!number.has_value() || *number < 1 || *number > object::part_number_max)
        return Error(s3_errors::invalid_argument,
                     "Part number must be an integer between 1 and 10000, inclusive");
    return static_cast<std::uint16_t>(*number);
}

void upload_part(const S3Service& service, const S3Input& input, Call& call, Respond respond) {
    const Result<std::uint16_t> number = part_number(input);
    if (!number.has_value()) return respond(number.error());
    Result<object::Integrity> integrity = s3_integrity(input);
    if (!integrity.has_value()) return respond(integrity.error());
    service.objects.upload_part(
        input.upload(), *number, {std::move(call.raw_payload), std::move(call.payload_file)},
        *std::move(integrity),
        [respond = std::move(respond)](const Result<object::Part>& part) mutable {
            if (!part.has_value()) return respond(part.error());
            json::Writer writer;
            writer.begin_object();
            if (part->checksum.has_value()) {
                const std::string name(object::name_of(part->checksum->algorithm));
                writer.member("Checksum" + name, part->checksum->text());
            }
            writer.member("ETag", quoted(object::hex_of(part->md5)));
            writer.member("ServerSideEncryption", "AES256").end_object();
            respond(Reply{.body = writer.take()});
        });
}

// CopySourceRange, which has to be a whole one: "bytes=0-9".
Result<object::CopySource> copied_range(const S3Input& input, const object::Object& object) {
    object::CopySource source{object, 0, object.size()};
    const auto text = input.text("CopySourceRange");
    if (!text.has_value()) return source;
    json::Writer asked;
    asked.begin_object().member("Range", *text).end_object();
    SW_TRY(const S3Range range, s3_range(S3Input(asked.text()), object));
    if (!range.is_partial)
        return Error(s3_errors::invalid_argument,
                     "The x-amz-copy-source-range value must be of the form bytes=first-last where "
                     "first and last are the zero-based offsets of the first and last bytes to "
                     "copy");
    source.offset = range.offset;
    source.size = range.size;
    return source;
}

void upload_part_copy(const S3Service& service, const S3Input& input, Call&, Respond respond) {
    const Result<std::uint16_t> number = part_number(input);
    if (!number.has_value()) return respond(number.error());
    const Result<S3CopySource> from = s3_copy_source(service.objects, input);
    if (!from.has_value()) return respond(from.error());
    Result<object::CopySource> source = copied_range(input, from->object);
    if (!source.has_value()) return respond(source.error());
    service.objects.upload_part_copy(
        input.upload(), *number, *std::move(source),
        [respond = std::move(respond)](const Result<object::Part>& part) mutable {
            if (!part.has_value()) return respond(part.error());
            json::Writer writer;
            writer.begin_object().key("CopyPartResult").begin_object();
            writer.member("ETag", quoted(object::hex_of(part->md5)));
            write_s3_time(writer, "LastModified", part->last_modified);
            writer.end_object().member("ServerSideEncryption", "AES256").end_object();
            respond(Reply{.body = writer.take()});
        });
}

Result<std::vector<object::CompletedPart>> completed_parts(const S3Input& input) {
    std::vector<object::CompletedPart> parts;
    const auto request = input.value("MultipartUpload");
    const auto listed = request.has_value() ? request->find("Parts") : std::nullopt;
    if (!listed.has_value()) return parts;
    for (const json::Node& node : listed->elements()) {
        const S3Input part(json::Value{&node}.raw());
        SW_TRY(const std::uint16_t number, part_number(part));
        const std::string etag = part.text_or_empty("ETag");
        parts.push_back({number, std::string(without_quotes(etag))});
    }
    return parts;
}

void complete_multipart_upload(const S3Service& service, const S3Input& input, Call& call,
                               Respond respond) {
    Result<std::vector<object::CompletedPart>> parts = completed_parts(input);
    if (!parts.has_value()) return respond(parts.error());
    const object::UploadName upload = input.upload();
    std::string location =
        concat({call.context.base_url, "/", upload.name.bucket, "/", s3_escaped(upload.name.key)});
    service.objects.complete_upload(
        upload, *std::move(parts), s3_conditions(input),
        [name = upload.name, location = std::move(location),
         respond = std::move(respond)](const Result<object::Object>& made) mutable {
            if (!made.has_value()) return respond(made.error());
            json::Writer writer;
            writer.begin_object().member("Bucket", name.bucket);
            write_s3_checksum(writer, made->checksum);
            writer.member("ETag", quoted(made->etag));
            writer.member("Key", name.key).member("Location", location);
            writer.member("ServerSideEncryption", "AES256").end_object();
            respond(Reply{.body = writer.take()});
        });
}

void abort_multipart_upload(const S3Service& service, const S3Input& input, Call&,
                            Respond respond) {
    service.objects.abort_upload(input.upload(), s3_done(std::move(respond), 204));
}

void write_part(json::Writer& writer, const object::Part& part) {
    writer.begin_object();
    if (part.checksum.has_value()) {
        const std::string name(object::name_of(part.checksum->algorithm));
        writer.member("Checksum" + name, part.checksum->text());
    }
    writer.member("ETag", quoted(object::hex_of(part.md5)));
    write_s3_time(writer, "LastModified", part.last_modified);
    writer.member_integer("PartNumber", part.number);
    writer.member_integer("Size", static_cast<std::int64_t>(part.body.size)).end_object();
}

Result<Reply> parts_of(const S3Service& service, const S3Input& input) {
    SW_TRY(const object::Upload upload, service.objects.upload(input.upload()));
    SW_TRY(const auto asked_max, input.number("MaxParts"));
    SW_TRY(const auto asked_marker, input.number("PartNumberMarker"));
    const auto max = std::min<std::size_t>(
        static_cast<std::size_t>(asked_max.value_or(page_of_parts_max)), page_of_parts_max);
    const auto marker = static_cast<std::uint16_t>(
        std::min<std::int64_t>(asked_marker.value_or(0), object::part_number_max));
    json::Writer writer;
    writer.begin_object().member("Bucket", upload.name.bucket);
    if (upload.algorithm.has_value()) {
        writer.member("ChecksumAlgorithm", object::name_of(*upload.algorithm));
        writer.member("ChecksumType", type_of(upload.checksum_type));
    }
    write_s3_owner(writer, "Initiator", service.identity);
    writer.member("Key", upload.name.key);
    writer.member_integer("MaxParts", static_cast<std::int64_t>(max));
    auto at = upload.parts.upper_bound(marker);
    std::uint16_t last = 0;
    if (at != upload.parts.end() && max != 0) {
        writer.key("Parts").begin_array();
        for (std::size_t count = 0; count < max && at != upload.parts.end(); ++count, ++at) {
            write_part(writer, at->second);
            last = at->first;
        }
        writer.end_array();
    }
    write_s3_owner(writer, "Owner", service.identity);
    writer.member_integer("PartNumberMarker", marker);
    writer.member_integer("NextPartNumberMarker", last);
    writer.member_boolean("IsTruncated", at != upload.parts.end() && max != 0);
    writer.member("StorageClass", "STANDARD").member("UploadId", upload.id).end_object();
    return Reply{.body = writer.take()};
}

void list_parts(const S3Service& service, const S3Input& input, Call&, Respond respond) {
    respond(parts_of(service, input));
}

Result<Reply> uploads_of(const S3Service& service, const S3Input& input) {
    const std::string bucket = input.text_or_empty("Bucket");
    SW_TRY(const std::vector<object::Upload> uploads, service.objects.uploads(bucket));
    SW_TRY(const auto asked_max, input.number("MaxUploads"));
    const auto max = std::min<std::size_t>(
        static_cast<std::size_t>(asked_max.value_or(page_of_parts_max)), page_of_parts_max);
    const std::string prefix = input.text_or_empty("Prefix");
    const std::string key_marker = input.text_or_empty("KeyMarker");
    const std::string id_marker = input.text_or_empty("UploadIdMarker");
    // With an id, the marker's key itself goes on behind that upload.
    bool is_behind_id = id_marker.empty();
    std::vector<const object::Upload*> told;
    bool is_truncated = false;
    for (const object::Upload& upload : uploads) {
        const std::string& key = upload.name.key;
        if (!key.starts_with(prefix) || key < key_marker) continue;
        if (key == key_marker && !key_marker.empty()) {
            const bool is_marker = upload.id == id_marker;
            const bool is_told = !id_marker.empty() && is_behind_id;
            is_behind_id |= is_marker;
            if (!is_told) continue;
        }
        is_truncated = told.size() == max;
        if (is_truncated) break;
        told.push_back(&upload);
    }
    json::Writer writer;
    writer.begin_object().member("Bucket", bucket);
    writer.member_boolean("IsTruncated", is_truncated);
    writer.member("KeyMarker", key_marker);
    writer.member_integer("MaxUploads", static_cast<std::int64_t>(max));
    if (is_truncated && !told.empty()) {
        writer.member("NextKeyMarker", told.back()->name.key);
        writer.member("NextUploadIdMarker", told.back()->id);
    }
    writer.member("Prefix", prefix).member("UploadIdMarker", id_marker);
    if (!told.empty()) {
        writer.key("Uploads").begin_array();
        for (const object::Upload* const upload : told) {
            writer.begin_object();
            write_s3_time(writer, "Initiated", upload->initiated);
            write_s3_owner(writer, "Initiator", service.identity);
            writer.member("Key", upload->name.key);
            write_s3_owner(writer, "Owner", service.identity);
            writer.member("StorageClass", "STANDARD").member("UploadId", upload->id).end_object();
        }
        writer.end_array();
    }
    writer.end_object();
    return Reply{.body = writer.take()};
}

void list_multipart_uploads(const S3Service& service, const S3Input& input, Call&,
                            Respond respond) {
    respond(uploads_of(service, input));
}

}  // namespace

void register_s3_uploads(OperationTable& table, const S3Service& service) {
    add_s3(table, service, "CreateMultipartUpload", create_multipart_upload);
    add_s3(table, service, "UploadPart", upload_part);
    add_s3(table, service, "UploadPartCopy", upload_part_copy);
    add_s3(table, service, "CompleteMultipartUpload", complete_multipart_upload);
    add_s3(table, service, "AbortMultipartUpload", abort_multipart_upload);
    add_s3(table, service, "ListParts", list_parts);
    add_s3(table, service, "ListMultipartUploads", list_multipart_uploads);
}

}  // namespace stepwell::api
