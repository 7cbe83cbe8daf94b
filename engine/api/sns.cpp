#include "api/sns.hpp"

#include <algorithm>
#include <memory>
#include <set>

#include "api/sqs_sns_fields.hpp"
#include "base/base64.hpp"
#include "base/errors.hpp"
#include "base/try.hpp"
#include "json/writer.hpp"
#include "topic/errors.hpp"

namespace stepwell::api {

namespace sns {

namespace {

namespace errors = topic::errors;
using topic::PublishInput;
using topic::SubscriptionPtr;

constexpr std::size_t page_max = 100;
constexpr std::size_t batch_entries_max = 10;
constexpr std::size_t batch_bytes_max = 262'144;

struct Sns {
    topic::Topics& topics;
    Storage& storage;
};

Error missing(std::string_view name) {
    return errors::invalid(std::string(name) + " Reason: no value for required parameter");
}

using Read = Result<std::string> (*)(Sns&, Fields&);
using Change = Result<std::string> (*)(Sns&, Fields&, Effects&);
using Control = void (*)(Sns&, Fields&, Respond);

template <class Run>
void run(const Call& call, Respond& respond, Run handle) {
    const auto document = parse_request(call.body);
    if (!document.has_value()) return respond(document.error());
    Fields fields(document->root(), missing);
    handle(fields, respond);
}

Operation read(const std::shared_ptr<Sns>& sns, Read handler) {
    return [sns, handler](Call call, Respond respond) {
        run(call, respond, [&](Fields& fields, Respond& answer) {
            auto body = handler(*sns, fields);
            if (!body.has_value()) return answer(body.error());
            answer(Reply{std::move(*body)});
        });
    };
}

Operation change(const std::shared_ptr<Sns>& sns, Change handler) {
    return [sns, handler](Call call, Respond respond) {
        run(call, respond, [&](Fields& fields, Respond& answer) {
            Effects effects;
            auto body = handler(*sns, fields, effects);
            if (!body.has_value()) return answer(body.error());
            effects.when_durable([answer = std::move(answer), body = std::move(*body)]() mutable {
                answer(Reply{std::move(body)});
            });
            sns->storage.commit(std::move(effects));
        });
    };
}

Operation control(const std::shared_ptr<Sns>& sns, Control handler) {
    return [sns, handler](Call call, Respond respond) {
        run(call, respond,
            [&](Fields& fields, Respond& answer) { handler(*sns, fields, std::move(answer)); });
    };
}

topic::Completion<> answer_empty(Respond respond) {
    return [respond = std::move(respond)](Result<> done) mutable {
        if (!done.has_value()) return respond(done.error());
        respond(Reply{"{}"});
    };
}

std::string one_member(std::string_view name, std::string_view text) {
    json::Writer writer;
    writer.begin_object().member(name, text).end_object();
    return writer.take();
}

std::string attributes_answer(const topic::TextMap& attributes) {
    json::Writer writer;
    writer.begin_object().key("Attributes").begin_object();
    for (const auto& [name, value] : attributes) writer.member(name, value);
    writer.end_object().end_object();
    return writer.take();
}

/// A list of {Key, Value}.
topic::TextMap tags_in(Fields& fields) {
    topic::TextMap tags;
    for (const json::Value tag : fields.array("Tags")) {
        Fields members(tag, missing);
        std::string key(members.required_text("Key"));
        std::string value(members.text("Value").value_or(""));
        if (members.error().has_value()) fields.fail(*members.error());
        tags.insert_or_assign(std::move(key), std::move(value));
    }
    return tags;
}

// --- Topics

void create_topic(Sns& sns, Fields& fields, Respond respond) {
    std::string name(fields.required_text("Name"));
    auto attributes = fields.text_map("Attributes");
    auto tags = tags_in(fields);
    if (fields.error().has_value()) return respond(*fields.error());
    sns.topics.create_topic(std::move(name), std::move(attributes), std::move(tags),
                            [respond = std::move(respond)](Result<std::string> arn) mutable {
                                if (!arn.has_value()) return respond(arn.error());
                                respond(Reply{one_member("TopicArn", *arn)});
                            });
}

void delete_topic(Sns& sns, Fields& fields, Respond respond) {
    const std::string_view arn = fields.required_text("TopicArn");
    if (fields.error().has_value()) return respond(*fields.error());
    sns.topics.delete_topic(arn, answer_empty(std::move(respond)));
}

Result<std::string> get_topic_attributes(Sns& sns, Fields& fields) {
    const std::string_view arn = fields.required_text("TopicArn");
    if (fields.error().has_value()) return *fields.error();
    SW_TRY(const topic::TextMap attributes, sns.topics.topic_attributes(arn));
    return attributes_answer(attributes);
}

void set_topic_attributes(Sns& sns, Fields& fields, Respond respond) {
    const std::string_view arn = fields.required_text("TopicArn");
    std::string name(fields.required_text("AttributeName"));
    std::string value(fields.text("AttributeValue").value_or(""));
    if (fields.error().has_value()) return respond(*fields.error());
    sns.topics.set_topic_attribute(arn, std::move(name), std::move(value),
                                   answer_empty(std::move(respond)));
}

/// Where the page begins: after the name in the token.
Result<std::string> page_start(Fields& fields) {
    const auto token = fields.text("NextToken");
    if (fields.error().has_value()) return *fields.error();
    if (!token.has_value()) return std::string{};
    auto after = base64_decode(*token);
    if (!after.has_value()) return errors::invalid("NextToken");
    return *after;
}

Result<std::string> list_topics(Sns& sns, Fields& fields) {
    SW_TRY(const std::string after, page_start(fields));
    auto arns = sns.topics.topic_arns(after, page_max + 1);
    const bool has_more = arns.size() > page_max;
    if (has_more) arns.pop_back();
    json::Writer writer;
    writer.begin_object().key("Topics").begin_array();
    for (const std::string& arn : arns) writer.begin_object().member("TopicArn", arn).end_object();
    writer.end_array();
    if (has_more) writer.member("NextToken", base64_encode(arns.back()));
    writer.end_object();
    return writer.take();
}

void tag_resource(Sns& sns, Fields& fields, Respond respond) {
    const std::string_view arn = fields.required_text("ResourceArn");
    auto tags = tags_in(fields);
    if (fields.error().has_value()) return respond(*fields.error());
    sns.topics.change_tags(arn, std::move(tags), {}, answer_empty(std::move(respond)));
}

void untag_resource(Sns& sns, Fields& fields, Respond respond) {
    const std::string_view arn = fields.required_text("ResourceArn");
    auto keys = fields.texts("TagKeys");
    if (fields.error().has_value()) return respond(*fields.error());
    sns.topics.change_tags(arn, {}, std::move(keys), answer_empty(std::move(respond)));
}

Result<std::string> list_tags_for_resource(Sns& sns, Fields& fields) {
    const std::string_view arn = fields.required_text("ResourceArn");
    if (fields.error().has_value()) return *fields.error();
    SW_TRY(const topic::TextMap tags, sns.topics.topic_tags(arn));
    json::Writer writer;
    writer.begin_object().key("Tags").begin_array();
    for (const auto& [key, value] : tags) {
        writer.begin_object().member("Key", key).member("Value", value).end_object();
    }
    writer.end_array().end_object();
    return writer.take();
}

void add_permission(Sns& sns, Fields& fields, Respond respond) {
    const std::string_view arn = fields.required_text("TopicArn");
    std::string label(fields.required_text("Label"));
    auto accounts = fields.texts("AWSAccountId");
    auto actions = fields.texts("ActionName");
    if (fields.error().has_value()) return respond(*fields.error());
    sns.topics.add_permission(arn, std::move(label), std::move(accounts), std::move(actions),
                              answer_empty(std::move(respond)));
}

void remove_permission(Sns& sns, Fields& fields, Respond respond) {
    const std::string_view arn = fields.required_text("TopicArn");
    std::string label(fields.required_text("Label"));
    if (fields.error().has_value()) return respond(*fields.error());
    sns.topics.remove_permission(arn, std::move(label), answer_empty(std::move(respond)));
}

// --- Subscriptions

topic::Completion<SubscriptionPtr> answer_subscription(Respond respond, bool hides_pending) {
    return [respond = std::move(respond), hides_pending](Result<SubscriptionPtr> made) mutable {
        if (!made.has_value()) return respond(made.error());
        const bool is_hidden = hides_pending && !(*made)->is_confirmed;
        respond(Reply{
            one_member("SubscriptionArn", is_hidden ? "pending confirmation" : (*made)->arn)});
    };
}

void subscribe(Sns& sns, Fields& fields, Respond respond) {
    topic::SubscribeInput input;
    input.topic_arn = fields.required_text("TopicArn");
    input.protocol = fields.required_text("Protocol");
    input.endpoint = fields.text("Endpoint").value_or("");
    input.attributes = fields.text_map("Attributes");
    const bool returns_arn = fields.boolean("ReturnSubscriptionArn");
    if (fields.error().has_value()) return respond(*fields.error());
    sns.topics.subscribe(std::move(input), answer_subscription(std::move(respond), !returns_arn));
}

void confirm_subscription(Sns& sns, Fields& fields, Respond respond) {
    const std::string_view arn = fields.required_text("TopicArn");
    const std::string_view token = fields.required_text("Token");
    if (fields.error().has_value()) return respond(*fields.error());
    sns.topics.confirm_subscription(arn, token, answer_subscription(std::move(respond), false));
}

void unsubscribe(Sns& sns, Fields& fields, Respond respond) {
    const std::string_view arn = fields.required_text("SubscriptionArn");
    if (fields.error().has_value()) return respond(*fields.error());
    sns.topics.unsubscribe(arn, answer_empty(std::move(respond)));
}

Result<std::string> get_subscription_attributes(Sns& sns, Fields& fields) {
    const std::string_view arn = fields.required_text("SubscriptionArn");
    if (fields.error().has_value()) return *fields.error();
    SW_TRY(const topic::TextMap attributes, sns.topics.subscription_attributes(arn));
    return attributes_answer(attributes);
}

void set_subscription_attributes(Sns& sns, Fields& fields, Respond respond) {
    const std::string_view arn = fields.required_text("SubscriptionArn");
    std::string name(fields.required_text("AttributeName"));
    std::string value(fields.text("AttributeValue").value_or(""));
    if (fields.error().has_value()) return respond(*fields.error());
    sns.topics.set_subscription_attribute(arn, std::move(name), std::move(value),
                                          answer_empty(std::move(respond)));
}

Result<std::string> write_subscriptions(Sns& sns, std::optional<std::string_view> topic_arn,
                                        Fields& fields) {
    SW_TRY(const std::string after, page_start(fields));
    SW_TRY(std::vector<SubscriptionPtr> all,
           sns.topics.subscriptions(topic_arn, after, page_max + 1));
    const bool has_more = all.size() > page_max;
    if (has_more) all.pop_back();
    json::Writer writer;
    writer.begin_object().key("Subscriptions").begin_array();
    for (const SubscriptionPtr& each : all) {
        const std::size_t account_at = 4;  // arn:aws:sns:region:account:...
        std::string_view rest = each->arn;
        for (std::size_t i = 0; i < account_at; ++i) rest.remove_prefix(rest.find(':') + 1);
        writer.begin_object();
        writer.member("SubscriptionArn",
                      each->is_confirmed ? std::string_view(each->arn) : "PendingConfirmation");
        writer.member("Owner", rest.substr(0, rest.find(':')));
        writer.member("Protocol", topic::name_of(each->protocol))
            .member("Endpoint", each->endpoint);
        writer.member("TopicArn", each->topic_arn).end_object();
    }
    writer.end_array();
    if (has_more) writer.member("NextToken", base64_encode(all.back()->arn));
    writer.end_object();
    return writer.take();
}

Result<std::string> list_subscriptions(Sns& sns, Fields& fields) {
    return write_subscriptions(sns, std::nullopt, fields);
}

Result<std::string> list_subscriptions_by_topic(Sns& sns, Fields& fields) {
    const std::string_view arn = fields.required_text("TopicArn");
    if (fields.error().has_value()) return *fields.error();
    return write_subscriptions(sns, arn, fields);
}

// --- Publishing

/// Publish's input, or an entry of its batch form, without the topic.
Result<PublishInput> publish_input(Fields& fields, bool accepts_any_json) {
    PublishInput input;
    const auto message = fields.value("Message");
    if (accepts_any_json && message.has_value() && !message->is_string()) {
        input.message = message->raw();
    } else {
        input.message = fields.required_text("Message");
    }
    input.subject = fields.text("Subject");
    input.message_structure = fields.text("MessageStructure").value_or("");
    input.message_group_id = fields.text("MessageGroupId").value_or("");
    input.message_deduplication_id = fields.text("MessageDeduplicationId").value_or("");
    for (AttributeField& field : attribute_fields(fields, "MessageAttributes")) {
        if (field.has_wrong_field) {
            const bool is_binary = field.data_type.starts_with("Binary");
            return Error{errors::invalid_parameter_value,
                         "The message attribute '" + field.name + "' with type '" +
                             field.data_type + "' must use field '" +
                             (is_binary ? "Binary" : "String") + "'."};
        }
        input.attributes.push_back(
            {std::move(field.name), std::move(field.data_type), std::move(field.value)});
    }
    if (fields.error().has_value()) return *fields.error();
    return input;
}

void write_published(json::Writer& writer, const topic::Published& published) {
    writer.member("MessageId", published.message_id);
    if (!published.sequence_number.empty())
        writer.member("SequenceNumber", published.sequence_number);
}

Result<std::string> publish_fields(topic::Topics& topics, Fields& fields, Effects& effects,
                                   bool accepts_any_json) {
    SW_TRY(PublishInput input, publish_input(fields, accepts_any_json));
    const auto arn = fields.text("TopicArn");
    const auto target = fields.text("TargetArn");
    if (fields.error().has_value()) return *fields.error();
    if (fields.text("PhoneNumber").has_value()) {
        return Error{stepwell::errors::not_implemented,
                     "Publishing to phone numbers is not supported by this server."};
    }
    if (!arn.has_value() && !target.has_value()) {
        return errors::invalid("TopicArn or TargetArn Reason: no value for required parameter");
    }
    input.topic_arn = arn.has_value() ? *arn : *target;
    SW_TRY(const topic::Published published, topics.publish(effects, input));
    json::Writer writer;
    writer.begin_object();
    write_published(writer, published);
    writer.end_object();
    return writer.take();
}

Result<std::string> publish_operation(Sns& sns, Fields& fields, Effects& effects) {
    return publish_fields(sns.topics, fields, effects, false);
}

Result<> check_batch(const std::vector<json::Value>& entries) {
    if (entries.empty()) {
        return Error{errors::empty_batch_request, "The batch request doesn't contain any entries."};
    }
    if (entries.size() > batch_entries_max) {
        return Error{errors::too_many_entries,
                     "The batch request contains more entries than permissible."};
    }
    const auto is_allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '_';
    };
    std::set<std::string_view> ids;
    for (const json::Value entry : entries) {
        const auto id = entry.find("Id");
        const std::string_view text =
            id.has_value() && id->is_string() ? id->string() : std::string_view{};
        if (text.empty() || text.size() > 80 ||
            !std::all_of(text.begin(), text.end(), is_allowed)) {
            const std::string why =
                text.size() > 80 ? "is too long: " : "contains an impermissible character: ";
            return Error{errors::invalid_batch_entry_id,
                         "The Id of a batch entry in the batch request " + why + std::string(text)};
        }
        if (!ids.insert(text).second) {
            return Error{errors::batch_entry_ids_not_distinct,
                         "Two or more batch entries in the request have the same Id."};
        }
    }
    return {};
}

Result<std::string> publish_batch(Sns& sns, Fields& fields, Effects& effects) {
    const std::string_view arn = fields.required_text("TopicArn");
    const auto entries = fields.array("PublishBatchRequestEntries");
    if (fields.error().has_value()) return *fields.error();
    if (const auto checked = check_batch(entries); !checked.has_value()) return checked.error();
    if (const auto topic = sns.topics.topic_attributes(arn); !topic.has_value())
        return topic.error();
    std::vector<PublishInput> inputs;
    std::size_t bytes = 0;
    for (const json::Value entry : entries) {
        Fields members(entry, missing);
        SW_TRY(PublishInput input, publish_input(members, false));
        input.topic_arn = arn;
        bytes += topic::publish_bytes(input);
        inputs.push_back(std::move(input));
    }
    if (bytes > batch_bytes_max) {
        return Error{errors::batch_request_too_long,
                     "The length of all the messages put together is more than the limit."};
    }
    json::Writer successful;
    json::Writer failed;
    successful.begin_array();
    failed.begin_array();
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        const std::string id(entries[i].find("Id")->string());
        const auto published = sns.topics.publish(effects, inputs[i]);
        if (published.has_value()) {
            successful.begin_object().member("Id", id);
            write_published(successful, *published);
            successful.end_object();
            continue;
        }
        failed.begin_object().member("Id", id).member("Code", published.error().kind().query_name);
        failed.member("Message", published.error().message())
            .member_boolean("SenderFault", true)
            .end_object();
    }
    successful.end_array();
    failed.end_array();
    json::Writer writer;
    writer.begin_object()
        .member_raw("Successful", successful.text())
        .member_raw("Failed", failed.text())
        .end_object();
    return writer.take();
}

}  // namespace

}  // namespace sns

