// S3's operations on buckets.
#include "api/s3_input.hpp"
#include "base/try.hpp"
#include "object/errors.hpp"

namespace stepwell::api {

namespace s3_errors = object::errors;

namespace {

constexpr std::string_view default_region = "us-east-1";
constexpr std::size_t keys_per_page_max = 1000;

void create_bucket(const S3Service& service, const S3Input& input, Call& call, Respond respond) {
    const std::string name = input.text_or_empty("Bucket");
    std::string region = call.context.region;
    if (const auto configuration = input.value("CreateBucketConfiguration")) {
        const auto constraint = configuration->find("LocationConstraint");
        if (constraint.has_value()) region = s3_text(*constraint);
        if (constraint.has_value() && region == default_region)
            return respond(Error(s3_errors::invalid_location,
                                 "The specified location-constraint is not valid"));
    }
    service.objects.create_bucket(
        name, std::move(region),
        [name, respond = std::move(respond)](const Result<>& created) mutable {
            if (!created.has_value()) return respond(created.error());
            json::Writer writer;
            writer.begin_object().member("Location", "/" + name).end_object();
            respond(Reply{.body = writer.take()});
        });
}

void delete_bucket(const S3Service& service, const S3Input& input, Call&, Respond respond) {
    service.objects.delete_bucket(input.text_or_empty("Bucket"), s3_done(std::move(respond), 204));
}

void head_bucket(const S3Service& service, const S3Input& input, Call&, Respond respond) {
    const Result<object::Bucket> bucket = service.objects.bucket(input.text_or_empty("Bucket"));
    if (!bucket.has_value()) return respond(bucket.error());
    json::Writer writer;
    writer.begin_object().member_boolean("AccessPointAlias", false);
    writer.member("BucketRegion", bucket->region).end_object();
    respond(Reply{.body = writer.take()});
}

void list_buckets(const S3Service& service, const S3Input& input, Call&, Respond respond) {
    const std::string prefix = input.text_or_empty("Prefix");
    json::Writer writer;
    writer.begin_object().key("Buckets").begin_array();
    for (const object::Bucket& bucket : service.objects.buckets()) {
        if (!bucket.name.starts_with(prefix)) continue;
        writer.begin_object();
        write_s3_time(writer, "CreationDate", bucket.created);
        writer.member("Name", bucket.name).end_object();
    }
    writer.end_array();
    write_s3_owner(writer, "Owner", service.identity);
    if (!prefix.empty()) writer.member("Prefix", prefix);
    writer.end_object();
    respond(Reply{.body = writer.take()});
}

void get_bucket_location(const S3Service& service, const S3Input& input, Call&, Respond respond) {
    const Result<object::Bucket> bucket = service.objects.bucket(input.text_or_empty("Bucket"));
    if (!bucket.has_value()) return respond(bucket.error());
    json::Writer writer;
    writer.begin_object();
    if (bucket->region != default_region) writer.member("LocationConstraint", bucket->region);
    writer.end_object();
    respond(Reply{.body = writer.take()});
}

std::string acl(const Identity& identity) {
    json::Writer writer;
    writer.begin_object().key("Grants").begin_array().begin_object();
    write_s3_owner(writer, "Grantee", identity);
    writer.member("Permission", "FULL_CONTROL").end_object().end_array();
    write_s3_owner(writer, "Owner", identity);
    return writer.end_object().take();
}

void get_bucket_acl(const S3Service& service, const S3Input& input, Call&, Respond respond) {
    const Result<object::Bucket> bucket = service.objects.bucket(input.text_or_empty("Bucket"));
    if (!bucket.has_value()) return respond(bucket.error());
    respond(Reply{.body = acl(service.identity)});
}

void get_object_acl(const S3Service& service, const S3Input& input, Call&, Respond respond) {
    const Result<object::Object> object = service.objects.find_object(input.name());
    if (!object.has_value()) return respond(object.error());
    respond(Reply{.body = acl(service.identity)});
}

void get_bucket_tagging(const S3Service& service, const S3Input& input, Call&, Respond respond) {
    const Result<object::Bucket> bucket = service.objects.bucket(input.text_or_empty("Bucket"));
    if (!bucket.has_value()) return respond(bucket.error());
    if (bucket->tags.empty())
        return respond(Error(s3_errors::no_such_tag_set, "The TagSet does not exist"));
    json::Writer writer;
    writer.begin_object();
    write_s3_tags(writer, bucket->tags);
    writer.end_object();
    respond(Reply{.body = writer.take()});
}

void put_bucket_tagging(const S3Service& service, const S3Input& input, Call&, Respond respond) {
    Result<object::TextMap> tags = s3_tag_set(input);
    if (!tags.has_value()) return respond(tags.error());
    service.objects.set_bucket_tags(input.text_or_empty("Bucket"), *std::move(tags),
                                    s3_done(std::move(respond), 204));
}

void delete_bucket_tagging(const S3Service& service, const S3Input& input, Call&, Respond respond) {
    service.objects.set_bucket_tags(input.text_or_empty("Bucket"), {},
                                    s3_done(std::move(respond), 204));
}

// What both listings, of version 1 and 2, are asked for.
Result<object::ListInput> list_input(const S3Input& input, std::string after) {
    object::ListInput list;
    list.bucket = input.text_or_empty("Bucket");
    list.prefix = input.text_or_empty("Prefix");
    list.delimiter = input.text_or_empty("Delimiter");
    list.after = std::move(after);
    SW_TRY(const auto max, input.number("MaxKeys"));
    list.max = std::min<std::size_t>(static_cast<std::size_t>(max.value_or(keys_per_page_max)),
                                     keys_per_page_max);
    if (const auto type = input.text("EncodingType"); type.has_value() && *type != "url")
        return Error(s3_errors::invalid_argument, "Invalid Encoding Method specified in Request");
    return list;
}

// Writes keys as the caller wants them.
struct KeyWriter {
    json::Writer& writer;
    bool is_encoded = false;

