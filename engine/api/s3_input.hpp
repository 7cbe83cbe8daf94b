// What S3's operations are given. Known to s3*.cpp only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <stepwell/result.hpp>

#include "api/operation.hpp"
#include "base/identity.hpp"
#include "json/value.hpp"
#include "json/writer.hpp"
#include "object/objects.hpp"

namespace stepwell::api {

/// What S3's operations are made of.
struct S3Service {
    object::Objects& objects;
    const Identity& identity;
};

/// The members of one operation's input; numbers and truth values may come as text.
class S3Input {
 public:
    explicit S3Input(std::string_view json);

    std::optional<std::string> text(std::string_view member) const;
    std::string text_or_empty(std::string_view member) const {
        return text(member).value_or(std::string());
    }
    /// errors   InvalidArgument: it is there, and no number of at least 0
    Result<std::optional<std::int64_t>> number(std::string_view member) const;
    bool is_true(std::string_view member) const { return text(member) == "true"; }
    std::optional<json::Value> value(std::string_view member) const;

    object::ObjectName name() const { return {text_or_empty("Bucket"), text_or_empty("Key")}; }
    object::UploadName upload() const { return {name(), text_or_empty("UploadId")}; }

 private:
    json::Document document_;
};

/// Text of a value: that of a string, else its JSON.
std::string s3_text(json::Value value);

/// Headers, metadata and the tags of a new object.
/// errors   InvalidArgument
Result<object::Attributes> s3_attributes(const S3Input& input);
/// Content-MD5 and the checksum members.
/// errors   InvalidDigest, InvalidRequest
Result<object::Integrity> s3_integrity(const S3Input& input);
object::WriteConditions s3_conditions(const S3Input& input);
/// The TagSet of Tagging.
Result<object::TextMap> s3_tag_set(const S3Input& input);
/// An algorithm by its name.
/// errors   InvalidRequest
Result<object::ChecksumAlgorithm> s3_checksum_algorithm(std::string_view name);

/// "etag" without its quotes.
std::string_view without_quotes(std::string_view etag) noexcept;
std::string quoted(std::string_view etag);
/// Replaces %XX; nothing for what is malformed.
std::optional<std::string> s3_unescaped(std::string_view text, bool plus_is_space);
/// The other way round, as in URLs; '/' stays.
std::string s3_escaped(std::string_view text);

/// Seconds since the epoch, as a member.
void write_s3_time(json::Writer& writer, std::string_view member, TimePoint time);
/// "ChecksumCRC32" and ChecksumType.
void write_s3_checksum(json::Writer& writer, const std::optional<object::Checksum>& checksum);
void write_s3_tags(json::Writer& writer, const object::TextMap& tags);
void write_s3_owner(json::Writer& writer, std::string_view member, const Identity& identity);

/// Answers with an empty output, or the error.
object::Completion<> s3_done(Respond respond, int status = 200);

/// Each file's operations.
void register_s3_buckets(OperationTable& table, const S3Service& service);
void register_s3_bucket_settings(OperationTable& table, const S3Service& service);
void register_s3_objects(OperationTable& table, const S3Service& service);
void register_s3_reads(OperationTable& table, const S3Service& service);
void register_s3_uploads(OperationTable& table, const S3Service& service);

using S3Operation = void (*)(const S3Service& service, const S3Input& input, Call& call,
                             Respond respond);
void add_s3(OperationTable& table, const S3Service& service, std::string_view name,
            S3Operation operation);

}  // namespace stepwell::api
