// S3's operations that write objects.
#include <algorithm>
#include <charconv>

#include "api/s3_input.hpp"
#include "api/s3_ranges.hpp"
#include "base/try.hpp"
#include "object/errors.hpp"

namespace stepwell::api {

namespace s3_errors = object::errors;

namespace {

constexpr std::size_t deleted_max = 1000;

object::Incoming incoming_of(Call& call) {
    return {std::move(call.raw_payload), std::move(call.payload_file)};
}

void put_object(const S3Service& service, const S3Input& input, Call& call, Respond respond) {
    object::PutInput put;
    put.name = input.name();
    Result<object::Attributes> attributes = s3_attributes(input);
    if (!attributes.has_value()) return respond(attributes.error());
    Result<object::Integrity> integrity = s3_integrity(input);
    if (!integrity.has_value()) return respond(integrity.error());
    put.attributes = *std::move(attributes);
    put.integrity = *std::move(integrity);
    put.conditions = s3_conditions(input);
    put.incoming = incoming_of(call);
    service.objects.put_object(
        std::move(put), [respond = std::move(respond)](const Result<object::Object>& made) mutable {
            if (!made.has_value()) return respond(made.error());
            json::Writer writer;
            writer.begin_object();
            write_s3_checksum(writer, made->checksum);
            writer.member("ETag", quoted(made->etag));
            writer.member("ServerSideEncryption", "AES256").end_object();
            respond(Reply{.body = writer.take()});
        });
}

// What is copied, and where: "MetadataDirective" says whose attributes the copy gets.
Result<object::PutInput> copy_target(const S3Input& input, const object::Object& source,
                                     const object::ObjectName& source_name) {
    object::PutInput put;
    put.name = input.name();
    put.conditions = s3_conditions(input);
    const bool is_replaced = input.text("MetadataDirective") == "REPLACE";
    const bool has_new_tags = input.text("TaggingDirective") == "REPLACE";
    const bool is_itself = source_name.bucket == put.name.bucket && source_name.key == put.name.key;
    if (is_itself && !is_replaced && !has_new_tags)
        return Error(s3_errors::invalid_request,
                     "This copy request is illegal because it is trying to copy an object to "
                     "itself without changing the object's metadata, storage class, website "
                     "redirect location or encryption attributes.");
    SW_TRY(const object::Attributes given, s3_attributes(input));
    put.attributes = is_replaced ? given : source.attributes;
    put.attributes.tags = has_new_tags ? given.tags : source.attributes.tags;
    if (const auto name = input.text("ChecksumAlgorithm")) {
        SW_TRY(put.integrity.algorithm, s3_checksum_algorithm(*name));
    } else if (source.checksum.has_value()) {
        put.integrity.algorithm = source.checksum->algorithm;
    }
    return put;
}

void copy_object(const S3Service& service, const S3Input& input, Call&, Respond respond) {
    const Result<S3CopySource> from = s3_copy_source(service.objects, input);
    if (!from.has_value()) return respond(from.error());
    Result<object::PutInput> put = copy_target(input, from->object, from->name);
    if (!put.has_value()) return respond(put.error());
    const std::uint64_t size = from->object.size();
    service.objects.copy_object(
        *std::move(put), {from->object, 0, size},
        [respond = std::move(respond)](const Result<object::Object>& made) mutable {
            if (!made.has_value()) return respond(made.error());
            json::Writer writer;
            writer.begin_object().key("CopyObjectResult").begin_object();
            write_s3_checksum(writer, made->checksum);
            writer.member("ETag", quoted(made->etag));
            write_s3_time(writer, "LastModified", made->last_modified);
            writer.end_object();
            writer.member("ServerSideEncryption", "AES256").end_object();
            respond(Reply{.body = writer.take()});
        });
}

void delete_object(const S3Service& service, const S3Input& input, Call&, Respond respond) {
    service.objects.delete_objects(input.text_or_empty("Bucket"), {input.text_or_empty("Key")},
                                   s3_done(std::move(respond), 204));
}

void delete_objects(const S3Service& service, const S3Input& input, Call&, Respond respond) {
    const auto request = input.value("Delete");
    const auto named = request.has_value() ? request->find("Objects") : std::nullopt;
    if (!named.has_value() || named->size() == 0 || named->size() > deleted_max)
        return respond(Error(s3_errors::malformed_xml,
                             "The XML you provided was not well-formed or did not validate "
                             "against our published schema"));
    const auto quiet = request->find("Quiet");
    const bool is_quiet = quiet.has_value() && s3_text(*quiet) == "true";
    std::vector<std::string> keys;
    for (const json::Node& node : named->elements()) {
        const auto key = json::Value{&node}.find("Key");
        keys.push_back(key.has_value() ? s3_text(*key) : std::string());
    }
    std::vector<std::string> deleted = keys;
    service.objects.delete_objects(
        input.text_or_empty("Bucket"), std::move(keys),
        [is_quiet, deleted = std::move(deleted),
         respond = std::move(respond)](const Result<>& done) mutable {
            if (!done.has_value()) return respond(done.error());
            json::Writer writer;
            writer.begin_object();
            if (!is_quiet) {
                writer.key("Deleted").begin_array();
                for (const std::string& key : deleted)
                    writer.begin_object().member("Key", key).end_object();
                writer.end_array();
            }
            writer.end_object();
            respond(Reply{.body = writer.take()});
        });
}

void get_object_tagging(const S3Service& service, const S3Input& input, Call&, Respond respond) {
    const Result<object::Object> object = service.objects.find_object(input.name());
    if (!object.has_value()) return respond(object.error());
    json::Writer writer;
    writer.begin_object();
    write_s3_tags(writer, object->attributes.tags);
    writer.end_object();
    respond(Reply{.body = writer.take()});
}

void put_object_tagging(const S3Service& service, const S3Input& input, Call&, Respond respond) {
    Result<object::TextMap> tags = s3_tag_set(input);
    if (!tags.has_value()) return respond(tags.error());
    service.objects.set_object_tags(input.name(), *std::move(tags), s3_done(std::move(respond)));
}

void delete_object_tagging(const S3Service& service, const S3Input& input, Call&, Respond respond) {
    service.objects.set_object_tags(input.name(), {}, s3_done(std::move(respond), 204));
}

}  // namespace

void register_s3_objects(OperationTable& table, const S3Service& service) {
    add_s3(table, service, "PutObject", put_object);
    add_s3(table, service, "CopyObject", copy_object);
    add_s3(table, service, "DeleteObject", delete_object);
    add_s3(table, service, "DeleteObjects", delete_objects);
    add_s3(table, service, "GetObjectTagging", get_object_tagging);
    add_s3(table, service, "PutObjectTagging", put_object_tagging);
    add_s3(table, service, "DeleteObjectTagging", delete_object_tagging);
}

}  // namespace stepwell::api