    void member(std::string_view name, std::string_view key) const {
        writer.member(name, is_encoded ? s3_escaped(key) : std::string(key));
    }
};

void write_common_prefixes(const KeyWriter& keys, const object::ListOutput& listed) {
    if (listed.common_prefixes.empty()) return;
    keys.writer.key("CommonPrefixes").begin_array();
    for (const std::string& prefix : listed.common_prefixes) {
        keys.writer.begin_object();
        keys.member("Prefix", prefix);
        keys.writer.end_object();
    }
    keys.writer.end_array();
}

void write_contents(const KeyWriter& keys, const object::ListOutput& listed,
                    const Identity* owner) {
    json::Writer& writer = keys.writer;
    write_common_prefixes(keys, listed);
    if (listed.objects.empty()) return;
    writer.key("Contents").begin_array();
    for (const object::ListedObject& listed_object : listed.objects) {
        const object::Object& object = listed_object.object;
        writer.begin_object();
        if (object.checksum.has_value()) {
            writer.key("ChecksumAlgorithm").begin_array();
            writer.string(object::name_of(object.checksum->algorithm)).end_array();
            writer.member("ChecksumType",
                          object.checksum->parts != 0 ? "COMPOSITE" : "FULL_OBJECT");
        }
        writer.member("ETag", quoted(object.etag));
        keys.member("Key", listed_object.key);
        write_s3_time(writer, "LastModified", object.last_modified);
        if (owner != nullptr) write_s3_owner(writer, "Owner", *owner);
        writer.member_integer("Size", static_cast<std::int64_t>(object.size()));
        writer.member("StorageClass", "STANDARD").end_object();
    }
    writer.end_array();
}

// What is told of the question, in both versions.
void write_question(const KeyWriter& keys, const object::ListInput& list,
                    const object::ListOutput& listed) {
    json::Writer& writer = keys.writer;
    if (!list.delimiter.empty()) keys.member("Delimiter", list.delimiter);
    if (keys.is_encoded) writer.member("EncodingType", "url");
    writer.member_boolean("IsTruncated", listed.is_truncated);
    writer.member_integer("MaxKeys", static_cast<std::int64_t>(list.max));
    writer.member("Name", list.bucket);
    keys.member("Prefix", list.prefix);
}

void list_objects(const S3Service& service, const S3Input& input, Call&, Respond respond) {
    Result<object::ListInput> list = list_input(input, input.text_or_empty("Marker"));
    if (!list.has_value()) return respond(list.error());
    const bool is_encoded = input.text("EncodingType").has_value();
    service.objects.list_objects(
        *list, [list = *list, is_encoded, &identity = service.identity,
                respond = std::move(respond)](const Result<object::ListOutput>& listed) mutable {
            if (!listed.has_value()) return respond(listed.error());
            json::Writer writer;
            const KeyWriter keys{writer, is_encoded};
            writer.begin_object();
            write_contents(keys, *listed, &identity);
            keys.member("Marker", list.after);
            if (listed->is_truncated && !list.delimiter.empty())
                keys.member("NextMarker", listed->last);
            write_question(keys, list, *listed);
            writer.end_object();
            respond(Reply{.body = writer.take()});
        });
}

void list_objects_v2(const S3Service& service, const S3Input& input, Call&, Respond respond) {
    const std::optional<std::string> token = input.text("ContinuationToken");
    std::string after = input.text_or_empty("StartAfter");
    if (token.has_value()) {
        const std::optional<std::string> last = object::bytes_of_hex(*token);
        if (!last.has_value() || last->empty())
            return respond(
                Error(s3_errors::invalid_argument, "The continuation token provided is incorrect"));
        after = *last;
    }
    Result<object::ListInput> list = list_input(input, std::move(after));
    if (!list.has_value()) return respond(list.error());
    const Identity* const owner = input.is_true("FetchOwner") ? &service.identity : nullptr;
    service.objects.list_objects(
        *list, [list = *list, is_encoded = input.text("EncodingType").has_value(), owner, token,
                start_after = input.text("StartAfter"),
                respond = std::move(respond)](const Result<object::ListOutput>& listed) mutable {
            if (!listed.has_value()) return respond(listed.error());
            json::Writer writer;
            const KeyWriter keys{writer, is_encoded};
            writer.begin_object();
            write_contents(keys, *listed, owner);
            if (token.has_value()) writer.member("ContinuationToken", *token);
            writer.member_integer(
                "KeyCount",
                static_cast<std::int64_t>(listed->objects.size() + listed->common_prefixes.size()));
            if (listed->is_truncated)
                writer.member("NextContinuationToken", object::hex_of(listed->last));
            if (start_after.has_value()) keys.member("StartAfter", *start_after);
            write_question(keys, list, *listed);
            writer.end_object();
            respond(Reply{.body = writer.take()});
        });
}

// Of buckets without versions: each object is the one there is.
void write_versions(const KeyWriter& keys, const object::ListOutput& listed,
                    const Identity& owner) {
    json::Writer& writer = keys.writer;
    if (listed.objects.empty()) return;
    writer.key("Versions").begin_array();
    for (const object::ListedObject& listed_object : listed.objects) {
        const object::Object& object = listed_object.object;
        writer.begin_object().member("ETag", quoted(object.etag));
        writer.member_boolean("IsLatest", true);
        keys.member("Key", listed_object.key);
        write_s3_time(writer, "LastModified", object.last_modified);
        write_s3_owner(writer, "Owner", owner);
        writer.member_integer("Size", static_cast<std::int64_t>(object.size()));
        writer.member("StorageClass", "STANDARD").member("VersionId", "null").end_object();
    }
    writer.end_array();
}

void list_object_versions(const S3Service& service, const S3Input& input, Call&, Respond respond) {
    Result<object::ListInput> list = list_input(input, input.text_or_empty("KeyMarker"));
    if (!list.has_value()) return respond(list.error());
    const bool is_encoded = input.text("EncodingType").has_value();
    service.objects.list_objects(
        *list, [list = *list, is_encoded, &identity = service.identity,
                respond = std::move(respond)](const Result<object::ListOutput>& listed) mutable {
            if (!listed.has_value()) return respond(listed.error());
            json::Writer writer;
            const KeyWriter keys{writer, is_encoded};
            writer.begin_object();
            write_common_prefixes(keys, *listed);
            write_versions(keys, *listed, identity);
            keys.member("KeyMarker", list.after);
            if (listed->is_truncated) {
                keys.member("NextKeyMarker", listed->last);
                writer.member("NextVersionIdMarker", "null");
            }
            write_question(keys, list, *listed);
            writer.end_object();
            respond(Reply{.body = writer.take()});
        });
}

}  // namespace

void register_s3_buckets(OperationTable& table, const S3Service& service) {
    add_s3(table, service, "CreateBucket", create_bucket);
    add_s3(table, service, "DeleteBucket", delete_bucket);
    add_s3(table, service, "HeadBucket", head_bucket);
    add_s3(table, service, "ListBuckets", list_buckets);
    add_s3(table, service, "GetBucketLocation", get_bucket_location);
    add_s3(table, service, "GetBucketAcl", get_bucket_acl);
    add_s3(table, service, "GetObjectAcl", get_object_acl);
    add_s3(table, service, "GetBucketTagging", get_bucket_tagging);
    add_s3(table, service, "PutBucketTagging", put_bucket_tagging);
    add_s3(table, service, "DeleteBucketTagging", delete_bucket_tagging);
    add_s3(table, service, "ListObjects", list_objects);
    add_s3(table, service, "ListObjectsV2", list_objects_v2);
    add_s3(table, service, "ListObjectVersions", list_object_versions);
}

}  // namespace stepwell::api
