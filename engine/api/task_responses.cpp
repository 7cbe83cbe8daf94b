#include "api/task_responses.hpp"

#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <cstring>
#include <span>

#include "api/s3_tasks.hpp"
#include "base/assert.hpp"
#include "base/base64.hpp"
#include "base/errors.hpp"
#include "base/siphash.hpp"
#include "base/time_text.hpp"
#include "flow/sdk_metadata.hpp"
#include "json/outline.hpp"
#include "json/value.hpp"
#include "json/writer.hpp"

namespace stepwell::api {

namespace {

struct Header {
    std::string_view name;
    std::string_view value;
};

void write_headers(json::Writer& writer, std::span<const Header> headers) {
    writer.key("SdkHttpMetadata").begin_object();
    writer.key("AllHttpHeaders").begin_object();
    for (const Header& header : headers)
        writer.key(header.name).begin_array().string(header.value).end_array();
    writer.end_object();
    writer.key("HttpHeaders").begin_object();
    for (const Header& header : headers) writer.key(header.name).string(header.value);
    writer.end_object();
    writer.member_integer("HttpStatusCode", 200).end_object();
}

void write_response_metadata(json::Writer& writer, std::string_view request_id) {
    writer.key("SdkResponseMetadata").begin_object().member("RequestId", request_id).end_object();
}

// A service in error names and in the texts of both SDKs.
struct ServiceNames {
    std::string_view service;
    std::string_view error_prefix;      // optimized
    std::string_view text;              // optimized
    std::string_view sdk_error_prefix;  // aws-sdk
    std::string_view sdk_text;
    // What both SDKs call errors that the service's model does not have; nothing: by their codes.
    std::string_view common_error = {};
    std::string_view sdk_common_error = {};
};
constexpr ServiceNames service_names[] = {
    {"sqs", "SQS", "AmazonSQS", "Sqs", "Sqs"},
    {"sns", "SNS", "AmazonSNS", "Sns", "Sns"},
    {"lambda", "Lambda", "AWSLambda", "Lambda", "Lambda"},
    {"states", "StepFunctions", "AWSStepFunctions", "Sfn", "Sfn"},
    {"sfn", "StepFunctions", "AWSStepFunctions", "Sfn", "Sfn"},
    {"dynamodb", "DynamoDB", "AmazonDynamoDBv2", "DynamoDb", "DynamoDb", "AmazonDynamoDBException",
     "DynamoDbException"},
    {"events", "EventBridge", "AmazonEventBridge", "EventBridge", "EventBridge",
     "AmazonEventBridgeException", "EventBridgeException"},
    {"eventbridge", "EventBridge", "AmazonEventBridge", "EventBridge", "EventBridge",
     "AmazonEventBridgeException", "EventBridgeException"},
    {"iam", "Iam", "AmazonIdentityManagement", "Iam", "Iam"},
    {"s3", "S3", "Amazon S3", "S3", "S3"},
    {"sts", "Sts", "AWSSecurityTokenService", "Sts", "Sts"},
};

const ServiceNames& names_of(const asl::Resource& resource) {
    const bool is_function = resource.kind == asl::ResourceKind::lambda_function;
    const std::string_view service =
        is_function ? std::string_view("lambda") : std::string_view(resource.service);
    for (const ServiceNames& names : service_names) {
        if (names.service == service) return names;
    }
    SW_PANIC("a task of a service that TaskPort::knows refuses");
}

std::string exception_name(const ServiceNames& names, std::string_view code) {
    if (names.service == "s3" && !is_s3_exception(code)) return "S3Exception";
    std::string name(code);
    if (!code.ends_with("Exception")) name += "Exception";
    return name;
}

// Errors that belong to no service's model.
bool is_common(const Error& error) {
    return error.is(errors::validation) || error.is(errors::serialization) ||
           error.is(errors::unknown_operation) || error.is(errors::not_implemented) ||
           error.is(errors::access_denied) || error.is(errors::throttling);
}

// How points in time are written: as they come, as text, in milliseconds.
enum class Times : std::uint8_t { as_they_are, text, milliseconds };

void write_time(json::Writer& writer, double seconds, Times times) {
    const std::int64_t time = std::llround(seconds * 1000);
    if (times == Times::milliseconds) {
        writer.integer(time);
    } else {
        writer.string(iso8601(TimePoint{milliseconds{time}}));
    }
}

// Copies JSON, changing the case of the first letter of each member's name.
void copy_renamed(json::Writer& writer, json::Value value, int (*change)(int), Times times) {
    if (value.is_object()) {
        writer.begin_object();
        for (const json::Member& member : value.members()) {
            std::string name(member.key);
            if (!name.empty())
                name[0] = static_cast<char>(change(static_cast<unsigned char>(name[0])));
            writer.key(name);
            const json::Value item{&member.value};
            if (times != Times::as_they_are && item.is_number() && name.ends_with("Date")) {
                write_time(writer, item.number(), times);
            } else {
                copy_renamed(writer, item, change, times);
            }
        }
        writer.end_object();
    } else if (value.is_array()) {
        writer.begin_array();
        for (const json::Node& element : value.elements()) {
            copy_renamed(writer, json::Value{&element}, change, times);
        }
        writer.end_array();
    } else {
        writer.raw(value.raw());
    }
}

std::string renamed(std::string_view json, int (*change)(int), Times times) {
    const Result<json::Document> document = json::Document::parse(json);
    SW_ASSERT(
        document.has_value());  // both the engine's payloads and the services' outputs are valid
    json::Writer writer;
    copy_renamed(writer, document->root(), change, times);
    return writer.take();
}

}  // namespace

flow::ServiceReply with_sdk_metadata(std::string_view output, std::size_t body_bytes,
                                     std::string_view content_type, const CallTrace& trace) {
    std::array<char, 24> digits;
    const char* const end = std::to_chars(digits.begin(), digits.end(), body_bytes).ptr;
    const flow::SdkMetadata metadata{
        .request_id = trace.request_id,
        .content_length = {digits.data(), static_cast<std::size_t>(end - digits.data())},
        .date = http_date_now(trace.answered),
        .content_type = content_type};
    const json::Outline members(output);  // our own services wrote it: the names need no escapes
    std::size_t bytes = 2 + flow::sdk_metadata_bytes(metadata);
    for (const json::Member& member : members.members())
        bytes += member.key.size() + 4 + member.value.raw_size;

    flow::FoundSdkMetadata written;
    Payload payload = Payload::written(bytes, [&](char* const begin) {
        char* at = begin;
        const auto put = [&](std::string_view text) {
            std::memcpy(at, text.data(), text.size());
            at += text.size();
        };
        // AWS sorts the members: those before "Sdk..." come first.
        const auto put_members = [&](bool is_before) {
            for (const json::Member& member : members.members()) {
                if ((member.key < "SdkHttpMetadata") != is_before) continue;
                put(at == begin ? "{\"" : ",\"");
                put(member.key);
                put("\":");
                put(json::Value{&member.value}.raw());
            }
        };
        put_members(true);
        put(at == begin ? "{" : ",");
        written = flow::put_sdk_metadata(at, static_cast<std::size_t>(at - begin), metadata);
        at += written.size;
        put_members(false);
        *at++ = '}';
        SW_ASSERT(at == begin + bytes);
    });
    flow::ServiceReply reply(std::move(payload));
    reply.metadata = written;
    return reply;
}

Payload invoke_result(const function::InvokeOutput& output, const CallTrace& trace) {
    const std::string length = std::to_string(output.payload.size());
    const std::string trace_id = std::string("root=1-").append(trace.request_id.substr(0, 8));
    const std::string date = http_date(trace.answered);
    const std::string log = base64_encode(output.log_tail);
    const Header headers[] = {{"X-Amz-Log-Result", log},
                              {"X-Amz-Executed-Version", output.executed_version},
                              {"x-amzn-Remapped-Content-Length", "0"},
                              {"Connection", "keep-alive"},
                              {"x-amzn-RequestId", trace.request_id},
                              {"Content-Length", length},
                              {"Date", date},
                              {"X-Amzn-Trace-Id", trace_id},
                              {"Content-Type", "application/json"}};
    json::Writer writer;
    writer.begin_object().member("ExecutedVersion", output.executed_version);
    if (!log.empty()) writer.member("LogResult", log);
    writer.key("Payload");
    if (json::Document::parse(output.payload).has_value()) {
        writer.raw(output.payload);
    } else {
        writer.string(output.payload);
    }
    write_headers(writer, std::span<const Header>(headers).subspan(log.empty() ? 1 : 0));
    write_response_metadata(writer, trace.request_id);
    writer.member_integer("StatusCode", output.status_code).end_object();
    return Payload::trusted(writer.text());
}

TaskAnswer child_answer(const asl::Resource& resource, const ExecutionDescription& child) {
    json::Writer writer;
    writer.begin_object();
    const auto text = [&](std::string_view name, const std::optional<std::string>& value) {
        if (value.has_value() && !value->empty()) writer.member(name, *value);
    };
    const auto data = [&](const std::string& name, const Payload& payload) {
        if (payload.is_absent()) return;
        if (resource.pattern == asl::Pattern::sync2) {
            writer.member_raw(name, payload.text());
        } else {
            writer.member(name, payload.text());
        }
        writer.key(name + "Details").begin_object().member_boolean("Included", true).end_object();
    };
    // AWS sorts the members.
    text("Cause", child.cause);
    text("Error", child.error);
    writer.member("ExecutionArn", child.execution_arn);
    data("Input", child.input);
    writer.member("Name", child.name);
    data("Output", child.output);
    writer.member_integer("StartDate", child.start_date.time_since_epoch().count());
    text("StateMachineAliasArn", child.state_machine_alias_arn);
    writer.member("StateMachineArn", child.state_machine_arn);
    text("StateMachineVersionArn", child.state_machine_version_arn);
    writer.member("Status", name_of(child.status));
    if (child.stop_date.has_value())
        writer.member_integer("StopDate", child.stop_date->time_since_epoch().count());
    text("TraceHeader", child.trace_header);
    writer.end_object();
    if (child.status == ExecutionStatus::succeeded) return Payload::trusted(writer.text());
    return TaskFailure{"States.TaskFailed", std::string(writer.text())};
}

TaskFailure failure_of(const asl::Resource& resource, const Error& error,
                       std::string_view request_id) {
    const ServiceNames& names = names_of(resource);
    const ErrorKind& kind = error.kind();
    TaskFailure failure;
    failure.cause = error.message() + " (Service: ";
    const std::string_view common = !is_common(error) ? std::string_view{}
                                    : resource.is_sdk ? names.sdk_common_error
                                                      : names.common_error;
    const std::string exception =
        common.empty() ? exception_name(names, kind.name) : std::string(common);
    const bool is_s3 = names.service == "s3";
    if (resource.is_sdk) {
        failure.error.append(names.sdk_error_prefix).append(".").append(exception);
        failure.cause.append(names.sdk_text)
            .append(", Status Code: ")
            .append(std::to_string(kind.http_status));
        failure.cause.append(", Request ID: ").append(request_id);
        if (is_s3)
            failure.cause.append(", Extended Request ID: ")
                .append(s3_extended_request_id(request_id));
        failure.cause.append(")");
        return failure;
    }
    failure.error.append(names.error_prefix).append(".").append(exception);
    failure.cause.append(names.text)
        .append("; Status Code: ")
        .append(std::to_string(kind.http_status));
    failure.cause.append("; Error Code: ")
        .append(kind.query_name.empty() || !common.empty() ? kind.name : kind.query_name);
    failure.cause.append("; Request ID: ").append(request_id);
    if (is_s3)
        failure.cause.append("; S3 Extended Request ID: ")
            .append(s3_extended_request_id(request_id));
    failure.cause.append("; Proxy: null)");
    return failure;
}

TaskFailure function_failure(std::string_view payload) {
    TaskFailure failure{"Lambda.Unknown", std::string(payload)};
    const Result<json::Document> document = json::Document::parse(payload);
    if (!document.has_value()) return failure;
    const std::optional<json::Value> type = document->root().find("errorType");
    if (type.has_value() && type->is_string() && !type->string().empty())
        failure.error = type->string();
    return failure;
}

std::string with_lower_names(std::string_view json) {
    return renamed(json, std::tolower, Times::as_they_are);
}
std::string with_upper_names(const asl::Resource& resource, std::string_view json) {
    return renamed(json, std::toupper, resource.is_sdk ? Times::text : Times::milliseconds);
}

UuidText uuid_of(std::string_view text) noexcept {
    return UuidText::version_4(
        siphash128(MacKey{0x7374657077656c6c, 0x72657175657374}, text.data(), text.size()));
}

}  // namespace stepwell::api
