// Activities, and the tags of activities and state machines.
#include <array>

#include "api/step_functions_operations.hpp"
#include "base/errors.hpp"
#include "flow/errors.hpp"
#include "flow/names.hpp"

namespace stepwell::api::step_functions {

namespace {

constexpr std::array<std::string_view, 2> encryption_types{"AWS_OWNED_KEY",
                                                           "CUSTOMER_MANAGED_KMS_KEY"};
constexpr std::uint32_t data_key_reuse_period_default = 300;
constexpr TextLimits kms_key_limits{.min = 1, .max = 2048};
constexpr TextLimits worker_name_limits{.min = 0, .max = 80};
constexpr TextLimits tag_key_limits{.min = 1, .max = 128};
constexpr TextLimits tag_value_limits{.min = 0, .max = 256};
constexpr std::uint32_t page_size_default = 100;

void write_activity(json::Writer& out, const flow::ActivityDescription& activity) {
    out.member("activityArn", activity.arn).member("name", activity.name);
    write_date(out, "creationDate", activity.created);
}

/// Runs `on_machines` or `on_activities`, by what kind of resource the ARN names.
template <class OnMachines, class OnActivities>
void by_resource(const std::string& arn, Respond respond, OnMachines on_machines,
                 OnActivities on_activities) {
    const auto parsed = flow::parse_arn(arn);
    if (!parsed) return respond(parsed.error());
    if (parsed->kind == flow::ArnKind::state_machine) return on_machines(std::move(respond));
    if (parsed->kind == flow::ArnKind::activity) return on_activities(std::move(respond));
    respond(Error(flow::errors::resource_not_found, "Resource not found: '" + arn + "'"));
}

void write_tags(json::Writer& out, const flow::Tags& tags) {
    out.key("tags").begin_array();
    for (const flow::Tag& tag : tags) {
        out.begin_object().member("key", tag.key).member("value", tag.value).end_object();
    }
    out.end_array();
}

}  // namespace

flow::EncryptionConfiguration read_encryption(const Parameters& parameters) {
    flow::EncryptionConfiguration encryption;
    const std::optional<Parameters> given = parameters.structure("encryptionConfiguration");
    if (!given.has_value()) return encryption;
    const bool is_customer_managed = given->choice("type", encryption_types).value_or(0) == 1;
    const auto key = given->optional_text("kmsKeyId", kms_key_limits);
    const auto period =
        given->optional_integer("kmsDataKeyReusePeriodSeconds", {.min = 60, .max = 900});
    if (!is_customer_managed) return encryption;
    encryption.kms_key_id = key.value_or("");
    encryption.data_key_reuse_period_seconds =
        static_cast<std::uint32_t>(period.value_or(data_key_reuse_period_default));
    return encryption;
}

Result<> check_encryption(const Parameters& parameters) {
    const std::optional<Parameters> given = parameters.structure("encryptionConfiguration");
    if (!given.has_value() || given->has("kmsKeyId")) return {};
    if (given->choice("type", encryption_types).value_or(0) == 0) return {};
    return Error(flow::errors::invalid_encryption_configuration,
                 "Invalid Encryption Configuration: kmsKeyId is required when type is "
                 "CUSTOMER_MANAGED_KMS_KEY");
}

void write_encryption(json::Writer& out, const flow::EncryptionConfiguration& encryption) {
    const bool is_customer_managed = !encryption.kms_key_id.empty();
    out.key("encryptionConfiguration").begin_object();
    if (is_customer_managed) {
        out.member("kmsKeyId", encryption.kms_key_id);
        out.member_integer("kmsDataKeyReusePeriodSeconds",
                           encryption.data_key_reuse_period_seconds);
    }
    out.member("type", encryption_types[is_customer_managed ? 1 : 0]).end_object();
}

flow::Tags read_tags(const Parameters& parameters) {
    flow::Tags tags;
    for (const Parameters& given : parameters.structures("tags", true)) {
        const auto key = given.optional_text("key", tag_key_limits);
        const auto value = given.optional_text("value", tag_value_limits);
        tags.push_back(flow::Tag{key.value_or(""), value.value_or("")});
    }
    return tags;
}

flow::PageRequest read_page_request(const Parameters& parameters) {
    flow::PageRequest request;
    const auto asked =
        parameters.optional_integer("maxResults", {.min = 0, .max = 1000}).value_or(0);
    request.max_results = asked <= 0 ? page_size_default : static_cast<std::uint32_t>(asked);
    request.next_token = parameters.optional_text("nextToken", page_token_limits).value_or("");
    return request;
}

void create_activity(const Parts& parts, Call call, Respond respond) {
    const auto parameters = Parameters::parse(call.body);
    if (!parameters) return respond(parameters.error());
    flow::CreateActivityInput input;
    input.name = parameters->text("name", name_limits);
    input.encryption = read_encryption(*parameters);
    if (parameters->has("tags")) input.tags = read_tags(*parameters);
    if (auto checked = parameters->check(); !checked) return respond(checked.error());
    if (auto checked = check_encryption(*parameters); !checked) return respond(checked.error());
    parts.activities.create(
        std::move(input),
        answer_later<flow::ActivityDescription>(
            std::move(respond), [](json::Writer& out, const flow::ActivityDescription& activity) {
                out.member("activityArn", activity.arn);
                write_date(out, "creationDate", activity.created);
            }));
}

void describe_activity(const Parts& parts, Call call, Respond respond) {
    const auto parameters = Parameters::parse(call.body);
    if (!parameters) return respond(parameters.error());
    const std::string arn = parameters->text("activityArn", arn_limits);
    if (auto checked = parameters->check(); !checked) return respond(checked.error());
    answer_result(respond, parts.activities.describe(arn),
                  [](json::Writer& out, const flow::ActivityDescription& activity) {
                      write_activity(out, activity);
                      write_encryption(out, activity.encryption);
                  });
}

void delete_activity(const Parts& parts, Call call, Respond respond) {
    const auto parameters = Parameters::parse(call.body);
    if (!parameters) return respond(parameters.error());
    const std::string arn = parameters->text("activityArn", arn_limits);
    if (auto checked = parameters->check(); !checked) return respond(checked.error());
    parts.activities.remove(arn, answer_nothing_later(std::move(respond)));
}

void list_activities(const Parts& parts, Call call, Respond respond) {
    const auto parameters = Parameters::parse(call.body);
    if (!parameters) return respond(parameters.error());
    const flow::PageRequest request = read_page_request(*parameters);
    if (auto checked = parameters->check(); !checked) return respond(checked.error());
    answer_result(respond, parts.activities.list(request),
                  [](json::Writer& out, const flow::Page<flow::ActivityDescription>& page) {
                      out.key("activities").begin_array();
                      for (const flow::ActivityDescription& activity : page.items) {
                          out.begin_object();
                          write_activity(out, activity);
                          out.end_object();
                      }
                      out.end_array();
                      write_next_token(out, page.next_token);
                  });
}

void get_activity_task(const Parts& parts, Call call, Respond respond) {
    const auto parameters = Parameters::parse(call.body);
    if (!parameters) return respond(parameters.error());
    const std::string arn = parameters->text("activityArn", arn_limits);
    std::string worker_name =
        parameters->optional_text("workerName", worker_name_limits).value_or("");
    if (auto checked = parameters->check(); !checked) return respond(checked.error());
    parts.activities.take(
        arn, std::move(worker_name), std::move(call.context.caller),
        answer_later<std::optional<flow::ActivityTask>>(
            std::move(respond),
            [](json::Writer& out, const std::optional<flow::ActivityTask>& task) {
                if (!task.has_value()) return;
                out.member("taskToken", task->token).member("input", task->input.text());
            }));
}

void tag_resource(const Parts& parts, Call call, Respond respond) {
    const auto parameters = Parameters::parse(call.body);
    if (!parameters) return respond(parameters.error());
    const std::string arn = parameters->text("resourceArn", arn_limits);
    const flow::Tags tags = read_tags(*parameters);
    if (auto checked = parameters->check(); !checked) return respond(checked.error());
    by_resource(
        arn, std::move(respond),
        [&](Respond answered) {
            parts.machines.tag(arn, tags, answer_nothing_later(std::move(answered)));
        },
        [&](Respond answered) {
            parts.activities.tag(arn, tags, answer_nothing_later(std::move(answered)));
        });
}

void untag_resource(const Parts& parts, Call call, Respond respond) {
    const auto parameters = Parameters::parse(call.body);
    if (!parameters) return respond(parameters.error());
    const std::string arn = parameters->text("resourceArn", arn_limits);
    const std::vector<std::string> keys = parameters->texts("tagKeys", tag_key_limits);
    if (auto checked = parameters->check(); !checked) return respond(checked.error());
    by_resource(
        arn, std::move(respond),
        [&](Respond answered) {
            parts.machines.untag(arn, keys, answer_nothing_later(std::move(answered)));
        },
        [&](Respond answered) {
            parts.activities.untag(arn, keys, answer_nothing_later(std::move(answered)));
        });
}

void list_tags_for_resource(const Parts& parts, Call call, Respond respond) {
    const auto parameters = Parameters::parse(call.body);
    if (!parameters) return respond(parameters.error());
    const std::string arn = parameters->text("resourceArn", arn_limits);
    if (auto checked = parameters->check(); !checked) return respond(checked.error());
    by_resource(
        arn, std::move(respond),
        [&](Respond answered) { answer_result(answered, parts.machines.tags(arn), write_tags); },
        [&](Respond answered) { answer_result(answered, parts.activities.tags(arn), write_tags); });
}

}  // namespace stepwell::api::step_functions
