#include "wire/s3_operations.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "wire/caller_check.hpp"
#include "wire/form.hpp"
#include "wire/rest_json.hpp"
#include "wire/routes.hpp"

namespace stepwell::wire {

namespace {

constexpr auto service_level = S3Level::service;
constexpr auto bucket_level = S3Level::bucket;
constexpr auto object_level = S3Level::object;

// Of two operations with one method and level, the one that asks for more stands first. Those that
// tell of a bucket's configuration are told apart by one parameter.
constexpr S3Operation all_of_s3[] = {
    {"GET", service_level, "", "", "ListBuckets", "", "ListAllMyBucketsResult"},

    {"GET", bucket_level, "location", "", "GetBucketLocation", "", "=LocationConstraint"},
    {"GET", bucket_level, "versioning", "", "GetBucketVersioning", "", "VersioningConfiguration"},
    {"GET", bucket_level, "acl", "", "GetBucketAcl", "", "AccessControlPolicy"},
    {"GET", bucket_level, "tagging", "", "GetBucketTagging", "", "Tagging"},
    {"GET", bucket_level, "encryption", "", "GetBucketEncryption", "", "-"},
    {"GET", bucket_level, "uploads", "", "ListMultipartUploads", "", "ListMultipartUploadsResult"},
    {"GET", bucket_level, "versions", "", "ListObjectVersions", "", "ListVersionsResult"},
    {"GET", bucket_level, "policy", "", "GetBucketPolicy", "", ""},
    {"GET", bucket_level, "policyStatus", "", "GetBucketPolicyStatus", "", "-"},
    {"GET", bucket_level, "cors", "", "GetBucketCors", "", "CORSConfiguration"},
    {"GET", bucket_level, "website", "", "GetBucketWebsite", "", "WebsiteConfiguration"},
    {"GET", bucket_level, "lifecycle", "", "GetBucketLifecycleConfiguration", "",
     "LifecycleConfiguration"},
    {"GET", bucket_level, "notification", "", "GetBucketNotificationConfiguration", "",
     "NotificationConfiguration"},
    {"GET", bucket_level, "logging", "", "GetBucketLogging", "", "BucketLoggingStatus"},
    {"GET", bucket_level, "replication", "", "GetBucketReplication", "", "-"},
    {"GET", bucket_level, "requestPayment", "", "GetBucketRequestPayment", "",
     "RequestPaymentConfiguration"},
    {"GET", bucket_level, "accelerate", "", "GetBucketAccelerateConfiguration", "",
     "AccelerateConfiguration"},
    {"GET", bucket_level, "publicAccessBlock", "", "GetPublicAccessBlock", "", "-"},
    {"GET", bucket_level, "ownershipControls", "", "GetBucketOwnershipControls", "", "-"},
    {"GET", bucket_level, "object-lock", "", "GetObjectLockConfiguration", "", "-"},
    {"GET", bucket_level, "inventory&id", "", "GetBucketInventoryConfiguration", "", "-"},
    {"GET", bucket_level, "metrics&id", "", "GetBucketMetricsConfiguration", "", "-"},
    {"GET", bucket_level, "analytics&id", "", "GetBucketAnalyticsConfiguration", "", "-"},
    {"GET", bucket_level, "intelligent-tiering&id", "", "GetBucketIntelligentTieringConfiguration",
     "", "-"},
    {"GET", bucket_level, "session", "", "CreateSession", "", "CreateSessionResult"},
    {"GET", bucket_level, "abac", "", "GetBucketAbac", "", "-"},
    {"GET", bucket_level, "metadataConfiguration", "", "GetBucketMetadataConfiguration", "", "-"},
    {"GET", bucket_level, "metadataTable", "", "GetBucketMetadataTableConfiguration", "", "-"},
    {"GET", bucket_level, "inventory", "", "ListBucketInventoryConfigurations", "", "-"},
    {"GET", bucket_level, "metrics", "", "ListBucketMetricsConfigurations", "", "-"},
    {"GET", bucket_level, "analytics", "", "ListBucketAnalyticsConfigurations", "", "-"},
    {"GET", bucket_level, "intelligent-tiering", "", "ListBucketIntelligentTieringConfigurations",
     "", "-"},
    {"GET", bucket_level, "list-type=2", "", "ListObjectsV2", "", "ListBucketResult"},
    {"GET", bucket_level, "", "", "ListObjects", "", "ListBucketResult"},
    {"HEAD", bucket_level, "", "", "HeadBucket", "", ""},
    {"PUT", bucket_level, "tagging", "", "PutBucketTagging", "Tagging", ""},
    {"PUT", bucket_level, "versioning", "", "PutBucketVersioning", "VersioningConfiguration", ""},
    {"PUT", bucket_level, "acl", "", "PutBucketAcl", "AccessControlPolicy", ""},
    {"PUT", bucket_level, "encryption", "", "PutBucketEncryption",
     "ServerSideEncryptionConfiguration", ""},
    {"PUT", bucket_level, "policy", "", "PutBucketPolicy", "*", ""},
    {"PUT", bucket_level, "cors", "", "PutBucketCors", "CORSConfiguration", ""},
    {"PUT", bucket_level, "website", "", "PutBucketWebsite", "WebsiteConfiguration", ""},
    {"PUT", bucket_level, "lifecycle", "", "PutBucketLifecycleConfiguration",
     "LifecycleConfiguration", ""},
    {"PUT", bucket_level, "notification", "", "PutBucketNotificationConfiguration",
     "NotificationConfiguration", ""},
    {"PUT", bucket_level, "logging", "", "PutBucketLogging", "BucketLoggingStatus", ""},
    {"PUT", bucket_level, "replication", "", "PutBucketReplication", "ReplicationConfiguration",
     ""},
    {"PUT", bucket_level, "requestPayment", "", "PutBucketRequestPayment",
     "RequestPaymentConfiguration", ""},
    {"PUT", bucket_level, "accelerate", "", "PutBucketAccelerateConfiguration",
     "AccelerateConfiguration", ""},
    {"PUT", bucket_level, "publicAccessBlock", "", "PutPublicAccessBlock",
     "PublicAccessBlockConfiguration", ""},
    {"PUT", bucket_level, "ownershipControls", "", "PutBucketOwnershipControls",
     "OwnershipControls", ""},
    {"PUT", bucket_level, "object-lock", "", "PutObjectLockConfiguration",
     "ObjectLockConfiguration", ""},
    {"PUT", bucket_level, "inventory", "", "PutBucketInventoryConfiguration",
     "InventoryConfiguration", ""},
    {"PUT", bucket_level, "metrics", "", "PutBucketMetricsConfiguration", "MetricsConfiguration",
     ""},
    {"PUT", bucket_level, "analytics", "", "PutBucketAnalyticsConfiguration", "", ""},
    {"PUT", bucket_level, "intelligent-tiering", "", "PutBucketIntelligentTieringConfiguration", "",
     ""},
    {"PUT", bucket_level, "abac", "", "PutBucketAbac", "", ""},
    {"PUT", bucket_level, "metadataAnnotationTable", "",
     "UpdateBucketMetadataAnnotationTableConfiguration", "", ""},
    {"PUT", bucket_level, "metadataInventoryTable", "",
     "UpdateBucketMetadataInventoryTableConfiguration", "", ""},
    {"PUT", bucket_level, "metadataJournalTable", "",
     "UpdateBucketMetadataJournalTableConfiguration", "", ""},
    {"PUT", bucket_level, "", "", "CreateBucket", "CreateBucketConfiguration", ""},
    {"DELETE", bucket_level, "tagging", "", "DeleteBucketTagging", "", ""},
    {"DELETE", bucket_level, "policy", "", "DeleteBucketPolicy", "", ""},
    {"DELETE", bucket_level, "encryption", "", "DeleteBucketEncryption", "", ""},
    {"DELETE", bucket_level, "cors", "", "DeleteBucketCors", "", ""},
    {"DELETE", bucket_level, "website", "", "DeleteBucketWebsite", "", ""},
    {"DELETE", bucket_level, "lifecycle", "", "DeleteBucketLifecycle", "", ""},
    {"DELETE", bucket_level, "replication", "", "DeleteBucketReplication", "", ""},
    {"DELETE", bucket_level, "publicAccessBlock", "", "DeletePublicAccessBlock", "", ""},
    {"DELETE", bucket_level, "ownershipControls", "", "DeleteBucketOwnershipControls", "", ""},
    {"DELETE", bucket_level, "inventory", "", "DeleteBucketInventoryConfiguration", "", ""},
    {"DELETE", bucket_level, "metrics", "", "DeleteBucketMetricsConfiguration", "", ""},
    {"DELETE", bucket_level, "analytics", "", "DeleteBucketAnalyticsConfiguration", "", ""},
    {"DELETE", bucket_level, "intelligent-tiering", "",
     "DeleteBucketIntelligentTieringConfiguration", "", ""},
    {"DELETE", bucket_level, "metadataConfiguration", "", "DeleteBucketMetadataConfiguration", "",
     ""},
    {"DELETE", bucket_level, "metadataTable", "", "DeleteBucketMetadataTableConfiguration", "", ""},
    {"DELETE", bucket_level, "", "", "DeleteBucket", "", ""},
    {"POST", bucket_level, "metadataConfiguration", "", "CreateBucketMetadataConfiguration", "",
     ""},
    {"POST", bucket_level, "metadataTable", "", "CreateBucketMetadataTableConfiguration", "", ""},
    {"POST", bucket_level, "delete", "", "DeleteObjects", "Delete", "DeleteResult"},

    {"GET", object_level, "uploadId", "", "ListParts", "", "ListPartsResult"},
    {"GET", object_level, "acl", "", "GetObjectAcl", "", "AccessControlPolicy"},
    {"GET", object_level, "tagging", "", "GetObjectTagging", "", "Tagging"},
    {"GET", object_level, "attributes", "", "GetObjectAttributes", "",
     "GetObjectAttributesResponse"},
    {"GET", object_level, "retention", "", "GetObjectRetention", "", "-"},
    {"GET", object_level, "legal-hold", "", "GetObjectLegalHold", "", "-"},
    {"GET", object_level, "torrent", "", "GetObjectTorrent", "", ""},
    {"GET", object_level, "annotation&annotationName", "", "GetObjectAnnotation", "", ""},
    {"GET", object_level, "annotation", "", "ListObjectAnnotations", "", ""},
    {"GET", object_level, "", "", "GetObject", "", ""},
    {"HEAD", object_level, "", "", "HeadObject", "", ""},
    {"PUT", object_level, "uploadId&partNumber", "x-amz-copy-source", "UploadPartCopy", "", "-"},
    {"PUT", object_level, "uploadId&partNumber", "", "UploadPart", "*", ""},
    {"PUT", object_level, "acl", "", "PutObjectAcl", "AccessControlPolicy", ""},
    {"PUT", object_level, "tagging", "", "PutObjectTagging", "Tagging", ""},
    {"PUT", object_level, "retention", "", "PutObjectRetention", "Retention", ""},
    {"PUT", object_level, "legal-hold", "", "PutObjectLegalHold", "LegalHold", ""},
    {"PUT", object_level, "annotation", "", "PutObjectAnnotation", "", ""},
    {"PUT", object_level, "renameObject", "", "RenameObject", "", ""},
    {"PUT", object_level, "encryption", "", "UpdateObjectEncryption", "", ""},
    {"PUT", object_level, "", "x-amz-copy-source", "CopyObject", "", "-"},
    {"PUT", object_level, "", "", "PutObject", "*", ""},
    {"DELETE", object_level, "uploadId", "", "AbortMultipartUpload", "", ""},
    {"DELETE", object_level, "tagging", "", "DeleteObjectTagging", "", ""},
    {"DELETE", object_level, "annotation", "", "DeleteObjectAnnotation", "", ""},
    {"DELETE", object_level, "", "", "DeleteObject", "", ""},
    {"POST", object_level, "uploads", "", "CreateMultipartUpload", "",
     "InitiateMultipartUploadResult"},
    {"POST", object_level, "uploadId", "", "CompleteMultipartUpload", "MultipartUpload",
     "CompleteMultipartUploadResult"},
    {"POST", object_level, "select&select-type", "", "SelectObjectContent", "*", ""},
    {"POST", object_level, "restore", "", "RestoreObject", "RestoreRequest", ""},
};

using Pair = std::pair<std::string_view, std::string_view>;

// Headers of requests and replies.
constexpr std::array headers{
    Pair{"accept-ranges", "AcceptRanges"},
    Pair{"cache-control", "CacheControl"},
    Pair{"content-disposition", "ContentDisposition"},
    Pair{"content-encoding", "ContentEncoding"},
    Pair{"content-language", "ContentLanguage"},
    Pair{"content-md5", "ContentMD5"},
    Pair{"content-range", "ContentRange"},
    Pair{"content-type", "ContentType"},
    Pair{"etag", "ETag"},
    Pair{"expires", "Expires"},
    Pair{"if-match", "IfMatch"},
    Pair{"if-modified-since", "IfModifiedSince"},
    Pair{"if-none-match", "IfNoneMatch"},
    Pair{"if-unmodified-since", "IfUnmodifiedSince"},
    Pair{"last-modified", "LastModified"},
    Pair{"location", "Location"},
    Pair{"range", "Range"},
    Pair{"x-amz-access-point-alias", "AccessPointAlias"},
    Pair{"x-amz-bucket-region", "BucketRegion"},
    Pair{"x-amz-checksum-algorithm", "ChecksumAlgorithm"},
    Pair{"x-amz-checksum-crc32", "ChecksumCRC32"},
    Pair{"x-amz-checksum-crc32c", "ChecksumCRC32C"},
    Pair{"x-amz-checksum-crc64nvme", "ChecksumCRC64NVME"},
    Pair{"x-amz-checksum-mode", "ChecksumMode"},
    Pair{"x-amz-checksum-sha1", "ChecksumSHA1"},
    Pair{"x-amz-checksum-sha256", "ChecksumSHA256"},
    Pair{"x-amz-checksum-type", "ChecksumType"},
    Pair{"x-amz-copy-source", "CopySource"},
    Pair{"x-amz-copy-source-if-match", "CopySourceIfMatch"},
    Pair{"x-amz-copy-source-if-modified-since", "CopySourceIfModifiedSince"},
    Pair{"x-amz-copy-source-if-none-match", "CopySourceIfNoneMatch"},
    Pair{"x-amz-copy-source-if-unmodified-since", "CopySourceIfUnmodifiedSince"},
    Pair{"x-amz-copy-source-range", "CopySourceRange"},
    Pair{"x-amz-metadata-directive", "MetadataDirective"},
    Pair{"x-amz-mp-parts-count", "PartsCount"},
    Pair{"x-amz-sdk-checksum-algorithm", "ChecksumAlgorithm"},
    Pair{"x-amz-server-side-encryption", "ServerSideEncryption"},
    Pair{"x-amz-storage-class", "StorageClass"},
    Pair{"x-amz-tagging", "Tagging"},
    Pair{"x-amz-tagging-count", "TagCount"},
    Pair{"x-amz-tagging-directive", "TaggingDirective"},
    Pair{"x-amz-website-redirect-location", "WebsiteRedirectLocation"},
};

constexpr std::array parameters{
    Pair{"continuation-token", "ContinuationToken"},
    Pair{"delimiter", "Delimiter"},
    Pair{"encoding-type", "EncodingType"},
    Pair{"fetch-owner", "FetchOwner"},
    Pair{"key-marker", "KeyMarker"},
    Pair{"marker", "Marker"},
    Pair{"max-keys", "MaxKeys"},
    Pair{"max-parts", "MaxParts"},
    Pair{"max-uploads", "MaxUploads"},
    Pair{"part-number-marker", "PartNumberMarker"},
    Pair{"partNumber", "PartNumber"},
    Pair{"prefix", "Prefix"},
    Pair{"response-cache-control", "ResponseCacheControl"},
    Pair{"response-content-disposition", "ResponseContentDisposition"},
    Pair{"response-content-encoding", "ResponseContentEncoding"},
    Pair{"response-content-language", "ResponseContentLanguage"},
    Pair{"response-content-type", "ResponseContentType"},
    Pair{"response-expires", "ResponseExpires"},
    Pair{"start-after", "StartAfter"},
    Pair{"upload-id-marker", "UploadIdMarker"},
    Pair{"uploadId", "UploadId"},
    Pair{"versionId", "VersionId"},
};

// True when the query has all of "uploadId&partNumber", or "list-type=2".
bool has_parameters(const Form& form, std::string_view wanted) {
    while (!wanted.empty()) {
        const std::string_view one = wanted.substr(0, wanted.find('&'));
        wanted.remove_prefix(std::min(one.size() + 1, wanted.size()));
        const std::size_t equal = one.find('=');
        const std::string* const value = form.find(one.substr(0, equal));
        if (value == nullptr) return false;
        if (equal != std::string_view::npos && *value != one.substr(equal + 1)) return false;
    }
    return true;
}

// The bucket that a host names, "b" of "b.s3.us-east-1.amazonaws.com" and of "b.localhost".
std::string_view bucket_of_host(std::string_view host) {
    for (const std::string_view mark : {".s3.", ".s3-"}) {
        const std::size_t at = host.find(mark);
        if (at != std::string_view::npos && at != 0) return host.substr(0, at);
    }
    constexpr std::string_view local = ".localhost";
    const bool is_local = host.size() > local.size() && host.ends_with(local) &&
                          !host.starts_with("s3.") && !host.starts_with("sync-");
    return is_local ? host.substr(0, host.size() - local.size()) : std::string_view{};
}

bool is_s3_host(std::string_view host) {
    return host.starts_with("s3.") || host.starts_with("s3-") ||
           host.find(".s3.") != std::string_view::npos ||
           host.find(".s3-") != std::string_view::npos;
}

bool is_lower_or_digit(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

// Names that a bucket may have and an account may not.
bool can_name_bucket(std::string_view path) noexcept {
    const std::string_view name = path.substr(1, path.find('/', 1) - 1);
    const bool is_number =
        std::all_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; });
    return name.size() >= 3 && name.size() <= 63 && !is_number &&
           std::all_of(name.begin(), name.end(),
                       [](char c) { return is_lower_or_digit(c) || c == '-' || c == '.'; });
}

}  // namespace

