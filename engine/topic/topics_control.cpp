// Making, changing and listing topics.
#include <algorithm>
#include <array>

#include "base/try.hpp"
#include "json/value.hpp"
#include "json/writer.hpp"
#include "topic/errors.hpp"
#include "topic/records.hpp"
#include "topic/topics.hpp"

namespace stepwell::topic {

namespace {

constexpr std::size_t tags_max = 50;

bool is_topic_name(std::string_view name) {
    const auto is_allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '_';
    };
    return !name.empty() && name.size() <= 256 && std::all_of(name.begin(), name.end(), is_allowed);
}

Result<> check_tags(const TextMap& tags) {
    if (tags.size() > tags_max) {
        return Error{errors::tag_limit_exceeded,
                     "Could not complete request: tag quota of per resource exceeded"};
    }
    return {};
}

/// The policy of a topic that was given none: its owner may do everything.
std::string default_policy(std::string_view arn, std::string_view account) {
    json::Writer writer;
    writer.begin_object().member("Version", "2008-10-17").member("Id", "__default_policy_ID");
    writer.key("Statement").begin_array().begin_object();
    writer.member("Sid", "__default_statement_ID").member("Effect", "Allow");
    writer.key("Principal").begin_object().member("AWS", "*").end_object();
    writer.key("Action").begin_array();
    for (const std::string_view action :
         {"SNS:GetTopicAttributes", "SNS:SetTopicAttributes", "SNS:AddPermission",
          "SNS:RemovePermission", "SNS:DeleteTopic", "SNS:Subscribe",
          "SNS:ListSubscriptionsByTopic", "SNS:Publish"}) {
        writer.string(action);
    }
    writer.end_array().member("Resource", arn);
    writer.key("Condition").begin_object().key("StringEquals").begin_object();
    writer.member("AWS:SourceOwner", account);
    writer.end_object().end_object().end_object().end_array().end_object();
    return writer.take();
}

constexpr std::string_view default_delivery_policy =
    R"({"http":{"defaultHealthyRetryPolicy":{"minDelayTarget":20,"maxDelayTarget":20,"numRetries":3,)"
    R"("numMaxDelayRetries":0,"numNoDelayRetries":0,"numMinDelayRetries":0,"backoffFunction":"linear"},)"
    R"("disableSubscriptionOverrides":false,"defaultRequestPolicy":{"headerContentType":"text/plain; charset=UTF-8"}}})";

Result<> check_topic_attribute(std::string_view name, std::string_view value) {
    constexpr std::array<std::string_view, 28> known{"ContentBasedDeduplication",
                                                     "DeliveryPolicy",
                                                     "DisplayName",
                                                     "FifoTopic",
                                                     "FifoThroughputScope",
                                                     "KmsMasterKeyId",
                                                     "Policy",
                                                     "SignatureVersion",
                                                     "TracingConfig",
                                                     "ArchivePolicy",
                                                     "DataProtectionPolicy",
                                                     "ApplicationFailureFeedbackRoleArn",
                                                     "ApplicationSuccessFeedbackRoleArn",
                                                     "ApplicationSuccessFeedbackSampleRate",
                                                     "FirehoseFailureFeedbackRoleArn",
                                                     "FirehoseSuccessFeedbackRoleArn",
                                                     "FirehoseSuccessFeedbackSampleRate",
                                                     "HTTPFailureFeedbackRoleArn",
                                                     "HTTPSuccessFeedbackRoleArn",
                                                     "HTTPSuccessFeedbackSampleRate",
                                                     "LambdaFailureFeedbackRoleArn",
                                                     "LambdaSuccessFeedbackRoleArn",
                                                     "LambdaSuccessFeedbackSampleRate",
                                                     "SQSFailureFeedbackRoleArn",
                                                     "SQSSuccessFeedbackRoleArn",
                                                     "SQSSuccessFeedbackSampleRate",
                                                     "BeginningArchiveTime",
                                                     "EffectiveDeliveryPolicy"};
    if (std::find(known.begin(), known.end(), name) == known.end())
        return errors::invalid("AttributeName");
    if ((name == "Policy" || name == "DeliveryPolicy") && !value.empty()) {
        const auto document = json::Document::parse(value);
        if (!document.has_value() || !document->root().is_object()) {
            return errors::invalid(std::string(name) + " Error: null");
        }
    }
    if (name == "DisplayName" && value.size() > 100) return errors::invalid("DisplayName");
    return {};
}

}  // namespace

