// One standard queue.
#pragma once

#include <concurrentqueue/concurrentqueue.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <stepwell/journal.hpp>
#include <stepwell/result.hpp>
#include <stepwell/unique_function.hpp>

#include "base/caller.hpp"
#include "queue/attributes.hpp"
#include "queue/in_flight.hpp"
#include "queue/long_polls.hpp"
#include "queue/message.hpp"
#include "queue/receipt_handle.hpp"
#include "queue/world.hpp"

namespace stepwell::queue {

/// Answers one call, once. Runs on the caller's thread, the storage's or the timers', and must not
/// block.
template <class T = void>
using Completion = UniqueFunction<void(Result<T>)>;

inline constexpr std::int64_t in_flight_max = 120'000;
inline constexpr std::int64_t visibility_timeout_max_s = 43'200;

struct ReceiveMessageInput {
    std::uint32_t max_number_of_messages = 1;                ///< 1 to 10
    std::optional<std::uint32_t> visibility_timeout_s = {};  ///< absent: the queue's
    std::optional<std::uint32_t> wait_time_s = {};           ///< absent: the queue's; at most 20
    Caller caller = {};  ///< once it has gone, a receive that waits takes nothing
};

/// A message that was received. Its bytes stay valid as long as this does, whatever happens to the
/// message.
struct ReceivedMessage {
    MessageRef message;
    ReceiptHandle receipt_handle;
    std::uint32_t receive_count;
    TimePoint first_received;
};
using ReceivedMessages = std::vector<ReceivedMessage>;

/// Approximate, as AWS calls them: each is exact when nothing happens meanwhile.
struct QueueCounts {
    std::int64_t ready = 0;
    std::int64_t in_flight = 0;
    std::int64_t delayed = 0;
};

/// Delivers each message at least once, to whoever asks first.
///
/// Sending, receiving and deleting take no lock: ready messages lie in a queue of many producers
/// and consumers, those in flight in slots (in_flight.hpp). Time-outs, delays and retention cost no
/// timer of a message's own: one timer a queue wakes a scan of the slots.
///
/// Made and owned by Queues. A queue that was deleted answers QueueDoesNotExist to whoever still
/// holds it.
///
/// threads  any
class StandardQueue : public std::enable_shared_from_this<StandardQueue> {
 public:
    StandardQueue(std::shared_ptr<World> world, std::string name, std::uint64_t id,
                  TimePoint created, QueueAttributes attributes, TextMap tags);
    ~StandardQueue();
    StandardQueue(const StandardQueue&) = delete;
    StandardQueue& operator=(const StandardQueue&) = delete;

    const std::string& name() const noexcept { return name_; }
    std::uint64_t id() const noexcept { return id_; }
    std::string arn() const { return world_->identity.arn("sqs", name_); }

    /// Puts the message into the caller's step; consumers see it once that is durable.
    ///
    /// errors   QueueDoesNotExist, InvalidMessageContents, MissingParameter, InvalidParameterValue
    /// (too long, bad
    ///          attributes or delay)
    /// threads  any; never blocks
    /// cost     one allocation for the message, one for its record
    /// source   Amazon SQS API Reference, SendMessage
    Result<SentMessage> send(Effects& effects, const SendMessageInput& input);

    /// Gives up to max_number_of_messages, at once or, when there are none, as soon as some come
    /// within the wait time; an empty list when none came. That they were received is committed,
    /// but not waited for.
    ///
    /// errors   QueueDoesNotExist, OverLimit (120,000 in flight)
    void receive(ReceiveMessageInput input, Completion<ReceivedMessages> done);

    /// Deletes a received message, however often and whenever it was received; also succeeds when
    /// it is gone.
    ///
    /// errors   QueueDoesNotExist, ReceiptHandleIsInvalid (forged, or of another queue)
    Result<> delete_message(Effects& effects, std::string_view receipt_handle);

    /// errors   as delete_message; MessageNotInflight; InvalidParameterValue (beyond 12 hours, or
    /// the message is gone)
    Result<> change_message_visibility(Effects& effects, std::string_view receipt_handle,
                                       std::int64_t visibility_timeout_s);

    QueueCounts counts() const noexcept;

    // Control: what Queues calls, one call at a time for a queue.
    QueueAttributes attributes() const;
    TextMap tags() const;
    TimePoint created() const noexcept { return created_; }
    TimePoint modified() const;
    void set_attributes(QueueAttributes attributes, TimePoint modified);
    void set_tags(TextMap tags);
    /// The record in Table::control.
    std::string record() const;
    /// All messages sent so far are over: for PurgeQueue and DeleteQueue. free_purged frees what
    /// they hold; it may serve waiting receives, so no lock may be held.
    void purge();
    void free_purged();
    void restore_purge(std::uint64_t sequence) { purged_below_.store(sequence); }
    /// Answers all waiting receives; `error` absent: with no messages.
    void end_polls(const std::optional<Error>& error);
    void set_deleted() { is_deleted_.store(true); }

