// S3's operations that read objects.
#include <array>
#include <utility>

#include "api/s3_input.hpp"
#include "api/s3_ranges.hpp"
#include "base/try.hpp"
#include "object/errors.hpp"

namespace stepwell::api {

namespace s3_errors = object::errors;

namespace {

constexpr int partial_content = 206;

// Which of an object's headers a reader may replace in the answer.
constexpr std::array<std::pair<std::string_view, std::string_view>, 6> replaceable_headers{{
    {"CacheControl", "ResponseCacheControl"},
    {"ContentDisposition", "ResponseContentDisposition"},
    {"ContentEncoding", "ResponseContentEncoding"},
    {"ContentLanguage", "ResponseContentLanguage"},
    {"ContentType", "ResponseContentType"},
    {"Expires", "ResponseExpires"},
}};

struct Found {
    object::Object object;
    S3Range range;
};

Result<Found> find(const S3Service& service, const S3Input& input) {
    const std::string version = input.text("VersionId").value_or("null");
    if (version != "null")
        return Error(s3_errors::invalid_argument, "Invalid version id specified");
    SW_TRY(object::Object object, service.objects.find_object(input.name()));
    if (Result<> met = s3_check_read(input, object); !met.has_value()) return met.error();
    SW_TRY(S3Range range, s3_range(input, object));
    return Found{std::move(object), range};
}

// The answer but for the content, its members sorted.
std::string description(const S3Input& input, const Found& found) {
    const object::Object& object = found.object;
    object::TextMap headers = object.attributes.headers;
    for (const auto& [header, replacement] : replaceable_headers) {
        if (auto value = input.text(replacement)) headers[std::string(header)] = *value;
    }
    json::Writer writer;
    writer.begin_object().member("AcceptRanges", "bytes");
    if (input.text("ChecksumMode") == "ENABLED" && !found.range.is_partial)
        write_s3_checksum(writer, object.checksum);
    const auto size = static_cast<std::int64_t>(found.range.size);
    const auto offset = static_cast<std::int64_t>(found.range.offset);
    writer.member_integer("ContentLength", size);
    if (found.range.is_partial && size > 0)
        writer.member("ContentRange", "bytes " + std::to_string(offset) + "-" +
                                          std::to_string(offset + size - 1) + "/" +
                                          std::to_string(object.size()));
    for (const auto& [name, value] : headers) writer.member(name, value);
    writer.member("ETag", quoted(object.etag));
    write_s3_time(writer, "LastModified", object.last_modified);
    writer.key("Metadata").begin_object();
    for (const auto& [name, value] : object.attributes.metadata) writer.member(name, value);
    writer.end_object();
    if (found.range.parts_count.has_value())
        writer.member_integer("PartsCount", static_cast<std::int64_t>(*found.range.parts_count));
    writer.member("ServerSideEncryption", "AES256");
    if (!object.attributes.tags.empty())
        writer.member_integer("TagCount", static_cast<std::int64_t>(object.attributes.tags.size()));
    return writer.end_object().take();
}

void get_object(const S3Service& service, const S3Input& input, Call&, Respond respond) {
    // Between the two steps the object may be replaced, and be gone: then the new one is meant.
    constexpr int attempts_max = 8;
    Error failure = s3_errors::broken();
    for (int attempt = 0; attempt < attempts_max; ++attempt) {
        const Result<Found> found = find(service, input);
        if (!found.has_value()) return respond(found.error());
        Result<Content> content =
            service.objects.open(found->object, found->range.offset, found->range.size);
        if (content.has_value())
            return respond(Reply{.body = description(input, *found),
                                 .http_status = found->range.is_partial ? partial_content : 200,
                                 .content = *std::move(content)});
        failure = content.error();
    }
    respond(failure);
}

void head_object(const S3Service& service, const S3Input& input, Call&, Respond respond) {
    const Result<Found> found = find(service, input);
    if (!found.has_value()) return respond(found.error());
    respond(Reply{.body = description(input, *found),
                  .http_status = found->range.is_partial ? partial_content : 200});
}

}  // namespace

void register_s3_reads(OperationTable& table, const S3Service& service) {
    add_s3(table, service, "GetObject", get_object);
    add_s3(table, service, "HeadObject", head_object);
}

}  // namespace stepwell::api