void Topics::change(std::string_view arn, const Mutation& mutation, Completion<> done) {
    std::unique_lock lock(mutex_);
    const auto topic = find(arn);
    const Result<> changed = topic.has_value() ? mutation(**topic) : Result<>(topic.error());
    if (!changed.has_value()) {
        lock.unlock();
        return done(changed.error());
    }
    Effects effects;
    put(effects, **topic);
    effects.when_durable([done = std::move(done)]() mutable { done({}); });
    storage_.commit(std::move(effects));
}

void Topics::create_topic(std::string name, TextMap attributes, TextMap tags,
                          Completion<std::string> done) {
    const auto fifo = attributes.find("FifoTopic");
    const bool is_fifo = fifo != attributes.end() && fifo->second == "true";
    if (fifo != attributes.end() && !is_fifo) attributes.erase(fifo);
    const bool has_suffix = name.ends_with(".fifo");
    if (is_fifo && (!has_suffix || !is_topic_name(name.substr(0, name.size() - 5)))) {
        return done(errors::invalid(
            "Fifo Topic names must end with .fifo and must be made up of only uppercase and "
            "lowercase ASCII letters, "
            "numbers, underscores, and hyphens, and must be between 1 and 256 characters long."));
    }
    if (!is_fifo && !is_topic_name(name)) return done(errors::invalid("Topic Name"));
    for (const auto& [attribute, value] : attributes) {
        if (const auto checked = check_topic_attribute(attribute, value); !checked.has_value()) {
            return done(errors::invalid("Attributes Reason: Unknown attribute " + attribute));
        }
    }
    if (const auto checked = check_tags(tags); !checked.has_value()) return done(checked.error());
    const std::string arn = options_.identity.arn("sns", name);

    std::unique_lock lock(mutex_);
    Effects effects;
    if (const auto found = topics_.find(arn); found != topics_.end()) {
        const auto differs = [](const TextMap& given, const TextMap& existing) {
            return std::any_of(given.begin(), given.end(), [&](const auto& entry) {
                const auto has = existing.find(entry.first);
                return has == existing.end() || has->second != entry.second;
            });
        };
        const bool has_other_attributes = differs(attributes, found->second->attributes);
        if (has_other_attributes || differs(tags, found->second->tags)) {
            lock.unlock();
            return done(errors::invalid(
                has_other_attributes
                    ? "Attributes Reason: Topic already exists with different attributes"
                    : "Tags Reason: Topic already exists with different tags"));
        }
    } else {
        auto topic = std::make_unique<Topic>();
        topic->name = std::move(name);
        topic->arn = arn;
        topic->attributes = std::move(attributes);
        topic->tags = std::move(tags);
        put(effects, *topic);
        topics_.emplace(arn, std::move(topic));
    }
    effects.when_durable([arn, done = std::move(done)]() mutable { done(arn); });
    storage_.commit(std::move(effects));
}

void Topics::delete_topic(std::string_view arn, Completion<> done) {
    if (const auto checked = check_arn(arn); !checked.has_value()) return done(checked.error());
    const std::unique_lock lock(mutex_);
    Effects effects;
    if (const auto found = topics_.find(arn); found != topics_.end()) {
        for (const SubscriptionPtr& subscription : *found->second->subscriptions) {
            effects.erase(Table::control, subscription_key(subscription->arn));
            subscriptions_.erase(subscription->arn);
        }
        effects.erase(Table::control, topic_key(found->second->name));
        topics_.erase(found);
    }
    effects.when_durable([done = std::move(done)]() mutable { done({}); });
    storage_.commit(std::move(effects));
}

