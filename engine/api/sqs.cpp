#include "api/sqs.hpp"

#include <algorithm>
#include <functional>
#include <memory>
#include <set>

#include "api/sqs_messages.hpp"
#include "api/sqs_sns_fields.hpp"
#include "base/base64.hpp"
#include "base/try.hpp"
#include "json/writer.hpp"
#include "queue/errors.hpp"

namespace stepwell::api {

namespace sqs {

namespace {

namespace errors = queue::errors;
using queue::QueuePtr;

constexpr std::int64_t list_max = 1'000;

/// What the operations work on.
struct Sqs {
    queue::Queues& queues;
    Storage& storage;
    const Identity identity;
};

/// One call under way.
struct Request {
    Sqs& sqs;
    Fields fields;
    const CallContext& context;
};

Error missing(std::string_view name) {
    return {errors::missing_required_parameter,
            "The request must contain the parameter " + std::string(name) + "."};
}

std::string url_of(const Request& request, std::string_view name) {
    return request.context.base_url + "/" + request.sqs.identity.account + "/" + std::string(name);
}

Result<QueuePtr> queue_of(Request& request) {
    const std::string_view url = request.fields.required_text("QueueUrl");
    if (request.fields.error().has_value()) return *request.fields.error();
    return request.sqs.queues.find_by_url(url);
}

void add_map(json::Writer& writer, std::string_view name, const queue::TextMap& map) {
    if (map.empty()) return;
    writer.key(name).begin_object();
    for (const auto& [key, value] : map) writer.member(key, value);
    writer.end_object();
}

// --- Registration. Three kinds of operations: those that only read, those that change something in
// a step of their own,
// --- and those that the queues answer themselves.

using Read = Result<std::string> (*)(Request&);
using Change = Result<std::string> (*)(Request&, Effects&);
using Control = void (*)(Request&, Respond);

Result<Reply> reply_of(Result<std::string> body) {
    if (!body.has_value()) return body.error();
    return Reply{std::move(*body)};
}

/// Parses the request, or answers that it is malformed.
template <class Run>
void run(Sqs& sqs, const Call& call, Respond& respond, Run handle) {
    const auto document = parse_request(call.body);
    if (!document.has_value()) return respond(document.error());
    Request request{sqs, Fields(document->root(), missing), call.context};
    handle(request, respond);
}

Operation read(const std::shared_ptr<Sqs>& sqs, Read handler) {
    return [sqs, handler](Call call, Respond respond) {
        run(*sqs, call, respond,
            [&](Request& request, Respond& answer) { answer(reply_of(handler(request))); });
    };
}

Operation change(const std::shared_ptr<Sqs>& sqs, Change handler) {
    return [sqs, handler](Call call, Respond respond) {
        run(*sqs, call, respond, [&](Request& request, Respond& answer) {
            Effects effects;
            auto body = handler(request, effects);
            if (!body.has_value()) return answer(body.error());
            effects.when_durable([answer = std::move(answer), body = std::move(*body)]() mutable {
                answer(Reply{std::move(body)});
            });
            request.sqs.storage.commit(std::move(effects));
        });
    };
}

Operation control(const std::shared_ptr<Sqs>& sqs, Control handler) {
    return [sqs, handler](Call call, Respond respond) {
        run(*sqs, call, respond,
            [&](Request& request, Respond& answer) { handler(request, std::move(answer)); });
    };
}

/// Turns the end of a control operation without an output into an answer.
queue::Completion<> answer_empty(Respond respond) {
    return [respond = std::move(respond)](Result<> done) mutable {
        if (!done.has_value()) return respond(done.error());
        respond(Reply{"{}"});
    };
}

// --- Queues

void create_queue(Request& request, Respond respond) {
    Fields& fields = request.fields;
    const std::string name(fields.required_text("QueueName"));
    auto attributes = fields.text_map("Attributes");
    auto tags = fields.text_map("tags");
    if (fields.error().has_value()) return respond(*fields.error());
    std::string url = url_of(request, name);
    request.sqs.queues.create(
        name, std::move(attributes), std::move(tags),
        [url = std::move(url), respond = std::move(respond)](Result<QueuePtr> made) mutable {
            if (!made.has_value()) return respond(made.error());
            json::Writer writer;
            writer.begin_object().member("QueueUrl", url).end_object();
            respond(Reply{writer.take()});
        });
}

void delete_queue(Request& request, Respond respond) {
    const auto queue = queue_of(request);
    if (!queue.has_value()) return respond(queue.error());
    request.sqs.queues.remove((*queue)->name(), answer_empty(std::move(respond)));
}

Result<std::string> get_queue_url(Request& request) {
    const std::string_view name = request.fields.required_text("QueueName");
    if (request.fields.error().has_value()) return *request.fields.error();
    SW_TRY(const QueuePtr queue, request.sqs.queues.find(name));
    json::Writer writer;
    writer.begin_object().member("QueueUrl", url_of(request, queue->name())).end_object();
    return writer.take();
}

/// A page of names: written as URLs, with the token of the next page.
struct Page {
    std::string after;
    std::size_t max = list_max;
    bool may_continue = false;
};

Result<Page> page_of(Fields& fields) {
    Page page;
    const auto max = fields.integer("MaxResults");
    const auto token = fields.text("NextToken");
    if (fields.error().has_value()) return *fields.error();
    if (max.has_value()) {
        if (*max < 1 || *max > list_max) {
            return Error{errors::invalid_parameter_value,
                         "Value " + std::to_string(*max) +
                             " for parameter MaxResults is invalid. Reason: MaxResults "
                             "must be an integer between 1 and 1000."};
        }
        page.max = static_cast<std::size_t>(*max);
        page.may_continue = true;
    }
    if (token.has_value()) {
        const auto after = base64_decode(*token);
        if (!after.has_value()) {
            return Error{errors::invalid_parameter_value, "Invalid or expired next token."};
        }
        page.after = *after;
    }
    return page;
}

std::string write_page(const Request& request, std::string_view member,
                       std::vector<std::string> names, const Page& page) {
    const bool has_more = names.size() > page.max;
    if (has_more) names.resize(page.max);
    json::Writer writer;
    writer.begin_object();
    if (!names.empty() || member == "queueUrls") {
        writer.key(member).begin_array();
        for (const std::string& name : names) writer.string(url_of(request, name));
        writer.end_array();
    }
    if (has_more && page.may_continue) writer.member("NextToken", base64_encode(names.back()));
    writer.end_object();
    return writer.take();
}

Result<std::string> list_queues(Request& request) {
    SW_TRY(const Page page, page_of(request.fields));
    const auto prefix = request.fields.text("QueueNamePrefix").value_or("");
    if (request.fields.error().has_value()) return *request.fields.error();
    return write_page(request, "QueueUrls",
                      request.sqs.queues.names(prefix, page.after, page.max + 1), page);
}

Result<std::string> list_dead_letter_source_queues(Request& request) {
    SW_TRY(const QueuePtr queue, queue_of(request));
    SW_TRY(const Page page, page_of(request.fields));
    return write_page(request, "queueUrls",
                      request.sqs.queues.dead_letter_sources(*queue, page.after, page.max + 1),
                      page);
}

Result<std::string> get_queue_attributes(Request& request) {
    SW_TRY(const QueuePtr queue, queue_of(request));
    const auto names = request.fields.texts("AttributeNames");
    if (request.fields.error().has_value()) return *request.fields.error();
    SW_TRY(const queue::TextMap attributes, request.sqs.queues.attributes(*queue, names));
    json::Writer writer;
    writer.begin_object();
    add_map(writer, "Attributes", attributes);
    writer.end_object();
    return writer.take();
}

void set_queue_attributes(Request& request, Respond respond) {
    const auto queue = queue_of(request);
    if (!queue.has_value()) return respond(queue.error());
    auto attributes = request.fields.text_map("Attributes");
    if (request.fields.error().has_value()) return respond(*request.fields.error());
    request.sqs.queues.set_attributes((*queue)->name(), std::move(attributes),
                                      answer_empty(std::move(respond)));
}

void purge_queue(Request& request, Respond respond) {
    const auto queue = queue_of(request);
    if (!queue.has_value()) return respond(queue.error());
    request.sqs.queues.purge((*queue)->name(), answer_empty(std::move(respond)));
}

void tag_queue(Request& request, Respond respond) {
    const auto queue = queue_of(request);
    if (!queue.has_value()) return respond(queue.error());
    auto tags = request.fields.text_map("Tags");
    if (request.fields.error().has_value()) return respond(*request.fields.error());
    request.sqs.queues.change_tags((*queue)->name(), std::move(tags), {},
                                   answer_empty(std::move(respond)));
}

void untag_queue(Request& request, Respond respond) {
    const auto queue = queue_of(request);
    if (!queue.has_value()) return respond(queue.error());
    auto keys = request.fields.texts("TagKeys");
    if (request.fields.error().has_value()) return respond(*request.fields.error());
    request.sqs.queues.change_tags((*queue)->name(), {}, std::move(keys),
                                   answer_empty(std::move(respond)));
}

Result<std::string> list_queue_tags(Request& request) {
    SW_TRY(const QueuePtr queue, queue_of(request));
    json::Writer writer;
    writer.begin_object();
    add_map(writer, "Tags", queue->tags());
    writer.end_object();
    return writer.take();
}

void add_permission(Request& request, Respond respond) {
    const auto queue = queue_of(request);
    if (!queue.has_value()) return respond(queue.error());
    Fields& fields = request.fields;
    std::string label(fields.required_text("Label"));
    auto accounts = fields.texts("AWSAccountIds");
    auto actions = fields.texts("Actions");
    if (fields.error().has_value()) return respond(*fields.error());
    request.sqs.queues.add_permission((*queue)->name(), std::move(label), std::move(accounts),
                                      std::move(actions), answer_empty(std::move(respond)));
}

void remove_permission(Request& request, Respond respond) {
    const auto queue = queue_of(request);
    if (!queue.has_value()) return respond(queue.error());
    std::string label(request.fields.required_text("Label"));
    if (request.fields.error().has_value()) return respond(*request.fields.error());
    request.sqs.queues.remove_permission((*queue)->name(), std::move(label),
                                         answer_empty(std::move(respond)));
}

// --- Messages

Result<std::string> send_message_operation(Request& request, Effects& effects) {
    SW_TRY(const QueuePtr queue, queue_of(request));
    SW_TRY(const SentText sent, send_to(effects, *queue, request.fields, BodyForm::text));
    json::Writer writer;
    writer.begin_object();
    sent.write_members(writer);
    writer.end_object();
    return writer.take();
}

Result<std::string> delete_message(Request& request, Effects& effects) {
    SW_TRY(const QueuePtr queue, queue_of(request));
    const std::string_view handle = request.fields.required_text("ReceiptHandle");
    if (request.fields.error().has_value()) return *request.fields.error();
    if (const auto done = queue->delete_message(effects, handle); !done.has_value())
        return done.error();
    return "{}";
}

Result<std::string> change_message_visibility(Request& request, Effects& effects) {
    SW_TRY(const QueuePtr queue, queue_of(request));
    const std::string_view handle = request.fields.required_text("ReceiptHandle");
    const std::int64_t seconds = request.fields.required_integer("VisibilityTimeout");
    if (request.fields.error().has_value()) return *request.fields.error();
    const auto done = queue->change_message_visibility(effects, handle, seconds);
    if (!done.has_value()) return done.error();
    return "{}";
}

void receive_message(Request& request, Respond respond) {
    const auto queue = queue_of(request);
    if (!queue.has_value()) return respond(queue.error());
    auto selection = ReceiveSelection::make(request.fields);
    if (!selection.has_value()) return respond(selection.error());
    queue::ReceiveMessageInput input = selection->input;
    input.caller = request.context.caller;
    (*queue)->receive(
        input, [selection = std::move(*selection), account = request.sqs.identity.account,
                respond = std::move(respond)](Result<queue::ReceivedMessages> received) mutable {
            if (!received.has_value()) return respond(received.error());
            respond(Reply{selection.write(*received, account)});
        });
}

// --- Batches

using Entry = std::function<Result<void>(Fields&, json::Writer& successful)>;

/// Runs `each` for every entry; those that fail are reported beside those that succeed.
Result<std::string> batch(Request& request, std::string_view kind, const Entry& each) {
    const auto entries = request.fields.array("Entries");
    if (request.fields.error().has_value()) return *request.fields.error();
    if (const auto checked = check_batch(entries, kind); !checked.has_value())
        return checked.error();
    json::Writer successful;
    json::Writer failed;
    successful.begin_array();
    failed.begin_array();
    for (const json::Value entry : entries) {
        Fields fields(entry, missing);
        const std::string id(fields.required_text("Id"));
        json::Writer members;
        members.begin_object().member("Id", id);
        const auto done = each(fields, members);
        members.end_object();
        if (done.has_value()) {
            successful.raw(members.text());
            continue;
        }
        const ErrorKind& error = done.error().kind();
        failed.begin_object().member("Id", id).member_boolean("SenderFault",
                                                              error.http_status < 500);
        failed.member("Code", error.query_name.empty() ? error.name : error.query_name);
        failed.member("Message", done.error().message()).end_object();
    }
    successful.end_array();
    failed.end_array();
    json::Writer writer;
    writer.begin_object().member_raw("Successful", successful.text());
    if (failed.text() != "[]") writer.member_raw("Failed", failed.text());
    writer.end_object();
    return writer.take();
}

Result<std::string> send_message_batch(Request& request, Effects& effects) {
    SW_TRY(const QueuePtr queue, queue_of(request));
    if (const auto checked = check_batch_bytes(request.fields.array("Entries"));
        !checked.has_value()) {
        return checked.error();
    }
    return batch(request, "SendMessageBatchRequestEntry",
                 [&](Fields& fields, json::Writer& members) -> Result<> {
                     SW_TRY(const SentText sent, send_to(effects, *queue, fields, BodyForm::text));
                     sent.write_members(members);
                     return {};
                 });
}

Result<std::string> delete_message_batch(Request& request, Effects& effects) {
    SW_TRY(const QueuePtr queue, queue_of(request));
    return batch(request, "DeleteMessageBatchRequestEntry",
                 [&](Fields& fields, json::Writer&) -> Result<> {
                     const std::string_view handle = fields.required_text("ReceiptHandle");
                     if (fields.error().has_value()) return *fields.error();
                     return queue->delete_message(effects, handle);
                 });
}

Result<std::string> change_message_visibility_batch(Request& request, Effects& effects) {
    SW_TRY(const QueuePtr queue, queue_of(request));
    return batch(request, "ChangeMessageVisibilityBatchRequestEntry",
                 [&](Fields& fields, json::Writer&) -> Result<> {
                     const std::string_view handle = fields.required_text("ReceiptHandle");
                     const std::int64_t seconds = fields.required_integer("VisibilityTimeout");
                     if (fields.error().has_value()) return *fields.error();
                     return queue->change_message_visibility(effects, handle, seconds);
                 });
}

// --- Message move tasks

Result<std::string> start_message_move_task(Request& request) {
    Fields& fields = request.fields;
    const std::string_view source = fields.required_text("SourceArn");
    const std::string_view destination = fields.text("DestinationArn").value_or("");
    const auto rate = fields.integer("MaxNumberOfMessagesPerSecond");
    if (fields.error().has_value()) return *fields.error();
    if (rate.has_value() && (*rate < 1 || *rate > 500)) {
        return Error{errors::invalid_parameter_value,
                     "Value for parameter MaxNumberOfMessagesPerSecond is invalid. Reason: Must be "
                     "between 1 and 500."};
    }
    const auto limit =
        rate.has_value() ? std::optional(static_cast<std::uint32_t>(*rate)) : std::nullopt;
    SW_TRY(const std::string handle,
           request.sqs.queues.start_move_task(source, destination, limit));
    json::Writer writer;
    writer.begin_object().member("TaskHandle", handle).end_object();
    return writer.take();
}

Result<std::string> list_message_move_tasks(Request& request) {
    const std::string_view source = request.fields.required_text("SourceArn");
    const std::int64_t max = request.fields.integer("MaxResults").value_or(1);
    if (request.fields.error().has_value()) return *request.fields.error();
    if (max < 1 || max > 10) {
        return Error{
            errors::invalid_parameter_value,
            "Value for parameter MaxResults is invalid. Reason: Must be between 1 and 10."};
    }
    SW_TRY(const auto tasks, request.sqs.queues.move_tasks(source, static_cast<std::size_t>(max)));
    json::Writer writer;
    writer.begin_object().key("Results").begin_array();
    for (const queue::MessageMoveTask& task : tasks) {
        writer.begin_object();
        if (task.status == "RUNNING") writer.member("TaskHandle", task.handle);
        writer.member("Status", task.status).member("SourceArn", task.source_arn);
        if (!task.destination_arn.empty()) writer.member("DestinationArn", task.destination_arn);
        if (task.messages_per_s_max.has_value()) {
            writer.member_integer("MaxNumberOfMessagesPerSecond", *task.messages_per_s_max);
        }
        writer.member_integer("ApproximateNumberOfMessagesMoved",
                              static_cast<std::int64_t>(task.moved));
        writer.member_integer("ApproximateNumberOfMessagesToMove",
                              static_cast<std::int64_t>(task.to_move));
        if (!task.failure_reason.empty()) writer.member("FailureReason", task.failure_reason);
        writer.member_integer("StartedTimestamp", task.started.time_since_epoch().count())
            .end_object();
    }
    writer.end_array().end_object();
    return writer.take();
}

Result<std::string> cancel_message_move_task(Request& request) {
    const std::string_view handle = request.fields.required_text("TaskHandle");
    if (request.fields.error().has_value()) return *request.fields.error();
    SW_TRY(const std::uint64_t moved, request.sqs.queues.cancel_move_task(handle));
    json::Writer writer;
    writer.begin_object();
    writer.member_integer("ApproximateNumberOfMessagesMoved", static_cast<std::int64_t>(moved))
        .end_object();
    return writer.take();
}

}  // namespace

}  // namespace sqs

Result<std::string> send_message(Effects& effects, queue::Queues& queues, json::Outline& input) {
    using namespace sqs;
    Fields fields(input, missing);
    const std::string_view url = fields.required_text("QueueUrl");
    if (fields.error().has_value()) return *fields.error();
    SW_TRY(const QueuePtr queue, queues.find_by_url(url));
    SW_TRY(const SentText sent, send_to(effects, *queue, fields, BodyForm::any_json));
    json::Writer writer;
    writer.begin_object();
    sent.write_members(writer);
    writer.end_object();
    return writer.take();
}

void register_sqs(OperationTable& table, queue::Queues& queues, Storage& storage,
                  const Identity& identity) {
    using namespace sqs;
    const auto sqs = std::make_shared<Sqs>(Sqs{queues, storage, identity});
    const std::pair<std::string_view, Read> reads[] = {
        {"GetQueueUrl", get_queue_url},
        {"ListQueues", list_queues},
        {"GetQueueAttributes", get_queue_attributes},
        {"ListQueueTags", list_queue_tags},
        {"ListDeadLetterSourceQueues", list_dead_letter_source_queues},
        {"StartMessageMoveTask", start_message_move_task},
        {"ListMessageMoveTasks", list_message_move_tasks},
        {"CancelMessageMoveTask", cancel_message_move_task},
    };
    const std::pair<std::string_view, Change> changes[] = {
        {"SendMessage", send_message_operation},
        {"SendMessageBatch", send_message_batch},
        {"DeleteMessage", delete_message},
        {"DeleteMessageBatch", delete_message_batch},
        {"ChangeMessageVisibility", change_message_visibility},
        {"ChangeMessageVisibilityBatch", change_message_visibility_batch},
    };
    const std::pair<std::string_view, Control> controls[] = {
        {"CreateQueue", create_queue},
        {"DeleteQueue", delete_queue},
        {"SetQueueAttributes", set_queue_attributes},
        {"PurgeQueue", purge_queue},
        {"TagQueue", tag_queue},
        {"UntagQueue", untag_queue},
        {"AddPermission", add_permission},
        {"RemovePermission", remove_permission},
        {"ReceiveMessage", receive_message},
    };
    for (const auto& [name, handler] : reads) table.add("sqs", name, read(sqs, handler));
    for (const auto& [name, handler] : changes) table.add("sqs", name, change(sqs, handler));
    for (const auto& [name, handler] : controls) table.add("sqs", name, control(sqs, handler));
}

}  // namespace stepwell::api
