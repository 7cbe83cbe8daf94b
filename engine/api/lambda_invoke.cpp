// Invoke: its payload and headers go in and out as they are.
#include "api/lambda_operations.hpp"
#include "base/base64.hpp"
#include "function/errors.hpp"

namespace stepwell::api::lambda {

namespace {

using function::InvocationType;
using function::InvokeInput;
using function::InvokeOutput;

std::string_view header_of(const Call& call, std::string_view name) {
    for (const auto& [key, value] : call.headers) {
        if (key == name) return value;
    }
    return {};
}

Result<InvocationType> invocation_type(std::string_view text) {
    if (text.empty() || text == "RequestResponse") return InvocationType::request_response;
    if (text == "Event") return InvocationType::event;
    if (text == "DryRun") return InvocationType::dry_run;
    return Error(errors::validation, "1 validation error detected: Value '" + std::string(text) +
                                         "' at 'invocationType' failed to satisfy constraint: "
                                         "Member must satisfy enum value set: "
                                         "[Event, RequestResponse, DryRun]");
}

Result<Payload> parse_event(std::string_view text) {
    if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) return Payload();
    auto payload = Payload::parse(text);
    if (payload.has_value()) return payload;
    return Error(function::errors::invalid_request_content,
                 "Could not parse request body into json: Could not parse payload into json: " +
                     payload.error().message());
}

// The client context comes as Base64 of JSON in a header.
Result<std::string> parse_client_context(std::string_view header) {
    if (header.empty()) return std::string();
    auto text = base64_decode(header);
    if (text && Payload::parse(*text).has_value()) return std::move(*text);
    return Error(function::errors::invalid_request_content,
                 "Client context must be a valid Base64-encoded JSON object.");
}

Result<InvokeInput> read_invoke(Call& call) {
    InvokeInput input;
    auto document = json::Document::parse(call.body.empty() ? "{}" : std::string_view(call.body));
    if (!document.has_value()) return Error(errors::serialization, document.error().message());
    std::optional<Error> problem;
    input.function = LambdaInput(document->root(), problem).function_name();
    if (problem) return *problem;
    auto type = invocation_type(header_of(call, "x-amz-invocation-type"));
    if (!type.has_value()) return type.error();
    input.type = *type;
    auto context = parse_client_context(header_of(call, "x-amz-client-context"));
    if (!context.has_value()) return context.error();
    input.client_context = std::move(*context);
    input.wants_log_tail = header_of(call, "x-amz-log-type") == "Tail" &&
                           input.type == InvocationType::request_response;
    input.trace_id = header_of(call, "x-amzn-trace-id");
    if (call.raw_payload.size() > 6'291'456) {
        return Error(function::errors::request_too_large,
                     "Request must be smaller than 6291456 bytes for the InvokeFunction operation");
    }
    auto payload = parse_event(call.raw_payload);
    if (!payload.has_value()) return payload.error();
    input.payload = std::move(*payload);
    input.request_id = call.context.request_id;
    return input;
}

Reply reply_of(InvokeOutput output) {
    Reply reply;
    reply.http_status = output.status_code;
    reply.is_raw_payload = true;
    reply.body = std::move(output.payload);
    if (output.status_code == 200)
        reply.headers.emplace_back("X-Amz-Executed-Version", output.executed_version);
    if (!output.function_error.empty())
        reply.headers.emplace_back("X-Amz-Function-Error", output.function_error);
    if (!output.log_tail.empty())
        reply.headers.emplace_back("X-Amz-Log-Result", base64_encode(output.log_tail));
    return reply;
}

}  // namespace

void register_invoke(OperationTable& table, function::Functions& functions) {
    table.add("lambda", "Invoke", [&functions](Call call, Respond respond) {
        auto input = read_invoke(call);
        if (!input.has_value()) return respond(input.error());
        functions.invoke(std::move(*input),
                         [respond = std::move(respond)](Result<InvokeOutput> output) mutable {
                             if (!output.has_value()) return respond(output.error());
                             respond(reply_of(std::move(*output)));
                         });
    });
}

}  // namespace stepwell::api::lambda