void Topics::set_topic_attribute(std::string_view arn, std::string name, std::string value,
                                 Completion<> done) {
    change(
        arn,
        [&](Topic& topic) -> Result<> {
            if (name == "FifoTopic" || name == "EffectiveDeliveryPolicy")
                return errors::invalid("AttributeName");
            if (const auto checked = check_topic_attribute(name, value); !checked.has_value()) {
                return checked.error();
            }
            topic.attributes.insert_or_assign(std::move(name), std::move(value));
            return {};
        },
        std::move(done));
}

void Topics::change_tags(std::string_view arn, TextMap tags, std::vector<std::string> removed_keys,
                         Completion<> done) {
    change(
        arn,
        [&](Topic& topic) -> Result<> {
            TextMap changed = topic.tags;
            for (const std::string& key : removed_keys) changed.erase(key);
            for (auto& [key, value] : tags) changed.insert_or_assign(key, value);
            if (const auto checked = check_tags(changed); !checked.has_value())
                return checked.error();
            topic.tags = std::move(changed);
            return {};
        },
        [arn = std::string(arn), done = std::move(done)](Result<> changed) mutable {
            if (changed.has_value() || !changed.error().is(errors::not_found))
                return done(std::move(changed));
            done(Error{errors::resource_not_found, "Resource does not exist"});
        });
}

namespace {

std::string_view label_of(json::Value statement) {
    const auto sid = statement.find("Sid");
    return sid.has_value() && sid->is_string() ? sid->string() : std::string_view{};
}

/// The policy with the statement of `label` replaced by `statement` (empty: removed); nothing when
/// there is none to remove, or one already where one is to be added.
std::optional<std::string> edit_policy(const std::string& policy, std::string_view label,
                                       const std::string& statement) {
    const auto document = json::Document::parse(policy);
    if (!document.has_value()) return std::nullopt;
    json::Writer writer;
    writer.begin_object();
    for (const json::Member& member : document->root().members()) {
        if (member.key != "Statement")
            writer.member_raw(member.key, json::Value(&member.value).raw());
    }
    writer.key("Statement").begin_array();
    bool has_label = false;
    if (const auto statements = document->root().find("Statement"); statements.has_value()) {
        for (const json::Node& node : statements->elements()) {
            const json::Value each(&node);
            const bool is_it = label_of(each) == label;
            has_label = has_label || is_it;
            if (!is_it) writer.raw(each.raw());
        }
    }
    if (has_label != statement.empty()) return std::nullopt;
    if (!statement.empty()) writer.raw(statement);
    writer.end_array().end_object();
    return writer.take();
}

}  // namespace

void Topics::add_permission(std::string_view arn, std::string label,
                            std::vector<std::string> accounts, std::vector<std::string> actions,
                            Completion<> done) {
    json::Writer writer;
    writer.begin_object().member("Sid", label).member("Effect", "Allow");
    writer.key("Principal").begin_object().key("AWS").begin_array();
    for (const std::string& account : accounts) writer.string("arn:aws:iam::" + account + ":root");
    writer.end_array().end_object().key("Action").begin_array();
    for (const std::string& action : actions) writer.string("SNS:" + action);
    writer.end_array().member("Resource", arn).end_object();
    const std::string statement = writer.take();
    change(
        arn,
        [&](Topic& topic) -> Result<> {
            auto& policy = topic.attributes["Policy"];
            if (policy.empty()) policy = default_policy(topic.arn, options_.identity.account);
            auto edited = edit_policy(policy, label, statement);
            if (!edited.has_value()) return errors::invalid("Statement already exists");
            policy = std::move(*edited);
            return {};
        },
        std::move(done));
}

