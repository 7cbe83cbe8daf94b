// What S3 tells of the settings of a bucket that has none: here no bucket has any, and what would
// change one is not served.
// source  Amazon S3 API Reference; the errors' texts as S3 has them
#include <array>
#include <string>

#include "api/s3_input.hpp"

namespace stepwell::api {

namespace {

// S3 has a code of its own for nearly each of them.
constexpr ErrorKind no_policy{"NoSuchBucketPolicy", 404};
constexpr ErrorKind no_cors{"NoSuchCORSConfiguration", 404};
constexpr ErrorKind no_website{"NoSuchWebsiteConfiguration", 404};
constexpr ErrorKind no_lifecycle{"NoSuchLifecycleConfiguration", 404};
constexpr ErrorKind no_replication{"ReplicationConfigurationNotFoundError", 404};
constexpr ErrorKind no_object_lock{"ObjectLockConfigurationNotFoundError", 404};

struct Setting {
    std::string_view operation;
    std::string_view answer;  ///< its output, or the error's text
    const ErrorKind* error = nullptr;
};
constexpr std::array settings{
    Setting{"GetBucketVersioning", "{}"},
    Setting{"GetBucketLogging", "{}"},
    Setting{"GetBucketNotificationConfiguration", "{}"},
    Setting{"GetBucketAccelerateConfiguration", "{}"},
    Setting{"GetBucketRequestPayment", R"({"Payer":"BucketOwner"})"},
    Setting{
        "GetBucketEncryption",
        R"({"ServerSideEncryptionConfiguration":{"Rules":[{"ApplyServerSideEncryptionByDefault":)"
        R"({"SSEAlgorithm":"AES256"},"BucketKeyEnabled":false}]}})"},
    Setting{"GetBucketOwnershipControls",
            R"({"OwnershipControls":{"Rules":[{"ObjectOwnership":"BucketOwnerEnforced"}]}})"},
    Setting{"GetPublicAccessBlock",
            R"({"PublicAccessBlockConfiguration":{"BlockPublicAcls":true,"IgnorePublicAcls":true,)"
            R"("BlockPublicPolicy":true,"RestrictPublicBuckets":true}})"},
    Setting{"GetBucketPolicy", "The bucket policy does not exist", &no_policy},
    Setting{"GetBucketPolicyStatus", "The bucket policy does not exist", &no_policy},
    Setting{"GetBucketCors", "The CORS configuration does not exist", &no_cors},
    Setting{"GetBucketWebsite", "The specified bucket does not have a website configuration",
            &no_website},
    Setting{"GetBucketLifecycleConfiguration", "The lifecycle configuration does not exist",
            &no_lifecycle},
    Setting{"GetBucketReplication", "The replication configuration was not found", &no_replication},
    Setting{"GetObjectLockConfiguration",
            "Object Lock configuration does not exist for this bucket", &no_object_lock},
};

}  // namespace

void register_s3_bucket_settings(OperationTable& table, const S3Service& service) {
    for (const Setting& setting : settings) {
        table.add("s3", setting.operation, [service, setting](const Call& call, Respond respond) {
            const S3Input input(call.body);
            const Result<object::Bucket> bucket =
                service.objects.bucket(input.text_or_empty("Bucket"));
            if (!bucket.has_value()) return respond(bucket.error());
            if (setting.error != nullptr)
                return respond(Error(*setting.error, std::string(setting.answer)));
            respond(Reply{.body = std::string(setting.answer)});
        });
    }
}

}  // namespace stepwell::api
