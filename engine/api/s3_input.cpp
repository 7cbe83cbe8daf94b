#include "api/s3_input.hpp"

#include <array>
#include <charconv>

#include "api/s3.hpp"
#include "base/base64.hpp"
#include "base/concat.hpp"
#include "base/try.hpp"
#include "object/errors.hpp"

namespace stepwell::api {

namespace s3_errors = object::errors;

namespace {

constexpr std::array<std::string_view, 7> kept_headers{
    "CacheControl", "ContentDisposition",     "ContentEncoding", "ContentLanguage", "ContentType",
    "Expires",      "WebsiteRedirectLocation"};
constexpr std::string_view default_content_type = "binary/octet-stream";
constexpr std::size_t md5_bytes = 16;

std::string checksum_member(object::ChecksumAlgorithm algorithm) {
    return "Checksum" + std::string(object::name_of(algorithm));
}

int hex_value(char c) noexcept {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

// "a=1&b=2"
Result<object::TextMap> tags_of_query(std::string_view query) {
    object::TextMap tags;
    while (!query.empty()) {
        const std::string_view pair = query.substr(0, query.find('&'));
        query.remove_prefix(std::min(pair.size() + 1, query.size()));
        const std::string_view key = pair.substr(0, pair.find('='));
        const std::string_view value = pair.substr(std::min(key.size() + 1, pair.size()));
        const auto plain_key = s3_unescaped(key, true);
        const auto plain_value = s3_unescaped(value, true);
        const bool is_new = plain_key.has_value() && plain_value.has_value() &&
                            tags.emplace(*plain_key, *plain_value).second;
        if (!is_new)
            return Error(s3_errors::invalid_argument,
                         "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL "
                         "query parameters without tag name duplicates.");
    }
    return tags;
}

}  // namespace

S3Input::S3Input(std::string_view json)
    : document_(*json::Document::parse(json.empty() ? std::string_view("{}") : json)) {}

std::string s3_text(json::Value value) {
    return std::string(value.is_string() ? value.string() : value.raw());
}

std::optional<json::Value> S3Input::value(std::string_view member) const {
    const std::optional<json::Value> found = document_.root().find(member);
    return found.has_value() && !found->is_null() ? found : std::nullopt;
}

std::optional<std::string> S3Input::text(std::string_view member) const {
    const std::optional<json::Value> found = value(member);
    if (!found.has_value()) return std::nullopt;
    return s3_text(*found);
}

Result<std::optional<std::int64_t>> S3Input::number(std::string_view member) const {
    const std::optional<std::string> written = text(member);
    if (!written.has_value()) return std::optional<std::int64_t>();
    std::int64_t number = 0;
    const auto [end, error] =
        std::from_chars(written->data(), written->data() + written->size(), number);
    if (error != std::errc{} || end != written->data() + written->size() || number < 0)
        return Error(s3_errors::invalid_argument,
                     "Provided " + std::string(member) + " not an integer or within integer range");
    return std::optional<std::int64_t>(number);
}

Result<object::Attributes> s3_attributes(const S3Input& input) {
    object::Attributes attributes;
    for (const std::string_view header : kept_headers) {
        if (auto value = input.text(header)) attributes.headers.emplace(header, *std::move(value));
    }
    if (attributes.headers["ContentType"].empty())
        attributes.headers["ContentType"] = default_content_type;
    if (const auto metadata = input.value("Metadata")) {
        for (const json::Member& member : metadata->members())
            attributes.metadata[std::string(member.key)] = s3_text(json::Value{&member.value});
    }
    if (const auto tagging = input.value("Tagging"); tagging && tagging->is_string()) {
        SW_TRY(attributes.tags, tags_of_query(tagging->string()));
    }
    return attributes;
}

Result<object::ChecksumAlgorithm> s3_checksum_algorithm(std::string_view name) {
    const auto algorithm = object::checksum_algorithm(name);
    if (algorithm.has_value()) return *algorithm;
    return Error(s3_errors::invalid_request,
                 "Checksum algorithm provided is unsupported. Please try again with any of the "
                 "valid types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]");
}

Result<object::Integrity> s3_integrity(const S3Input& input) {
    object::Integrity integrity;
    if (const auto md5 = input.text("ContentMD5")) {
        integrity.md5 = base64_decode(*md5);
        if (!integrity.md5.has_value() || integrity.md5->size() != md5_bytes)
            return Error(s3_errors::invalid_digest, "The Content-MD5 you specified was invalid.");
    }
    if (const auto name = input.text("ChecksumAlgorithm")) {
        SW_TRY(integrity.algorithm, s3_checksum_algorithm(*name));
    }
    for (std::size_t i = 0; i < object::checksum_algorithm_count; ++i) {
        const auto algorithm = static_cast<object::ChecksumAlgorithm>(i);
        std::optional<std::string> checksum = input.text(checksum_member(algorithm));
        if (!checksum.has_value()) continue;
        if (integrity.checksum.has_value())
            return Error(s3_errors::invalid_request,
                         "Expecting a single x-amz-checksum- header. Multiple checksum Types are "
                         "not allowed.");
        integrity.algorithm = algorithm;
        integrity.checksum = std::move(checksum);
    }
    return integrity;
}

object::WriteConditions s3_conditions(const S3Input& input) {
    object::WriteConditions conditions;
    conditions.if_absent = input.text("IfNoneMatch") == "*";
    if (const auto etag = input.text("IfMatch")) conditions.if_etag = without_quotes(*etag);
    return conditions;
}

Result<object::TextMap> s3_tag_set(const S3Input& input) {
    object::TextMap tags;
    const auto tagging = input.value("Tagging");
    const auto set = tagging.has_value() ? tagging->find("TagSet") : std::nullopt;
    if (!set.has_value())
        return Error(s3_errors::malformed_xml,
                     "The XML you provided was not well-formed or did not validate against our "
                     "published schema");
    for (const json::Node& node : set->elements()) {
        const auto key = json::Value{&node}.find("Key");
        const auto value = json::Value{&node}.find("Value");
        if (!key.has_value() || !value.has_value())
            return Error(s3_errors::malformed_xml,
                         "The XML you provided was not well-formed or did not validate against our "
                         "published schema");
        if (!tags.emplace(s3_text(*key), s3_text(*value)).second)
            return Error(s3_errors::invalid_tag, "Cannot provide multiple Tags with the same key");
    }
    return tags;
}

std::string_view without_quotes(std::string_view etag) noexcept {
    if (etag.size() >= 2 && etag.front() == '"' && etag.back() == '"')
        return etag.substr(1, etag.size() - 2);
    return etag;
}

std::string quoted(std::string_view etag) { return concat({"\"", etag, "\""}); }

std::optional<std::string> s3_unescaped(std::string_view text, bool plus_is_space) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out.push_back(plus_is_space && text[i] == '+' ? ' ' : text[i]);
            continue;
        }
        const int high = i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
        const int low = i + 2 < text.size() ? hex_value(text[i + 2]) : -1;
        if (high < 0 || low < 0) return std::nullopt;
        out.push_back(static_cast<char>(high << 4 | low));
        i += 2;
    }
    return out;
}

