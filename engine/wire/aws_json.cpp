#include "wire/aws_json.hpp"

#include "base/errors.hpp"
#include "json/writer.hpp"

namespace stepwell::wire {

namespace {

std::string_view type_prefix(const Error& error, std::string_view service) {
    if (error.is(errors::validation)) return "com.amazon.coral.validate#";
    for (const ErrorKind* common :
         {&errors::serialization, &errors::unknown_operation, &errors::access_denied,
          &errors::throttling, &errors::internal_failure, &errors::service_unavailable}) {
        if (error.is(*common)) return "com.amazon.coral.service#";
    }
    if (service == "dynamodb") return "com.amazonaws.dynamodb.v20120810#";
    return service == "sqs" ? "com.amazonaws.sqs#" : "";
}

}  // namespace

std::string json_error(const Error& error, std::string_view service) {
    json::Writer out;
    out.begin_object();
    out.member("__type", std::string{type_prefix(error, service)}.append(error.code()));
    out.member("message", error.message());
    out.end_object();
    std::string body = out.take();
    if (!error.members().empty()) {
        body.pop_back();
        body.append(",").append(error.members()).append("}");
    }
    return body;
}

std::string query_error_header(const ErrorKind& kind) {
    std::string header{kind.query_name.empty() ? kind.name : kind.query_name};
    return header.append(kind.http_status < 500 ? ";Sender" : ";Receiver");
}

std::string rest_error(const Error& error) {
    json::Writer out;
    out.begin_object();
    out.member("Type", error.kind().http_status < 500 ? "User" : "Service");
    out.member("Message", error.message());
    out.end_object();
    return out.take();
}

}  // namespace stepwell::wire
