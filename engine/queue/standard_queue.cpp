#include "queue/standard_queue.hpp"

#include <algorithm>
#include <cstring>
#include <thread>
#include <utility>

#include "base/assert.hpp"
#include "base/bytes.hpp"
#include "base/try.hpp"
#include "queue/errors.hpp"
#include "queue/message_rules.hpp"

namespace stepwell::queue {

namespace {

constexpr int sequence_epoch_shift = 40;

std::int64_t count_of(TimePoint time) { return time.time_since_epoch().count(); }

// Unique as long as (queue, sequence) is, and without a pattern that shows either.
MessageId make_id(const MacKey& key, std::uint64_t queue, std::uint64_t sequence) {
    const std::array<std::uint64_t, 2> input{queue, sequence};
    const Mac mixed = siphash128(key, input.data(), sizeof input);
    MessageId id;
    std::memcpy(id.bytes.data(), mixed.data(), sizeof mixed);
    id.bytes[6] = static_cast<unsigned char>((id.bytes[6] & 0x0F) | 0x40);  // UUID version 4
    id.bytes[8] = static_cast<unsigned char>((id.bytes[8] & 0x3F) | 0x80);
    return id;
}

void insert_message(Effects& effects, const MessageKey& key, const StoredMessage& message) {
    thread_local std::string record;  // its memory is used again
    encode_message(message, record);
    effects.insert(Table::message, key, record);
}

Error gone(std::string_view receipt_handle) {
    return errors::invalid(
        "Value " + std::string(receipt_handle) +
        " for parameter ReceiptHandle is invalid. Reason: Message does not exist or is "
        "not available "
        "for visibility timeout change.");
}

}  // namespace

StandardQueue::StandardQueue(std::shared_ptr<World> world, std::string name, std::uint64_t id,
                             TimePoint created, QueueAttributes attributes, TextMap tags)
    : world_(std::move(world)),
      name_(std::move(name)),
      id_(id),
      created_(created),
      slots_(std::min(created, world_->clock.now())),
      next_sequence_((world_->epoch << sequence_epoch_shift) + 1),
      tags_(std::move(tags)) {
    set_attributes(std::move(attributes), created);
}

StandardQueue::~StandardQueue() {
    Message* message = nullptr;
    while (ready_.try_dequeue(message)) message->release();
}

// --- Sending

Result<> StandardQueue::check(const SendMessageInput& input) const {
    if (const auto body = check_body(input.body); !body.has_value()) return body.error();
    if (const auto all = check_attributes(input.attributes); !all.has_value()) return all.error();
    const std::uint32_t bytes_max = message_bytes_max_.load();
    if (message_bytes(input.body, input.attributes) > bytes_max) {
        return errors::invalid(
            "One or more parameters are invalid. Reason: Message must be shorter than " +
            std::to_string(bytes_max) + " bytes.");
    }
    const std::int64_t delay = input.delay_seconds.value_or(0);
    if (delay < 0 || delay > 900) {
        return errors::invalid(
            "Value " + std::to_string(delay) +
            " for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 "
            "and <= 900.");
    }
    return {};
}

Result<SentMessage> StandardQueue::send(Effects& effects, const SendMessageInput& input) {
    if (is_deleted_.load()) return errors::no_such_queue();
    if (const Result<> checked = check(input); !checked.has_value()) return checked.error();
    std::string extras;
    if (!input.attributes.empty() || !input.trace_header.empty() ||
        !input.message_group_id.empty()) {
        extras = encode_extras({input.attributes,
                                std::string(input.trace_header),
                                std::string(input.message_group_id),
                                {}});
    }
    const std::uint64_t sequence = next_sequence_.fetch_add(1);
    const MessageId id = make_id(world_->receipt_key, id_, sequence);
    const TimePoint sent = world_->clock.now();
    const auto delay = input.delay_seconds.value_or(delay_s_.load());
    const TimePoint visible = sent + std::chrono::seconds{delay};
    insert_message(effects, MessageKey(id_, sequence), {id, sent, visible, input.body, extras});
    effects.when_durable(
        [queue = shared_from_this(), visible,
         message = MessageRef(Message::make(id, sequence, sent, input.body, extras))]() mutable {
            queue->admit(std::move(message), visible);
        });
    return SentMessage{id};
}

void StandardQueue::admit(MessageRef message, TimePoint visible) {
    if (message->sequence() < purged_below_.load())
        return;  // its record is erased by the sweep or at recovery
    if (visible <= world_->clock.now()) {
        push_ready(*message.take());
        return;
    }
    delayed_count_.fetch_add(1);
    slots_.hold(*message.take(), visible, true);
    arm(visible);
}

void StandardQueue::push_ready(Message& message) {
    const TimePoint expires = message.sent() + std::chrono::seconds{retention_s_.load()};
    const bool queued = ready_.enqueue(&message);  // from here on the message is somebody else's
    SW_ASSERT(queued);                             // false only when memory is exhausted
    ready_count_.fetch_add(1);
    if (!is_sweep_armed_.load()) arm_sweep(expires);
    if (!polls_.is_empty()) serve_polls();
}

// Messages that were taken out of the ready queue, and out of its count, only to be looked at.
void StandardQueue::put_back(const std::vector<Message*>& messages) {
    for (Message* const message : messages) {
        const bool queued = ready_.enqueue(message);
        SW_ASSERT(queued);
        ready_count_.fetch_add(1);
    }
    if (!messages.empty() && !polls_.is_empty()) serve_polls();
}

// --- Receiving

void StandardQueue::receive(ReceiveMessageInput input, Completion<ReceivedMessages> done) {
    if (is_deleted_.load()) return done(errors::no_such_queue());
    if (in_flight_count_.load() >= in_flight_max) {
        return done(
            Error{errors::over_limit, "The maximum number of in flight messages is reached."});
    }
    ReceivedMessages received = take_ready(input);
    const std::uint32_t wait_s = input.wait_time_s.value_or(receive_wait_time_s_.load());
    if (!received.empty() || wait_s == 0) return done(std::move(received));

    const TimePoint deadline = world_->clock.now() + std::chrono::seconds{wait_s};
    const auto poll = polls_.park({input, deadline, std::move(done)});
    world_->schedule(
        deadline,
        [weak = weak_from_this(), poll] {
            if (const auto queue = weak.lock()) queue->time_out_poll(poll);
        },
        sched::Timers::Kind::patience);
    if (ready_count_.load() > 0) serve_polls();
    if (is_deleted_.load()) end_polls(errors::no_such_queue());
    if (world_->is_closed()) end_polls(std::nullopt);
}

void StandardQueue::serve_polls() {
    while (auto poll = polls_.claim_first()) {
        if (poll->request.input.caller.is_gone()) {
            poll->request.done(ReceivedMessages{});
            continue;
        }
        ReceivedMessages received = take_ready(poll->request.input);
        if (!received.empty() || poll->request.deadline <= world_->clock.now()) {
            poll->request.done(std::move(received));
            continue;
        }
        polls_.put_back(std::move(*poll));
        // Whoever made a message ready before the poll was back has counted it before.
        if (ready_count_.load() <= 0 || in_flight_count_.load() >= in_flight_max) return;
        std::this_thread::yield();  // another thread has it in its hands and is about to count it
                                    // out
    }
}

void StandardQueue::time_out_poll(std::uint64_t poll) {
    if (auto claimed = polls_.claim(poll)) claimed->request.done(ReceivedMessages{});
}

void StandardQueue::end_polls(const std::optional<Error>& error) {
    while (auto poll = polls_.claim_first()) {
        if (error.has_value()) {
            poll->request.done(*error);
        } else {
            poll->request.done(ReceivedMessages{});
        }
    }
}

Message* StandardQueue::pop_ready() noexcept {
    Message* message = nullptr;
    return ready_.try_dequeue(message) ? message : nullptr;
}

ReceivedMessages StandardQueue::take_ready(const ReceiveMessageInput& input) {
    ReceivedMessages received;
    if (ready_count_.load() > 0) received.reserve(input.max_number_of_messages);
    Effects effects;
    const TimePoint now = world_->clock.now();
    const std::chrono::seconds timeout{
        input.visibility_timeout_s.value_or(visibility_timeout_s_.load())};
    // Bounded: every message that is popped is delivered, moved or over.
    while (received.size() < input.max_number_of_messages &&
           in_flight_count_.load() < in_flight_max) {
        Message* const message = pop_ready();
        if (message == nullptr) break;
        std::shared_ptr<StandardQueue> dead_letters;
        switch (fate_of(*message, now, dead_letters)) {
            case Fate::dispose:
                if (end_popped(*message)) erase_records(effects, *message);
                dispose(*message);
                break;
            case Fate::move:
                move_to(effects, *message, dead_letters, true);
                break;
            case Fate::deliver:
                deliver(effects, *message, now, now + timeout, received);
                break;
        }
    }
    if (!effects.is_empty()) world_->storage.commit(std::move(effects));
    if (!received.empty()) arm(now + timeout);
    return received;
}

StandardQueue::Fate StandardQueue::fate_of(const Message& message, TimePoint now,
                                           std::shared_ptr<StandardQueue>& dead_letters) {
    if (is_over(message, now)) return Fate::dispose;
    const std::uint32_t receives_max = max_receive_count_.load();
    if (receives_max == 0 || message.receive_count < receives_max) return Fate::deliver;
    const QueueAttributes now_set = attributes();
    if (!now_set.redrive.has_value()) return Fate::deliver;
    dead_letters = world_->find_by_arn(now_set.redrive->dead_letter_target_arn);
    return dead_letters == nullptr || dead_letters.get() == this ? Fate::deliver : Fate::move;
}

bool StandardQueue::deliver(Effects& effects, Message& message, TimePoint now, TimePoint visible,
                            ReceivedMessages& received) {
    const bool is_first = message.receive_count == 0;
    if (is_first) message.first_received = now;
    ++message.receive_count;
    // Once it is in flight, anybody may end it: what is needed of it is taken before.
    message.retain();
    MessageRef reference(&message);
    const std::uint32_t receive_count = message.receive_count;
    const TimePoint first_received = message.first_received;

    in_flight_count_.fetch_add(1);
    const auto place = message.slot == no_slot ? slots_.hold(message, visible, false)
                                               : slots_.receive_again(message, visible);
    if (!place.has_value()) {  // deleted while it was ready; whoever did that has lowered
                               // ready_count_
        in_flight_count_.fetch_sub(1);
        dispose(message);
        return false;
    }
    ready_count_.fetch_sub(1);
    const ReceiptAddress address{
        id_,           reference->sequence(),   place->slot, place->generation, receive_count,
        count_of(now), count_of(first_received)};
    put_receipt(effects, address.sequence,
                {receive_count, first_received, visible, place->slot, place->generation});
    received.push_back({std::move(reference), ReceiptHandle::seal(world_->receipt_key, address),
                        receive_count, first_received});
    return true;
}

void StandardQueue::put_receipt(Effects& effects, std::uint64_t sequence,
                                const StoredReceipt& receipt) const {
    const MessageKey key(id_, sequence);
    if (receipt.receive_count == 1) {
        effects.insert(Table::message_receipt, key, encode_receipt(receipt));
    } else {
        effects.put(Table::message_receipt, key, encode_receipt(receipt));
    }
}

// Of a message that was popped.
bool StandardQueue::is_over(const Message& message, TimePoint now) {
    if (message.sequence() < purged_below_.load()) return true;
    if (message.sent() + std::chrono::seconds{retention_s_.load()} <= now) return true;
    if (deleted_count_.load() == 0) return false;
    const std::scoped_lock lock(deleted_mutex_);
    const bool was_deleted = deleted_.erase(message.sequence()) > 0;
    deleted_count_.store(deleted_.size());
    return was_deleted;
}

// Of a message that was popped: false when it had been deleted in the ready queue.
bool StandardQueue::end_popped(Message& message) noexcept {
    if (message.slot != no_slot && !slots_.end_popped(message)) return false;
    ready_count_.fetch_sub(1);
    return true;
}

void StandardQueue::erase_records(Effects& effects, const Message& message) const {
    const MessageKey key(id_, message.sequence());
    effects.erase(Table::message, key);
    if (message.receive_count > 0) effects.erase(Table::message_receipt, key);
}

void StandardQueue::dispose(Message& message) noexcept {
    if (message.slot != no_slot) slots_.release(message);
    message.release();
}

// --- Deleting, and changing the visibility

Result<ReceiptAddress> StandardQueue::open_handle(std::string_view receipt_handle) const {
    if (is_deleted_.load()) return errors::no_such_queue();
    const auto address = ReceiptHandle::open(world_->receipt_key, receipt_handle);
    if (!address.has_value() || address->queue_id != id_) {
        return Error{errors::receipt_handle_is_invalid, "The input receipt handle \"" +
                                                            std::string(receipt_handle) +
                                                            "\" is not a valid receipt handle."};
    }
    return *address;
}

Result<> StandardQueue::delete_message(Effects& effects, std::string_view receipt_handle) {
    SW_TRY(const ReceiptAddress address, open_handle(receipt_handle));
    const InFlight::End end = slots_.end(address);
    if (end.how == InFlight::Ended::no) return delete_without_slot(effects, address.sequence);
    const MessageKey key(id_, address.sequence);
    effects.erase(Table::message, key);
    effects.erase(Table::message_receipt, key);
    if (end.how == InFlight::Ended::was_ready) {
        ready_count_.fetch_sub(1);
        return {};
    }
    (end.how == InFlight::Ended::delayed ? delayed_count_ : in_flight_count_).fetch_sub(1);
    dispose(*end.message);
    return {};
}

// A receive is answered before its receipt is durable. After a crash the message may be here
// without its former slot.
Result<> StandardQueue::delete_without_slot(Effects& effects, std::uint64_t sequence) {
    if (sequence >> sequence_epoch_shift == world_->epoch)
        return {};  // of this process: it is gone
    const MessageKey key(id_, sequence);
    if (!world_->storage.get(Table::message, key).has_value()) return {};
    effects.erase(Table::message, key);
    effects.erase(Table::message_receipt, key);
    const std::scoped_lock lock(deleted_mutex_);
    deleted_.insert(sequence);
    deleted_count_.store(deleted_.size());
    return {};
}

Result<> StandardQueue::change_message_visibility(Effects& effects, std::string_view receipt_handle,
                                                  std::int64_t visibility_timeout_s) {
    SW_TRY(const ReceiptAddress address, open_handle(receipt_handle));
    if (visibility_timeout_s < 0 || visibility_timeout_s > visibility_timeout_max_s) {
        return errors::invalid(
            "Value " + std::to_string(visibility_timeout_s) +
            " for parameter VisibilityTimeout is invalid. Reason: VisibilityTimeout must be an "
            "integer between 0 and 43200.");
    }
    const TimePoint now = world_->clock.now();
    const TimePoint visible = now + std::chrono::seconds{visibility_timeout_s};
    if (count_of(visible) - address.received_ms > visibility_timeout_max_s * 1000) {
        return errors::invalid(
            "Value " + std::to_string(visibility_timeout_s) +
            " for parameter VisibilityTimeout is invalid. Reason: Total VisibilityTimeout for the "
            "message is beyond the limit [43200 seconds]");
    }
    const auto deadline = visibility_timeout_s == 0 ? std::nullopt : std::optional(visible);
    const InFlight::Change change = slots_.change(address, deadline);
    if (change.how == InFlight::Changed::no) return gone(receipt_handle);
    if (change.how == InFlight::Changed::not_in_flight) {
        return Error{errors::message_not_in_flight, "The specified message isn't in flight."};
    }
    put_receipt(effects, address.sequence,
                {address.receive_count, TimePoint{milliseconds{address.first_received_ms}}, visible,
                 address.slot, address.generation});
    if (change.how == InFlight::Changed::deadline) {
        arm(visible);
        return {};
    }
    in_flight_count_.fetch_sub(1);
    push_ready(*change.message);
    return {};
}

// --- Moving between queues

void StandardQueue::move_to(Effects& effects, Message& message,
                            const std::shared_ptr<StandardQueue>& target, bool is_dead_letter) {
    if (!end_popped(message)) return dispose(message);
    MessageExtras extras = decode_extras(message.extras());
    extras.dead_letter_source_arn = is_dead_letter ? arn() : std::string{};
    const std::string encoded = encode_extras(extras);
    const std::uint64_t sequence = target->next_sequence_.fetch_add(1);
    const TimePoint sent = message.sent();
    insert_message(effects, MessageKey(target->id_, sequence),
                   {message.id(), sent, sent, message.body(), encoded});
    erase_records(effects, message);
    MessageRef moved(Message::make(message.id(), sequence, sent, message.body(), encoded));
    effects.when_durable([target, sent, moved = std::move(moved)]() mutable {
        target->admit(std::move(moved), sent);
    });
    dispose(message);
}

std::size_t StandardQueue::move_messages(std::size_t max,
                                         const std::shared_ptr<StandardQueue>& target) {
    Effects effects;
    std::vector<Message*> kept;
    std::size_t moved = 0;
    const TimePoint now = world_->clock.now();
    while (moved < max) {
        Message* const message = pop_ready();
        if (message == nullptr) break;
        if (is_over(*message, now)) {
            if (end_popped(*message)) erase_records(effects, *message);
            dispose(*message);
            continue;
        }
        auto to =
            target != nullptr
                ? target
                : world_->find_by_arn(decode_extras(message->extras()).dead_letter_source_arn);
        if (to == nullptr || to.get() == this) {
            ready_count_.fetch_sub(1);
            kept.push_back(message);
            if (kept.size() >= max) break;
            continue;
        }
        move_to(effects, *message, to, false);
        ++moved;
    }
    if (!effects.is_empty()) world_->storage.commit(std::move(effects));
    put_back(kept);
    return moved;
}

QueueCounts StandardQueue::counts() const noexcept {
    const auto at_least_zero = [](std::int64_t count) { return std::max<std::int64_t>(0, count); };
    return {at_least_zero(ready_count_.load()), at_least_zero(in_flight_count_.load()),
            at_least_zero(delayed_count_.load())};
}

}  // namespace stepwell::queue