void Topics::remove_permission(std::string_view arn, std::string label, Completion<> done) {
    change(
        arn,
        [&](Topic& topic) -> Result<> {
            const auto policy = topic.attributes.find("Policy");
            auto edited = policy == topic.attributes.end() ? std::nullopt
                                                           : edit_policy(policy->second, label, "");
            if (!edited.has_value()) return errors::invalid("Statement does not exist");
            policy->second = std::move(*edited);
            return {};
        },
        std::move(done));
}

// --- Reading

Result<TextMap> Topics::topic_attributes(std::string_view arn) const {
    const std::shared_lock lock(mutex_);
    SW_TRY(const Topic* const topic, find(arn));
    TextMap all = topic->attributes;
    const auto confirmed =
        std::count_if(topic->subscriptions->begin(), topic->subscriptions->end(),
                      [](const SubscriptionPtr& each) { return each->is_confirmed; });
    all.emplace("TopicArn", topic->arn);
    all.emplace("Owner", options_.identity.account);
    all.emplace("DisplayName", "");
    all.emplace("Policy", default_policy(topic->arn, options_.identity.account));
    all.emplace("EffectiveDeliveryPolicy", default_delivery_policy);
    all.emplace("SubscriptionsConfirmed", std::to_string(confirmed));
    all.emplace(
        "SubscriptionsPending",
        std::to_string(static_cast<std::ptrdiff_t>(topic->subscriptions->size()) - confirmed));
    all.emplace("SubscriptionsDeleted", "0");
    if (topic->is_fifo()) all.emplace("ContentBasedDeduplication", "false");
    return all;
}

Result<TextMap> Topics::topic_tags(std::string_view arn) const {
    const std::shared_lock lock(mutex_);
    const auto topic = find(arn);
    if (!topic.has_value()) return Error{errors::resource_not_found, "Resource does not exist"};
    return (*topic)->tags;
}

Result<TextMap> Topics::subscription_attributes(std::string_view arn) const {
    const std::shared_lock lock(mutex_);
    const auto found = subscriptions_.find(arn);
    if (found == subscriptions_.end()) return errors::no_such_subscription();
    const Subscription& subscription = *found->second;
    TextMap all = subscription.attributes;
    all.emplace("SubscriptionArn", subscription.arn);
    all.emplace("TopicArn", subscription.topic_arn);
    all.emplace("Protocol", name_of(subscription.protocol));
    all.emplace("Endpoint", subscription.endpoint);
    all.emplace("Owner", options_.identity.account);
    all.emplace("RawMessageDelivery", "false");
    all.emplace("PendingConfirmation", subscription.is_confirmed ? "false" : "true");
    all.emplace("ConfirmationWasAuthenticated", subscription.is_confirmed ? "true" : "false");
    all.emplace("SubscriptionPrincipal", "arn:aws:iam::" + options_.identity.account + ":root");
    if (!all.contains("FilterPolicy")) {
        all.erase("FilterPolicyScope");
    } else {
        all.emplace("FilterPolicyScope", "MessageAttributes");
    }
    return all;
}

std::vector<std::string> Topics::topic_arns(std::string_view after, std::size_t max) const {
    const std::shared_lock lock(mutex_);
    std::vector<std::string> arns;
    for (auto at = topics_.upper_bound(after); at != topics_.end() && arns.size() < max; ++at) {
        arns.push_back(at->first);
    }
    return arns;
}

Result<std::vector<SubscriptionPtr>> Topics::subscriptions(
    std::optional<std::string_view> topic_arn, std::string_view after, std::size_t max) const {
    const std::shared_lock lock(mutex_);
    if (topic_arn.has_value()) {
        if (const auto topic = find(*topic_arn); !topic.has_value()) return topic.error();
    }
    std::vector<SubscriptionPtr> chosen;
    for (auto at = subscriptions_.upper_bound(after);
         at != subscriptions_.end() && chosen.size() < max; ++at) {
        if (!topic_arn.has_value() || at->second->topic_arn == *topic_arn)
            chosen.push_back(at->second);
    }
    return chosen;
}

}  // namespace stepwell::topic