    // Recovery: before any other thread knows this object.
    void begin_restoring() { is_restoring_ = true; }
    /// Messages with a receipt come first, then finish_restoring, then those that were never
    /// received. False when the stored bytes are damaged, or the message was purged: its records
    /// can be erased.
    bool restore(std::uint64_t sequence, std::string_view message,
                 std::optional<std::string_view> receipt);
    void finish_placing();
    /// Starts its timers.
    void finish_restoring();

    /// Takes up to `max` ready messages out and into `target`'s step, as one atomic change; for
    /// message moves. Messages whose target is gone stay. Returns how many.
    std::size_t move_messages(std::size_t max, const std::shared_ptr<StandardQueue>& target);

    /// A record of Table::control, taken apart.
    struct Record {
        std::uint64_t id = 0;
        TimePoint created{};
        TimePoint modified{};
        std::uint64_t purged_below = 0;
        TextMap attributes;
        TextMap tags;
    };
    static std::optional<Record> decode_record(std::string_view bytes);

 private:
    struct Poll {
        ReceiveMessageInput input;
        TimePoint deadline;
        Completion<ReceivedMessages> done;
    };
    enum class Fate : std::uint8_t { deliver, dispose, move };

    Result<> check(const SendMessageInput& input) const;
    Result<ReceiptAddress> open_handle(std::string_view receipt_handle) const;

    void admit(MessageRef message, TimePoint visible);
    void push_ready(Message& message);
    void put_back(const std::vector<Message*>& messages);
    Message* pop_ready() noexcept;
    ReceivedMessages take_ready(const ReceiveMessageInput& input);
    Fate fate_of(const Message& message, TimePoint now,
                 std::shared_ptr<StandardQueue>& dead_letters);
    bool deliver(Effects& effects, Message& message, TimePoint now, TimePoint visible,
                 ReceivedMessages& received);
    void move_to(Effects& effects, Message& message, const std::shared_ptr<StandardQueue>& target,
                 bool is_dead_letter);
    void dispose(Message& message) noexcept;
    void erase_records(Effects& effects, const Message& message) const;
    bool end_popped(Message& message) noexcept;
    bool is_over(const Message& message, TimePoint now);
    Result<> delete_without_slot(Effects& effects, std::uint64_t sequence);
    void serve_polls();
    void time_out_poll(std::uint64_t poll);

    void arm(TimePoint deadline);
    void tick(TimePoint armed_for);
    void arm_sweep(TimePoint due);
    void sweep();
    void put_receipt(Effects& effects, std::uint64_t sequence, const StoredReceipt& receipt) const;

    // Immutable.
    const std::shared_ptr<World> world_;
    const std::string name_;
    const std::uint64_t id_;
    const TimePoint created_;

    // Invariants
    //  (1) A message is owned by the ready queue, by its slot, by the released action that will
    //  make it visible, or by
    //      the one thread that took it from there. Only the owner touches its owner's fields.
    //  (2) ready_count_ is raised after a message was put into ready_, and lowered by whoever takes
    //  it out or ends it
    //      there. A message is served while one waits: long_polls.hpp says how.
    //  (3) A deadline in a slot is never later than next_due_ unless its tick is running: who
    //  writes a slot's word then
    //      reads next_due_, the tick resets next_due_ and then reads the words; all are seq_cst, so
    //      at least one sees the other.
    moodycamel::ConcurrentQueue<Message*> ready_{0};
    InFlight slots_;
    LongPolls<Poll> polls_;
    std::atomic<std::int64_t> next_due_{never.time_since_epoch().count()};
    std::atomic<bool> is_sweep_armed_{false};
    std::atomic<bool> is_deleted_{false};
    std::atomic<std::uint64_t> purged_below_{0};  // messages with a lower sequence are over
    alignas(64) std::atomic<std::uint64_t> next_sequence_;
    alignas(64) std::atomic<std::int64_t> ready_count_{0};
    alignas(64) std::atomic<std::int64_t> in_flight_count_{0};
    std::atomic<std::int64_t> delayed_count_{0};

    // What the hot paths need of the attributes; each on its own, so a change of several may be
    // seen in parts.
    alignas(64) std::atomic<std::uint32_t> visibility_timeout_s_;
    std::atomic<std::uint32_t> delay_s_;
    std::atomic<std::uint32_t> message_bytes_max_;
    std::atomic<std::uint32_t> retention_s_;
    std::atomic<std::uint32_t> receive_wait_time_s_;
    std::atomic<std::uint32_t> max_receive_count_;  // 0: no redrive policy

    // Sequences of messages that a handle of an earlier process deleted whose receipt the crash has
    // lost. The message lies somewhere in the ready queue, or was received anew: it is over when it
    // is popped next, and leaves this set.
    std::atomic<std::size_t> deleted_count_{0};  // deleted_.size()
    std::mutex deleted_mutex_;                   // guards deleted_
    std::set<std::uint64_t> deleted_;

    bool is_restoring_ = false;  // of recovery only: timers wait
    std::vector<std::pair<MessageRef, TimePoint>>
        unplaced_;  // of recovery only: in flight, their slots taken

    mutable std::mutex control_;  // guards what follows
    QueueAttributes attributes_;
    TextMap tags_;
    TimePoint modified_;
};

using QueuePtr = std::shared_ptr<StandardQueue>;

}  // namespace stepwell::queue
