// Task tokens: success, failure, heartbeat.
#include <array>

#include "api/step_functions_json_error.hpp"
#include "api/step_functions_operations.hpp"
#include "base/limits.hpp"
#include "flow/errors.hpp"
#include "json/plain_texts.hpp"

namespace stepwell::api::step_functions {

namespace {

constexpr TextLimits task_token_limits{.min = 1, .max = limits::task_token_characters_max};

Error invalid_output(std::string_view reason) {
    return Error(flow::errors::invalid_output, "Invalid Output: '" + std::string(reason) + "'");
}

Result<Payload> parse_output(std::string_view text) {
    if (text.size() > limits::payload_bytes_max) {
        return invalid_output("The output exceeds the maximum size of 262144 bytes.");
    }
    auto payload = Payload::parse(text);
    if (!payload) return invalid_output(json_complaint(text, payload.error().message()));
    return payload;
}

}  // namespace

void send_task_success(const Parts& parts, Call call, Respond respond) {
    std::array<json::PlainText, 2> texts{
        {{"taskToken", 1, task_token_limits.max}, {"output", 1, limits::payload_bytes_max}}};
    std::string token;
    std::string output_text;
    if (!json::read_plain_texts(call.body, texts)) {
        const auto parameters = Parameters::parse(call.body);
        if (!parameters) return respond(parameters.error());
        token = parameters->text("taskToken", task_token_limits);
        output_text = parameters->text("output", data_limits);
        if (auto checked = parameters->check(); !checked) return respond(checked.error());
        texts[0].value = token;
        texts[1].value = output_text;
    }
    auto output = parse_output(texts[1].value);
    if (!output) return respond(output.error());
    parts.executions.send_task_success(texts[0].value, *std::move(output),
                                       answer_nothing_later(std::move(respond)));
}

void send_task_failure(const Parts& parts, Call call, Respond respond) {
    const auto parameters = Parameters::parse(call.body);
    if (!parameters) return respond(parameters.error());
    const std::string token = parameters->text("taskToken", task_token_limits);
    auto error = parameters->optional_text("error", error_limits);
    auto cause = parameters->optional_text("cause", cause_limits);
    if (auto checked = parameters->check(); !checked) return respond(checked.error());
    parts.executions.send_task_failure(token, std::move(error), std::move(cause),
                                       answer_nothing_later(std::move(respond)));
}

void send_task_heartbeat(const Parts& parts, Call call, Respond respond) {
    const auto parameters = Parameters::parse(call.body);
    if (!parameters) return respond(parameters.error());
    const std::string token = parameters->text("taskToken", task_token_limits);
    if (auto checked = parameters->check(); !checked) return respond(checked.error());
    parts.executions.send_task_heartbeat(token, answer_nothing_later(std::move(respond)));
}

}  // namespace stepwell::api::step_functions
