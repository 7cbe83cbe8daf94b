// The statements that AddPermission puts into a queue's policy.
#include <algorithm>
#include <array>

#include "json/value.hpp"
#include "json/writer.hpp"
#include "queue/attributes.hpp"
#include "queue/errors.hpp"

namespace stepwell::queue {

namespace {

constexpr std::array<std::string_view, 8> actions_known{"*",
                                                        "SendMessage",
                                                        "ReceiveMessage",
                                                        "DeleteMessage",
                                                        "ChangeMessageVisibility",
                                                        "GetQueueUrl",
                                                        "GetQueueAttributes",
                                                        "ListDeadLetterSourceQueues"};

Error invalid(std::string_view value, std::string_view parameter, std::string_view reason) {
    std::string message = "Value ";
    message.append(value).append(" for parameter ").append(parameter);
    message.append(" is invalid. Reason: ").append(reason);
    return {errors::invalid_parameter_value, message};
}

/// Writes one text bare and several as an array, as AWS does.
void write_one_or_many(json::Writer& writer, const std::vector<std::string>& texts) {
    if (texts.size() == 1) {
        writer.string(texts.front());
        return;
    }
    writer.begin_array();
    for (const std::string& text : texts) writer.string(text);
    writer.end_array();
}

std::string_view label_of(json::Value statement) {
    const auto sid = statement.find("Sid");
    return sid.has_value() && sid->is_string() ? sid->string() : std::string_view{};
}

/// Copies the policy's members other than Statement, or those of a new one.
void begin_policy(json::Writer& writer, const std::optional<json::Document>& policy,
                  std::string_view queue_arn) {
    writer.begin_object();
    if (!policy.has_value()) {
        writer.member("Version", "2008-10-17");
        writer.member("Id", std::string(queue_arn) + "/SQSDefaultPolicy");
    } else {
        for (const json::Member& member : policy->root().members()) {
            if (member.key != "Statement")
                writer.member_raw(member.key, json::Value(&member.value).raw());
        }
    }
    writer.key("Statement").begin_array();
}

std::optional<json::Document> parse_policy(std::string_view policy) {
    if (policy.empty()) return std::nullopt;
    auto document = json::Document::parse(policy);
    if (!document.has_value() || !document->root().is_object()) return std::nullopt;
    return std::move(*document);
}

std::vector<json::Value> statements_of(const std::optional<json::Document>& policy) {
    std::vector<json::Value> all;
    if (!policy.has_value()) return all;
    const auto statements = policy->root().find("Statement");
    if (!statements.has_value()) return all;
    if (statements->is_object()) all.push_back(*statements);
    for (const json::Node& node : statements->elements()) all.emplace_back(&node);
    return all;
}

}  // namespace

Result<std::string> add_statement(std::string_view policy, std::string_view queue_arn,
                                  std::string_view label, const std::vector<std::string>& accounts,
                                  const std::vector<std::string>& actions) {
    for (const std::string& action : actions) {
        if (std::find(actions_known.begin(), actions_known.end(), action) == actions_known.end()) {
            return invalid("SQS:" + action, "ActionName",
                           "Please refer to the appropriate WSDL for a list of valid actions. ");
        }
    }
    if (label.empty() || accounts.empty() || actions.empty()) {
        return Error{errors::missing_required_parameter,
                     "The request must contain the parameters Label, AWSAccountIds and Actions."};
    }
    const auto document = parse_policy(policy);
    json::Writer writer;
    begin_policy(writer, document, queue_arn);
    for (const json::Value statement : statements_of(document)) {
        if (label_of(statement) == label) return invalid(label, "Label", "Already exists.");
        writer.raw(statement.raw());
    }
    std::vector<std::string> principals;
    for (const std::string& account : accounts)
        principals.push_back("arn:aws:iam::" + account + ":root");
    std::vector<std::string> names;
    for (const std::string& action : actions) names.push_back("SQS:" + action);
    writer.begin_object().member("Sid", label).member("Effect", "Allow");
    writer.key("Principal").begin_object().key("AWS");
    write_one_or_many(writer, principals);
    writer.end_object().key("Action");
    write_one_or_many(writer, names);
    writer.member("Resource", queue_arn).end_object().end_array().end_object();
    return writer.take();
}

Result<std::string> remove_statement(std::string_view policy, std::string_view queue_arn,
                                     std::string_view label) {
    const auto document = parse_policy(policy);
    json::Writer writer;
    begin_policy(writer, document, queue_arn);
    bool was_found = false;
    std::size_t left = 0;
    for (const json::Value statement : statements_of(document)) {
        if (label_of(statement) == label) {
            was_found = true;
            continue;
        }
        writer.raw(statement.raw());
        ++left;
    }
    if (!was_found) return invalid(label, "Label", "can't find label on existing policy.");
    if (left == 0) return std::string{};
    writer.end_array().end_object();
    return writer.take();
}

}  // namespace stepwell::queue
