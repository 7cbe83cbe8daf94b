// The shapes of Amazon SNS, as its query protocol writes them.
// source  the service's model, API version 2010-03-31
#include "wire/shapes.hpp"

namespace stepwell::wire {

namespace shapes::sns {

constexpr Shape delegates_list = list(&text);
constexpr Shape actions_list = list(&text);
constexpr Member add_permission_input[] = {{"TopicArn", &text},
                                           {"Label", &text},
                                           {"AWSAccountId", &delegates_list},
                                           {"ActionName", &actions_list}};
constexpr Member check_if_phone_number_is_opted_out_input[] = {{"phoneNumber", &text}};
constexpr Member check_if_phone_number_is_opted_out_output[] = {{"isOptedOut", &boolean}};
constexpr Member confirm_subscription_input[] = {
    {"TopicArn", &text}, {"Token", &text}, {"AuthenticateOnUnsubscribe", &text}};
constexpr Member confirm_subscription_output[] = {{"SubscriptionArn", &text}};
constexpr Shape topic_attributes_map = map(&text, "key", "value");
constexpr Member tag_members[] = {{"Key", &text}, {"Value", &text}};
constexpr Shape tag = structure(tag_members);
constexpr Shape tag_list = list(&tag);
constexpr Member create_topic_input[] = {{"Name", &text},
                                         {"Attributes", &topic_attributes_map},
                                         {"Tags", &tag_list},
                                         {"DataProtectionPolicy", &text}};
constexpr Member create_topic_output[] = {{"TopicArn", &text}};
constexpr Member delete_topic_input[] = {{"TopicArn", &text}};
constexpr Member get_data_protection_policy_input[] = {{"ResourceArn", &text}};
constexpr Member get_data_protection_policy_output[] = {{"DataProtectionPolicy", &text}};
constexpr Member get_subscription_attributes_input[] = {{"SubscriptionArn", &text}};
constexpr Shape subscription_attributes_map = map(&text, "key", "value");
constexpr Member get_subscription_attributes_output[] = {
    {"Attributes", &subscription_attributes_map}};
constexpr Member get_topic_attributes_input[] = {{"TopicArn", &text}};
constexpr Member get_topic_attributes_output[] = {{"Attributes", &topic_attributes_map}};
constexpr Member list_subscriptions_input[] = {{"NextToken", &text}};
constexpr Member subscription_members[] = {{"SubscriptionArn", &text},
                                           {"Owner", &text},
                                           {"Protocol", &text},
                                           {"Endpoint", &text},
                                           {"TopicArn", &text}};
constexpr Shape subscription = structure(subscription_members);
constexpr Shape subscriptions_list = list(&subscription);
constexpr Member list_subscriptions_output[] = {{"Subscriptions", &subscriptions_list},
                                                {"NextToken", &text}};
constexpr Member list_subscriptions_by_topic_input[] = {{"TopicArn", &text}, {"NextToken", &text}};
constexpr Member list_subscriptions_by_topic_output[] = {{"Subscriptions", &subscriptions_list},
                                                         {"NextToken", &text}};
constexpr Member list_tags_for_resource_input[] = {{"ResourceArn", &text}};
constexpr Member list_tags_for_resource_output[] = {{"Tags", &tag_list}};
constexpr Member list_topics_input[] = {{"NextToken", &text}};
constexpr Member topic_members[] = {{"TopicArn", &text}};
constexpr Shape topic = structure(topic_members);
constexpr Shape topics_list = list(&topic);
constexpr Member list_topics_output[] = {{"Topics", &topics_list}, {"NextToken", &text}};
constexpr Member message_attribute_value_members[] = {
    {"DataType", &text}, {"StringValue", &text}, {"BinaryValue", &blob}};
constexpr Shape message_attribute_value = structure(message_attribute_value_members);
constexpr Shape message_attribute_map = map(&message_attribute_value, "Name", "Value");
constexpr Member publish_input[] = {{"TopicArn", &text},
                                    {"TargetArn", &text},
                                    {"PhoneNumber", &text},
                                    {"Message", &text},
                                    {"Subject", &text},
                                    {"MessageStructure", &text},
                                    {"MessageAttributes", &message_attribute_map},
                                    {"MessageDeduplicationId", &text},
                                    {"MessageGroupId", &text}};
constexpr Member publish_output[] = {{"MessageId", &text}, {"SequenceNumber", &text}};
constexpr Member publish_batch_request_entry_members[] = {
    {"Id", &text},
    {"Message", &text},
    {"Subject", &text},
    {"MessageStructure", &text},
    {"MessageAttributes", &message_attribute_map},
    {"MessageDeduplicationId", &text},
    {"MessageGroupId", &text}};
constexpr Shape publish_batch_request_entry = structure(publish_batch_request_entry_members);
constexpr Shape publish_batch_request_entry_list = list(&publish_batch_request_entry);
constexpr Member publish_batch_input[] = {
    {"TopicArn", &text}, {"PublishBatchRequestEntries", &publish_batch_request_entry_list}};
constexpr Member publish_batch_result_entry_members[] = {
    {"Id", &text}, {"MessageId", &text}, {"SequenceNumber", &text}};
constexpr Shape publish_batch_result_entry = structure(publish_batch_result_entry_members);
constexpr Shape publish_batch_result_entry_list = list(&publish_batch_result_entry);
constexpr Member batch_result_error_entry_members[] = {
    {"Id", &text}, {"Code", &text}, {"Message", &text}, {"SenderFault", &boolean}};
constexpr Shape batch_result_error_entry = structure(batch_result_error_entry_members);
constexpr Shape batch_result_error_entry_list = list(&batch_result_error_entry);
constexpr Member publish_batch_output[] = {{"Successful", &publish_batch_result_entry_list},
                                           {"Failed", &batch_result_error_entry_list}};
constexpr Member put_data_protection_policy_input[] = {{"ResourceArn", &text},
                                                       {"DataProtectionPolicy", &text}};
constexpr Member remove_permission_input[] = {{"TopicArn", &text}, {"Label", &text}};
constexpr Member set_subscription_attributes_input[] = {
    {"SubscriptionArn", &text}, {"AttributeName", &text}, {"AttributeValue", &text}};
constexpr Member set_topic_attributes_input[] = {
    {"TopicArn", &text}, {"AttributeName", &text}, {"AttributeValue", &text}};
constexpr Member subscribe_input[] = {{"TopicArn", &text},
                                      {"Protocol", &text},
                                      {"Endpoint", &text},
                                      {"Attributes", &subscription_attributes_map},
                                      {"ReturnSubscriptionArn", &boolean}};
constexpr Member subscribe_output[] = {{"SubscriptionArn", &text}};
constexpr Member tag_resource_input[] = {{"ResourceArn", &text}, {"Tags", &tag_list}};
constexpr Member unsubscribe_input[] = {{"SubscriptionArn", &text}};
constexpr Shape tag_key_list = list(&text);
constexpr Member untag_resource_input[] = {{"ResourceArn", &text}, {"TagKeys", &tag_key_list}};

constexpr QueryOperation operations[] = {
    {"AddPermission", add_permission_input, {}, false},
    {"CheckIfPhoneNumberIsOptedOut", check_if_phone_number_is_opted_out_input,
     check_if_phone_number_is_opted_out_output, true},
    {"ConfirmSubscription", confirm_subscription_input, confirm_subscription_output, true},
    {"CreateTopic", create_topic_input, create_topic_output, true},
    {"DeleteTopic", delete_topic_input, {}, false},
    {"GetDataProtectionPolicy", get_data_protection_policy_input, get_data_protection_policy_output,
     true},
    {"GetSubscriptionAttributes", get_subscription_attributes_input,
     get_subscription_attributes_output, true},
    {"GetTopicAttributes", get_topic_attributes_input, get_topic_attributes_output, true},
    {"ListSubscriptions", list_subscriptions_input, list_subscriptions_output, true},
    {"ListSubscriptionsByTopic", list_subscriptions_by_topic_input,
     list_subscriptions_by_topic_output, true},
    {"ListTagsForResource", list_tags_for_resource_input, list_tags_for_resource_output, true},
    {"ListTopics", list_topics_input, list_topics_output, true},
    {"Publish", publish_input, publish_output, true},
    {"PublishBatch", publish_batch_input, publish_batch_output, true},
    {"PutDataProtectionPolicy", put_data_protection_policy_input, {}, false},
    {"RemovePermission", remove_permission_input, {}, false},
    {"SetSubscriptionAttributes", set_subscription_attributes_input, {}, false},
    {"SetTopicAttributes", set_topic_attributes_input, {}, false},
    {"Subscribe", subscribe_input, subscribe_output, true},
    {"TagResource", tag_resource_input, {}, true},
    {"Unsubscribe", unsubscribe_input, {}, false},
    {"UntagResource", untag_resource_input, {}, true},
};

}  // namespace shapes::sns

const QueryService& sns_query_service() {
    static constexpr QueryService service{
        "sns", "2010-03-31", "http://sns.amazonaws.com/doc/2010-03-31/", shapes::sns::operations};
    return service;
}

}  // namespace stepwell::wire
