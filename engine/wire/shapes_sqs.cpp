// The shapes of Amazon SQS, as its query protocol writes them.
// source  the service's model, API version 2012-11-05
#include "wire/shapes.hpp"

namespace stepwell::wire {

namespace shapes::sqs {

constexpr Shape aws_account_id_list = flat_list(&text);
constexpr Shape action_name_list = flat_list(&text);
constexpr Member add_permission_input[] = {{"QueueUrl", &text},
                                           {"Label", &text},
                                           {"AWSAccountIds", &aws_account_id_list, "AWSAccountId"},
                                           {"Actions", &action_name_list, "ActionName"}};
constexpr Member cancel_message_move_task_input[] = {{"TaskHandle", &text}};
constexpr Member cancel_message_move_task_output[] = {
    {"ApproximateNumberOfMessagesMoved", &integer}};
constexpr Member change_message_visibility_input[] = {
    {"QueueUrl", &text}, {"ReceiptHandle", &text}, {"VisibilityTimeout", &integer}};
constexpr Member change_message_visibility_batch_request_entry_members[] = {
    {"Id", &text}, {"ReceiptHandle", &text}, {"VisibilityTimeout", &integer}};
constexpr Shape change_message_visibility_batch_request_entry =
    structure(change_message_visibility_batch_request_entry_members);
constexpr Shape change_message_visibility_batch_request_entry_list =
    flat_list(&change_message_visibility_batch_request_entry);
constexpr Member change_message_visibility_batch_input[] = {
    {"QueueUrl", &text},
    {"Entries", &change_message_visibility_batch_request_entry_list,
     "ChangeMessageVisibilityBatchRequestEntry"}};
constexpr Member change_message_visibility_batch_result_entry_members[] = {{"Id", &text}};
constexpr Shape change_message_visibility_batch_result_entry =
    structure(change_message_visibility_batch_result_entry_members);
constexpr Shape change_message_visibility_batch_result_entry_list =
    flat_list(&change_message_visibility_batch_result_entry);
constexpr Member batch_result_error_entry_members[] = {
    {"Id", &text}, {"SenderFault", &boolean}, {"Code", &text}, {"Message", &text}};
constexpr Shape batch_result_error_entry = structure(batch_result_error_entry_members);
constexpr Shape batch_result_error_entry_list = flat_list(&batch_result_error_entry);
constexpr Member change_message_visibility_batch_output[] = {
    {"Successful", &change_message_visibility_batch_result_entry_list,
     "ChangeMessageVisibilityBatchResultEntry"},
    {"Failed", &batch_result_error_entry_list, "BatchResultErrorEntry"}};
constexpr Shape queue_attribute_map = flat_map(&text, "Name", "Value");
constexpr Shape tag_map = flat_map(&text, "Key", "Value");
constexpr Member create_queue_input[] = {{"QueueName", &text},
                                         {"Attributes", &queue_attribute_map, "Attribute"},
                                         {"tags", &tag_map, "Tag"}};
constexpr Member create_queue_output[] = {{"QueueUrl", &text}};
constexpr Member delete_message_input[] = {{"QueueUrl", &text}, {"ReceiptHandle", &text}};
constexpr Member delete_message_batch_request_entry_members[] = {{"Id", &text},
                                                                 {"ReceiptHandle", &text}};
constexpr Shape delete_message_batch_request_entry =
    structure(delete_message_batch_request_entry_members);
constexpr Shape delete_message_batch_request_entry_list =
    flat_list(&delete_message_batch_request_entry);
constexpr Member delete_message_batch_input[] = {
    {"QueueUrl", &text},
    {"Entries", &delete_message_batch_request_entry_list, "DeleteMessageBatchRequestEntry"}};
constexpr Member delete_message_batch_result_entry_members[] = {{"Id", &text}};
constexpr Shape delete_message_batch_result_entry =
    structure(delete_message_batch_result_entry_members);
constexpr Shape delete_message_batch_result_entry_list =
    flat_list(&delete_message_batch_result_entry);
constexpr Member delete_message_batch_output[] = {
    {"Successful", &delete_message_batch_result_entry_list, "DeleteMessageBatchResultEntry"},
    {"Failed", &batch_result_error_entry_list, "BatchResultErrorEntry"}};
constexpr Member delete_queue_input[] = {{"QueueUrl", &text}};
constexpr Shape attribute_name_list = flat_list(&text);
constexpr Member get_queue_attributes_input[] = {
    {"QueueUrl", &text}, {"AttributeNames", &attribute_name_list, "AttributeName"}};
constexpr Member get_queue_attributes_output[] = {
    {"Attributes", &queue_attribute_map, "Attribute"}};
constexpr Member get_queue_url_input[] = {{"QueueName", &text}, {"QueueOwnerAWSAccountId", &text}};
constexpr Member get_queue_url_output[] = {{"QueueUrl", &text}};
constexpr Member list_dead_letter_source_queues_input[] = {
    {"QueueUrl", &text}, {"NextToken", &text}, {"MaxResults", &integer}};
constexpr Shape queue_url_list = flat_list(&text);
constexpr Member list_dead_letter_source_queues_output[] = {
    {"queueUrls", &queue_url_list, "QueueUrl"}, {"NextToken", &text}};
constexpr Member list_message_move_tasks_input[] = {{"SourceArn", &text}, {"MaxResults", &integer}};
constexpr Member list_message_move_tasks_result_entry_members[] = {
    {"TaskHandle", &text},
    {"Status", &text},
    {"SourceArn", &text},
    {"DestinationArn", &text},
    {"MaxNumberOfMessagesPerSecond", &integer},
    {"ApproximateNumberOfMessagesMoved", &integer},
    {"ApproximateNumberOfMessagesToMove", &integer},
    {"FailureReason", &text},
    {"StartedTimestamp", &integer}};
constexpr Shape list_message_move_tasks_result_entry =
    structure(list_message_move_tasks_result_entry_members);
constexpr Shape list_message_move_tasks_result_entry_list =
    flat_list(&list_message_move_tasks_result_entry);
constexpr Member list_message_move_tasks_output[] = {
    {"Results", &list_message_move_tasks_result_entry_list, "ListMessageMoveTasksResultEntry"}};
constexpr Member list_queue_tags_input[] = {{"QueueUrl", &text}};
constexpr Member list_queue_tags_output[] = {{"Tags", &tag_map, "Tag"}};
constexpr Member list_queues_input[] = {
    {"QueueNamePrefix", &text}, {"NextToken", &text}, {"MaxResults", &integer}};
constexpr Member list_queues_output[] = {{"QueueUrls", &queue_url_list, "QueueUrl"},
                                         {"NextToken", &text}};
constexpr Member purge_queue_input[] = {{"QueueUrl", &text}};
constexpr Shape message_attribute_name_list = flat_list(&text);
constexpr Member receive_message_input[] = {
    {"QueueUrl", &text},
    {"AttributeNames", &attribute_name_list, "AttributeName"},
    {"MessageAttributeNames", &message_attribute_name_list, "MessageAttributeName"},
    {"MaxNumberOfMessages", &integer},
    {"VisibilityTimeout", &integer},
    {"WaitTimeSeconds", &integer},
    {"ReceiveRequestAttemptId", &text},
    {"MessageSystemAttributeNames", &attribute_name_list, "MessageSystemAttributeName"}};
constexpr Shape message_system_attribute_map = flat_map(&text, "Name", "Value");
constexpr Shape string_list = flat_list(&text);
constexpr Shape binary_list = flat_list(&blob);
constexpr Member message_attribute_value_members[] = {
    {"StringValue", &text},
    {"BinaryValue", &blob},
    {"StringListValues", &string_list, "StringListValue"},
    {"BinaryListValues", &binary_list, "BinaryListValue"},
    {"DataType", &text}};
constexpr Shape message_attribute_value = structure(message_attribute_value_members);
constexpr Shape message_body_attribute_map = flat_map(&message_attribute_value, "Name", "Value");
constexpr Member message_members[] = {
    {"MessageId", &text},
    {"ReceiptHandle", &text},
    {"MD5OfBody", &text},
    {"Body", &text},
    {"Attributes", &message_system_attribute_map, "Attribute"},
    {"MD5OfMessageAttributes", &text},
    {"MessageAttributes", &message_body_attribute_map, "MessageAttribute"}};
constexpr Shape message = structure(message_members);
constexpr Shape message_list = flat_list(&message);
constexpr Member receive_message_output[] = {{"Messages", &message_list, "Message"}};
constexpr Member remove_permission_input[] = {{"QueueUrl", &text}, {"Label", &text}};
constexpr Member message_system_attribute_value_members[] = {
    {"StringValue", &text},
    {"BinaryValue", &blob},
    {"StringListValues", &string_list, "StringListValue"},
    {"BinaryListValues", &binary_list, "BinaryListValue"},
    {"DataType", &text}};
constexpr Shape message_system_attribute_value = structure(message_system_attribute_value_members);
constexpr Shape message_body_system_attribute_map =
    flat_map(&message_system_attribute_value, "Name", "Value");
constexpr Member send_message_input[] = {
    {"QueueUrl", &text},
    {"MessageBody", &text},
    {"DelaySeconds", &integer},
    {"MessageAttributes", &message_body_attribute_map, "MessageAttribute"},
    {"MessageSystemAttributes", &message_body_system_attribute_map, "MessageSystemAttribute"},
    {"MessageDeduplicationId", &text},
    {"MessageGroupId", &text}};
constexpr Member send_message_output[] = {{"MD5OfMessageBody", &text},
                                          {"MD5OfMessageAttributes", &text},
                                          {"MD5OfMessageSystemAttributes", &text},
                                          {"MessageId", &text},
                                          {"SequenceNumber", &text}};
constexpr Member send_message_batch_request_entry_members[] = {
    {"Id", &text},
    {"MessageBody", &text},
    {"DelaySeconds", &integer},
    {"MessageAttributes", &message_body_attribute_map, "MessageAttribute"},
    {"MessageSystemAttributes", &message_body_system_attribute_map, "MessageSystemAttribute"},
    {"MessageDeduplicationId", &text},
    {"MessageGroupId", &text}};
constexpr Shape send_message_batch_request_entry =
    structure(send_message_batch_request_entry_members);
constexpr Shape send_message_batch_request_entry_list =
    flat_list(&send_message_batch_request_entry);
constexpr Member send_message_batch_input[] = {
    {"QueueUrl", &text},
    {"Entries", &send_message_batch_request_entry_list, "SendMessageBatchRequestEntry"}};
constexpr Member send_message_batch_result_entry_members[] = {
    {"Id", &text},
    {"MessageId", &text},
    {"MD5OfMessageBody", &text},
    {"MD5OfMessageAttributes", &text},
    {"MD5OfMessageSystemAttributes", &text},
    {"SequenceNumber", &text}};
constexpr Shape send_message_batch_result_entry =
    structure(send_message_batch_result_entry_members);
constexpr Shape send_message_batch_result_entry_list = flat_list(&send_message_batch_result_entry);
constexpr Member send_message_batch_output[] = {
    {"Successful", &send_message_batch_result_entry_list, "SendMessageBatchResultEntry"},
    {"Failed", &batch_result_error_entry_list, "BatchResultErrorEntry"}};
constexpr Member set_queue_attributes_input[] = {{"QueueUrl", &text},
                                                 {"Attributes", &queue_attribute_map, "Attribute"}};
constexpr Member start_message_move_task_input[] = {
    {"SourceArn", &text}, {"DestinationArn", &text}, {"MaxNumberOfMessagesPerSecond", &integer}};
constexpr Member start_message_move_task_output[] = {{"TaskHandle", &text}};
constexpr Member tag_queue_input[] = {{"QueueUrl", &text}, {"Tags", &tag_map, "Tag"}};
constexpr Shape tag_key_list = flat_list(&text);
constexpr Member untag_queue_input[] = {{"QueueUrl", &text}, {"TagKeys", &tag_key_list, "TagKey"}};

constexpr QueryOperation operations[] = {
    {"AddPermission", add_permission_input, {}, false},
    {"CancelMessageMoveTask", cancel_message_move_task_input, cancel_message_move_task_output,
     true},
    {"ChangeMessageVisibility", change_message_visibility_input, {}, false},
    {"ChangeMessageVisibilityBatch", change_message_visibility_batch_input,
     change_message_visibility_batch_output, true},
    {"CreateQueue", create_queue_input, create_queue_output, true},
    {"DeleteMessage", delete_message_input, {}, false},
    {"DeleteMessageBatch", delete_message_batch_input, delete_message_batch_output, true},
    {"DeleteQueue", delete_queue_input, {}, false},
    {"GetQueueAttributes", get_queue_attributes_input, get_queue_attributes_output, true},
    {"GetQueueUrl", get_queue_url_input, get_queue_url_output, true},
    {"ListDeadLetterSourceQueues", list_dead_letter_source_queues_input,
     list_dead_letter_source_queues_output, true},
    {"ListMessageMoveTasks", list_message_move_tasks_input, list_message_move_tasks_output, true},
    {"ListQueueTags", list_queue_tags_input, list_queue_tags_output, true},
    {"ListQueues", list_queues_input, list_queues_output, true},
    {"PurgeQueue", purge_queue_input, {}, false},
    {"ReceiveMessage", receive_message_input, receive_message_output, true},
    {"RemovePermission", remove_permission_input, {}, false},
    {"SendMessage", send_message_input, send_message_output, true},
    {"SendMessageBatch", send_message_batch_input, send_message_batch_output, true},
    {"SetQueueAttributes", set_queue_attributes_input, {}, false},
    {"StartMessageMoveTask", start_message_move_task_input, start_message_move_task_output, true},
    {"TagQueue", tag_queue_input, {}, false},
    {"UntagQueue", untag_queue_input, {}, false},
};

}  // namespace shapes::sqs

const QueryService& sqs_query_service() {
    static constexpr QueryService service{
        "sqs", "2012-11-05", "http://queue.amazonaws.com/doc/2012-11-05/", shapes::sqs::operations};
    return service;
}

}  // namespace stepwell::wire
