#include "function/mapping_poller.hpp"

#include <algorithm>
#include <utility>

#include "base/base64.hpp"
#include "function/errors.hpp"
#include "json/value.hpp"
#include "json/writer.hpp"

namespace stepwell::function {

namespace {

constexpr milliseconds receive_wait{20'000};
constexpr milliseconds pause_after_error{1'000};
constexpr std::uint32_t messages_per_receive_max = 10;
constexpr std::size_t batch_bytes_max =
    5 << 20;  // an event has at most 6 MB, and JSON escapes make it longer

void write_message_attribute(json::Writer& writer, const SourceMessage::Attribute& attribute) {
    writer.key(attribute.name).begin_object();
    if (attribute.data_type.starts_with("Binary")) {
        writer.member("binaryValue", base64_encode(attribute.value));
    } else {
        writer.member("stringValue", attribute.value);
    }
    writer.key("stringListValues")
        .begin_array()
        .end_array()
        .key("binaryListValues")
        .begin_array()
        .end_array();
    writer.member("dataType", attribute.data_type).end_object();
}

void write_record(json::Writer& writer, const SourceMessage& message, std::string_view queue_arn,
                  std::string_view region) {
    writer.begin_object()
        .member("messageId", message.message_id)
        .member("receiptHandle", message.receipt_handle);
    writer.member("body", message.body).key("attributes").begin_object();
    for (const auto& [name, value] : message.attributes) writer.member(name, value);
    writer.end_object().key("messageAttributes").begin_object();
    for (const SourceMessage::Attribute& attribute : message.message_attributes)
        write_message_attribute(writer, attribute);
    writer.end_object();
    if (!message.md5_of_message_attributes.empty())
        writer.member("md5OfMessageAttributes", message.md5_of_message_attributes);
    writer.member("md5OfBody", message.md5_of_body)
        .member("eventSource", "aws:sqs")
        .member("eventSourceARN", queue_arn);
    writer.member("awsRegion", region).end_object();
}

std::vector<std::string> receipt_handles_of(const std::vector<SourceMessage>& messages) {
    std::vector<std::string> handles;
    handles.reserve(messages.size());
    for (const SourceMessage& message : messages) handles.push_back(message.receipt_handle);
    return handles;
}

}  // namespace

std::string sqs_event(const std::vector<SourceMessage>& messages, std::string_view queue_arn,
                      std::string_view region) {
    json::Writer writer;
    writer.begin_object().key("Records").begin_array();
    for (const SourceMessage& message : messages) write_record(writer, message, queue_arn, region);
    writer.end_array().end_object();
    return writer.take();
}

std::vector<bool> failed_items(std::string_view answer,
                               const std::vector<SourceMessage>& messages) {
    const std::vector<bool> none(messages.size(), false);
    const std::vector<bool> all(messages.size(), true);
    const auto document = json::Document::parse(answer);
    if (!document.has_value()) return all;
    const json::Value root = document->root();
    if (root.is_null() || (root.is_string() && root.string().empty())) return none;
    if (!root.is_object()) return all;
    const auto failures = root.find("batchItemFailures");
    if (!failures || failures->is_null()) return none;
    if (!failures->is_array()) return all;
    std::vector<bool> failed = none;
    for (const json::Node& node : failures->elements()) {
        const auto id = json::Value(&node).find("itemIdentifier");
        if (!id || !id->is_string()) return all;
        const auto has_id = [&](const SourceMessage& message) {
            return message.message_id == id->string();
        };
        const auto found = std::find_if(messages.begin(), messages.end(), has_id);
        if (found == messages.end()) return all;
        failed[static_cast<std::size_t>(found - messages.begin())] = true;
    }
    return failed;
}

MappingPoller::MappingPoller(const Surroundings& surroundings, EventSourceMapping mapping)
    : surroundings_(surroundings),
      mapping_(std::move(mapping)),
      batch_size_(static_cast<std::size_t>(mapping_.batch_size)),
      concurrency_(mapping_.maximum_concurrency.value_or(batches_at_once)) {}

void MappingPoller::start() { pump(); }

void MappingPoller::stop() {
    std::vector<SourceMessage> batch;
    QueuePort::Cancel cancel;
    {
        const std::lock_guard lock(mutex_);
        is_stopped_ = true;
        batch = std::exchange(batch_, {});
        cancel = std::exchange(cancel_, {});
    }
    if (cancel) cancel();
    if (!batch.empty())
        surroundings_.queues.release_messages(mapping_.event_source_arn, receipt_handles_of(batch));
}

// Does what there is to do: hands over batches that are due, and asks for more messages.
void MappingPoller::pump() {
    const CallGate::Entry inside = surroundings_.gate->enter();
    if (!inside) return;
    std::unique_lock lock(mutex_);
    pump_again_ = true;
    if (is_pumping_) return;
    is_pumping_ = true;
    while (std::exchange(pump_again_, false) && !is_stopped_) {
        while (!is_stopped_ && in_flight_ < concurrency_ && is_batch_due()) {
            std::vector<SourceMessage> batch = take_batch();
            ++in_flight_;
            lock.unlock();
            invoke(std::move(batch));
            lock.lock();
        }
        const bool is_full = batch_.size() >= batch_size_ || is_batch_due();
        if (is_stopped_ || is_receiving_ || is_full || surroundings_.clock.now() < paused_until_)
            continue;
        is_receiving_ = true;
        const std::uint64_t request = ++requests_;
        const auto wanted = static_cast<std::uint32_t>(
            std::min<std::size_t>(messages_per_receive_max, batch_size_ - batch_.size()));
        lock.unlock();
        receive(request, wanted);
        lock.lock();
    }
    is_pumping_ = false;
}

bool MappingPoller::is_batch_due() const {
    if (batch_.empty()) return false;
    if (batch_.size() >= batch_size_ || mapping_.window_seconds == 0) return true;
    if (surroundings_.clock.now() - batch_begun_ >= std::chrono::seconds(mapping_.window_seconds))
        return true;
    std::size_t bytes = 0;
    for (const SourceMessage& message : batch_) bytes += message.body.size();
    return bytes >= batch_bytes_max;
}

// As many as fit into one event, at least one.
std::vector<SourceMessage> MappingPoller::take_batch() {
    std::size_t count = 0;
    for (std::size_t bytes = 0; count < std::min(batch_.size(), batch_size_); ++count) {
        bytes += batch_[count].body.size();
        if (count > 0 && bytes > batch_bytes_max) break;
    }
    const auto end = batch_.begin() + static_cast<std::ptrdiff_t>(count);
    std::vector<SourceMessage> taken(std::make_move_iterator(batch_.begin()),
                                     std::make_move_iterator(end));
    batch_.erase(batch_.begin(), end);
    return taken;
}

void MappingPoller::receive(std::uint64_t request, std::uint32_t messages_max) {
    QueuePort::Cancel cancel = surroundings_.queues.receive(
        mapping_.event_source_arn, messages_max, receive_wait,
        [self = shared_from_this(), request](Result<std::vector<SourceMessage>> messages) {
            self->received(request, std::move(messages));
        });
    const std::lock_guard lock(mutex_);
    if (is_receiving_ && requests_ == request) cancel_ = std::move(cancel);
}

void MappingPoller::received(std::uint64_t request, Result<std::vector<SourceMessage>> messages) {
    const CallGate::Entry inside = surroundings_.gate->enter();
    if (!inside) return;  // the messages become visible again after the queue's visibility timeout
    bool has_begun_batch = false;
    bool is_unwanted = false;
    {
        const std::lock_guard lock(mutex_);
        if (request == requests_) is_receiving_ = false;
        cancel_ = {};
        is_unwanted = is_stopped_;
        if (is_unwanted) {
            // given back below
        } else if (messages.has_value()) {
            has_begun_batch = batch_.empty() && !messages->empty();
            if (has_begun_batch) batch_begun_ = surroundings_.clock.now();
            std::move(messages->begin(), messages->end(), std::back_inserter(batch_));
        } else {
            paused_until_ = surroundings_.clock.now() +
                            pause_after_error;  // the queue is gone, or out of order
        }
    }
    if (is_unwanted) {
        if (messages.has_value() && !messages->empty()) {
            surroundings_.queues.release_messages(mapping_.event_source_arn,
                                                  receipt_handles_of(*messages));
        }
        return;
    }
    if (!messages.has_value()) return pump_later(pause_after_error, sched::Timers::Kind::upkeep);
    if (has_begun_batch && mapping_.window_seconds > 0)
        pump_later(std::chrono::seconds(mapping_.window_seconds), sched::Timers::Kind::awaited);
    pump();
}

void MappingPoller::pump_later(milliseconds pause, sched::Timers::Kind kind) {
    surroundings_.timers.schedule(
        surroundings_.clock.now() + pause,
        [weak = weak_from_this()] {
            if (const auto self = weak.lock()) self->pump();
        },
        kind);
}

void MappingPoller::invoke(std::vector<SourceMessage> batch) {
    InvokeInput input;
    input.function.name = mapping_.function_name;
    input.payload = Payload::trusted(
        sqs_event(batch, mapping_.event_source_arn, surroundings_.functions.identity().region));
    surroundings_.functions.invoke(
        std::move(input), [self = shared_from_this(), batch = std::move(batch)](
                              Result<InvokeOutput> output) { self->invoked(batch, output); });
}

void MappingPoller::invoked(const std::vector<SourceMessage>& batch,
                            const Result<InvokeOutput>& output) {
    const CallGate::Entry inside = surroundings_.gate->enter();
    if (!inside) return;
    const bool was_processed = output.has_value() && output->function_error.empty();
    {
        const std::lock_guard lock(mutex_);
        --in_flight_;
        if (!output.has_value()) paused_until_ = surroundings_.clock.now() + pause_after_error;
    }
    if (was_processed) {
        std::vector<bool> failed(batch.size(), false);
        if (mapping_.reports_batch_item_failures) failed = failed_items(output->payload, batch);
        std::vector<std::string> processed;
        for (std::size_t i = 0; i < batch.size(); ++i) {
            if (!failed[i]) processed.push_back(batch[i].receipt_handle);
        }
        if (!processed.empty())
            surroundings_.queues.delete_messages(mapping_.event_source_arn, std::move(processed),
                                                 [] {});
    }
    if (!output.has_value()) pump_later(pause_after_error, sched::Timers::Kind::awaited);
    pump();
}

}  // namespace stepwell::function