std::span<const S3Operation> s3_operations() noexcept { return all_of_s3; }

bool is_s3_request(const HttpRequest& request) noexcept {
    if (!request.header(Header::x_amz_target).empty()) return false;
    const CredentialScope scope = credential_scope(request);
    if (!scope.service.empty()) return scope.service == "s3";
    const std::string_view authorization = request.header(Header::authorization);
    const bool has_old_signature = authorization.starts_with("AWS ") ||
                                   request.query.find("AWSAccessKeyId=") != std::string_view::npos;
    if (has_old_signature || is_s3_host(host_of(request.authority))) return true;
    if (!authorization.empty() || request.path.size() < 2 || request.path.starts_with("/_") ||
        is_dated_path(request.path))
        return false;
    if (!bucket_of_host(host_of(request.authority)).empty()) return true;
    const bool is_plain =
        request.method == "GET" || request.method == "HEAD" || request.method == "PUT" ||
        request.method == "DELETE" || request.query.starts_with("uploads") ||
        request.query.starts_with("uploadId=") || request.query.starts_with("delete");
    return is_plain && can_name_bucket(request.path) &&
           request.query.find("Action=") == std::string_view::npos;
}

S3Request match_s3(const HttpRequest& request) {
    S3Request match;
    match.bucket = bucket_of_host(host_of(request.authority));
    std::string_view path = request.path.substr(std::min<std::size_t>(1, request.path.size()));
    if (match.bucket.empty()) {
        match.bucket = path.substr(0, path.find('/'));
        path.remove_prefix(std::min(match.bucket.size() + 1, path.size()));
    }
    std::optional<std::string> key = percent_decoded(path, false);
    std::optional<std::string> name = percent_decoded(match.bucket, false);
    Form form;
    match.is_malformed = !key.has_value() || !name.has_value() || !form.add(request.query);
    if (match.is_malformed) return match;
    match.bucket = *std::move(name);
    match.key = *std::move(key);
    const S3Level level = match.bucket.empty() ? service_level
                          : match.key.empty()  ? bucket_level
                                               : object_level;
    for (const S3Operation& candidate : all_of_s3) {
        if (candidate.method != request.method || candidate.level != level) continue;
        const bool has_header =
            candidate.header.empty() || request.find_header(candidate.header).has_value();
        if (!has_header || !has_parameters(form, candidate.query)) continue;
        match.operation = &candidate;
        break;
    }
    return match;
}

std::string_view s3_member_of_header(std::string_view lower_case_name) noexcept {
    for (const auto& [header, member] : headers) {
        if (header == lower_case_name) return member;
    }
    return {};
}

std::string_view s3_header_of_member(std::string_view member) noexcept {
    for (const auto& [header, known] : headers) {
        if (known == member) return header;
    }
    return {};
}

std::string_view s3_member_of_parameter(std::string_view name) noexcept {
    for (const auto& [parameter, member] : parameters) {
        if (parameter == name) return member;
    }
    return {};
}

}  // namespace stepwell::wire
