// What a standard queue does when nobody asks: time-outs, retention, purging; and its attributes
// and recovery.
#include <algorithm>
#include <limits>

#include "base/assert.hpp"
#include "base/bytes.hpp"
#include "base/text_map.hpp"
#include "queue/standard_queue.hpp"

namespace stepwell::queue {

namespace {

constexpr char record_version = 1;
constexpr std::size_t sweep_batch_erasures = 1'000;
constexpr std::int64_t sweep_at_once_max =
    10'000;  // more messages than this are swept on the timers' thread

// A scan of n slots takes about n / 300 us: the larger the table, the rarer the scans, so that they
// stay below a few percent of one core. The delay that this adds is under 10 ms for 80,000
// messages.
milliseconds scan_interval(std::uint32_t slots) { return milliseconds{slots / 8'192}; }

}  // namespace

// --- Time-outs and delays

void StandardQueue::arm(TimePoint deadline) {
    const std::int64_t due = deadline.time_since_epoch().count();
    std::int64_t next = next_due_.load();  // invariant (3)
    while (due < next) {
        if (!next_due_.compare_exchange_weak(next, due)) continue;
        if (is_restoring_) return;  // finish_restoring does it
        world_->schedule(deadline, [weak = weak_from_this(), deadline] {
            if (const auto queue = weak.lock()) queue->tick(deadline);
        });
        return;
    }
}

void StandardQueue::tick(TimePoint armed_for) {
    if (next_due_.load() != armed_for.time_since_epoch().count())
        return;                                         // another tick came before this one
    next_due_.store(never.time_since_epoch().count());  // invariant (3)
    const TimePoint now = world_->clock.now();
    const TimePoint earliest = slots_.take_due(now, [this](Message& message, bool was_delayed) {
        (was_delayed ? delayed_count_ : in_flight_count_).fetch_sub(1);
        push_ready(message);
    });
    if (earliest == never) return;
    arm(std::max(earliest, now + scan_interval(slots_.size())));
}

// --- Retention and purging

void StandardQueue::arm_sweep(TimePoint due) {
    if (is_restoring_ || is_sweep_armed_.exchange(true)) return;
    world_->schedule(
        due,
        [weak = weak_from_this()] {
            if (const auto queue = weak.lock()) queue->sweep();
        },
        sched::Timers::Kind::upkeep);
}

void StandardQueue::sweep() {
    is_sweep_armed_.store(false);
    const TimePoint now = world_->clock.now();
    Effects effects;
    std::size_t erasures = 0;
    const auto end = [&](Message& message) {
        erase_records(effects, message);
        dispose(message);
        if (++erasures % sweep_batch_erasures != 0) return;
        world_->storage.commit(std::exchange(effects, Effects{}));
    };
    std::vector<Message*> kept;
    TimePoint oldest = never;
    // All that is ready is taken out before anything goes back, so that nothing is looked at twice.
    while (Message* const message = pop_ready()) {
        if (!is_over(*message, now)) {
            oldest = std::min(oldest, message->sent());
            ready_count_.fetch_sub(1);
            kept.push_back(message);
        } else if (end_popped(*message)) {
            end(*message);
        } else {
            dispose(*message);
        }
    }
    put_back(kept);
    const std::uint64_t purged_below = purged_below_.load();
    slots_.end_if([&](std::uint64_t sequence) { return sequence < purged_below; },
                  [&](Message& message, bool was_delayed) {
                      (was_delayed ? delayed_count_ : in_flight_count_).fetch_sub(1);
                      end(message);
                  });
    if (!effects.is_empty()) world_->storage.commit(std::move(effects));
    if (kept.empty()) return;
    const std::chrono::seconds retention{retention_s_.load()};
    arm_sweep(std::max(oldest + retention, now + milliseconds{retention} / 16));
}

void StandardQueue::purge() {
    purged_below_.store(is_deleted_.load() ? std::numeric_limits<std::uint64_t>::max()
                                           : next_sequence_.load());
}

void StandardQueue::free_purged() {
    const QueueCounts all = counts();
    if (all.ready + all.in_flight + all.delayed <= sweep_at_once_max) return sweep();
    world_->schedule(world_->clock.now(), [weak = weak_from_this()] {
        if (const auto queue = weak.lock()) queue->sweep();
    });
}

// --- Attributes

QueueAttributes StandardQueue::attributes() const {
    const std::scoped_lock lock(control_);
    return attributes_;
}

TextMap StandardQueue::tags() const {
    const std::scoped_lock lock(control_);
    return tags_;
}

TimePoint StandardQueue::modified() const {
    const std::scoped_lock lock(control_);
    return modified_;
}

void StandardQueue::set_tags(TextMap tags) {
    const std::scoped_lock lock(control_);
    tags_ = std::move(tags);
}

void StandardQueue::set_attributes(QueueAttributes attributes, TimePoint modified) {
    visibility_timeout_s_.store(attributes.visibility_timeout_s);
    delay_s_.store(attributes.delay_s);
    message_bytes_max_.store(attributes.message_bytes_max);
    const std::uint32_t retention_before = retention_s_.exchange(attributes.retention_s);
    receive_wait_time_s_.store(attributes.receive_wait_time_s);
    max_receive_count_.store(attributes.redrive.has_value() ? attributes.redrive->max_receive_count
                                                            : 0);
    {
        const std::scoped_lock lock(control_);
        attributes_ = std::move(attributes);
        modified_ = modified;
    }
    if (retention_s_.load() >= retention_before) return;
    world_->schedule(world_->clock.now(), [weak = weak_from_this()] {
        if (const auto queue = weak.lock()) queue->sweep();
    });
}

std::string StandardQueue::record() const {
    const std::scoped_lock lock(control_);
    std::string out(1, record_version);
    append_big_endian(out, id_);
    append_varint(out, milliseconds_of(created_));
    append_varint(out, milliseconds_of(modified_));
    append_varint(out, purged_below_.load());
    append_map(out, attributes_.as_text());
    append_map(out, tags_);
    return out;
}

std::optional<StandardQueue::Record> StandardQueue::decode_record(std::string_view bytes) {
    ByteReader reader(bytes);
    if (reader.big_endian<char>() != record_version) return std::nullopt;
    Record record;
    record.id = reader.big_endian<std::uint64_t>();
    record.created = time_of(reader.varint());
    record.modified = time_of(reader.varint());
    record.purged_below = reader.varint();
    record.attributes = read_map<TextMap>(reader);
    record.tags = read_map<TextMap>(reader);
    if (!reader.is_good() || !reader.is_at_end()) return std::nullopt;
    return record;
}

// --- Recovery

bool StandardQueue::restore(std::uint64_t sequence, std::string_view message,
                            std::optional<std::string_view> receipt) {
    const auto stored = decode_message(message);
    if (!stored.has_value() || sequence < purged_below_.load()) return false;
    MessageRef made(
        Message::make(stored->id, sequence, stored->sent, stored->body, stored->extras));
    const auto received = receipt.has_value() ? decode_receipt(*receipt) : std::nullopt;
    if (!received.has_value()) {
        admit(std::move(made), stored->visible);
        return true;
    }
    made->receive_count = received->receive_count;
    made->first_received = received->first_received;
    const bool is_in_flight = received->visible > world_->clock.now();
    const auto deadline = is_in_flight ? std::optional(received->visible) : std::nullopt;
    if (!slots_.restore(*made, {received->slot, received->generation}, deadline)) {
        // Another message took the place before the end of its former one was durable: its handles
        // are void.
        if (is_in_flight) {
            unplaced_.emplace_back(std::move(made), received->visible);
            return true;
        }
    } else if (is_in_flight) {
        in_flight_count_.fetch_add(1);
        made.take();
        arm(received->visible);
        return true;
    }
    push_ready(*made.take());
    return true;
}

void StandardQueue::finish_placing() {
    slots_.finish_restoring();
    for (auto& [message, visible] : std::exchange(unplaced_, {})) {
        in_flight_count_.fetch_add(1);
        slots_.hold(*message.take(), visible, false);
        arm(visible);
    }
}

void StandardQueue::finish_restoring() {
    is_restoring_ = false;
    const TimePoint due{milliseconds{next_due_.exchange(never.time_since_epoch().count())}};
    if (due != never) arm(due);
    arm_sweep(world_->clock.now());  // finds out when the oldest message is over
}

}  // namespace stepwell::queue