std::string s3_escaped(std::string_view text) {
    constexpr std::string_view kept = "-_.~/";
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        const bool is_kept = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                             (c >= 'A' && c <= 'Z') || kept.find(c) != std::string_view::npos;
        if (is_kept) {
            out.push_back(c);
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        out.append({'%', digits[byte >> 4], digits[byte & 0xf]});
    }
    return out;
}

void write_s3_time(json::Writer& writer, std::string_view member, TimePoint time) {
    // S3's times are whole seconds.
    const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
    writer.member_integer(member, seconds.time_since_epoch().count());
}

void write_s3_checksum(json::Writer& writer, const std::optional<object::Checksum>& checksum) {
    if (!checksum.has_value()) return;
    writer.member(checksum_member(checksum->algorithm), checksum->text());
    writer.member("ChecksumType", checksum->parts != 0 ? "COMPOSITE" : "FULL_OBJECT");
}

void write_s3_tags(json::Writer& writer, const object::TextMap& tags) {
    writer.key("TagSet").begin_array();
    for (const auto& [key, value] : tags)
        writer.begin_object().member("Key", key).member("Value", value).end_object();
    writer.end_array();
}

void write_s3_owner(json::Writer& writer, std::string_view member, const Identity& identity) {
    // S3's canonical ids are of this form, and tell nothing.
    const std::string id =
        object::hex_of(object::checksum_of(object::ChecksumAlgorithm::sha256, identity.account));
    writer.key(member).begin_object();
    writer.member("DisplayName", "stepwell").member("ID", id).end_object();
}

object::Completion<> s3_done(Respond respond, int status) {
    return [respond = std::move(respond), status](Result<> done) mutable {
        if (!done.has_value()) return respond(done.error());
        respond(Reply{.body = "{}", .http_status = status});
    };
}

void add_s3(OperationTable& table, const S3Service& service, std::string_view name,
            S3Operation operation) {
    table.add("s3", name, [service, operation](Call call, Respond respond) {
        const S3Input input(call.body);
        operation(service, input, call, std::move(respond));
    });
}

void register_s3(OperationTable& table, object::Objects& objects, const Identity& identity) {
    const S3Service service{objects, identity};
    register_s3_buckets(table, service);
    register_s3_bucket_settings(table, service);
    register_s3_objects(table, service);
    register_s3_reads(table, service);
    register_s3_uploads(table, service);
}

}  // namespace stepwell::api