Result<std::string> publish(Effects& effects, topic::Topics& topics, json::Outline& input) {
    using namespace sns;
    Fields fields(input, missing);
    return publish_fields(topics, fields, effects, true);
}

void register_sns(OperationTable& table, topic::Topics& topics, Storage& storage) {
    using namespace sns;
    const auto sns = std::make_shared<Sns>(Sns{topics, storage});
    const std::pair<std::string_view, Read> reads[] = {
        {"GetTopicAttributes", get_topic_attributes},
        {"ListTopics", list_topics},
        {"ListTagsForResource", list_tags_for_resource},
        {"GetSubscriptionAttributes", get_subscription_attributes},
        {"ListSubscriptions", list_subscriptions},
        {"ListSubscriptionsByTopic", list_subscriptions_by_topic},
    };
    const std::pair<std::string_view, Change> changes[] = {
        {"Publish", publish_operation},
        {"PublishBatch", publish_batch},
    };
    const std::pair<std::string_view, Control> controls[] = {
        {"CreateTopic", create_topic},
        {"DeleteTopic", delete_topic},
        {"SetTopicAttributes", set_topic_attributes},
        {"TagResource", tag_resource},
        {"UntagResource", untag_resource},
        {"AddPermission", add_permission},
        {"RemovePermission", remove_permission},
        {"Subscribe", subscribe},
        {"ConfirmSubscription", confirm_subscription},
        {"Unsubscribe", unsubscribe},
        {"SetSubscriptionAttributes", set_subscription_attributes},
    };
    for (const auto& [name, handler] : reads) table.add("sns", name, read(sns, handler));
    for (const auto& [name, handler] : changes) table.add("sns", name, change(sns, handler));
    for (const auto& [name, handler] : controls) table.add("sns", name, control(sns, handler));
}

}  // namespace stepwell::api
