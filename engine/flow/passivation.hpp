// Which executions of a shard are in memory, and what memory has of the others.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include <boost/unordered/unordered_flat_set.hpp>
#include <stepwell/clock.hpp>

#include "flow/records.hpp"

namespace stepwell::flow {

/// An execution in memory, as `Residents` sees it.
class Resident {
 public:
    Resident() = default;
    Resident(const Resident&) = delete;
    Resident& operator=(const Resident&) = delete;
    ~Resident() { unlink(); }

    /// It has something to store: whoever saw it wait has to look again.
    void moved() noexcept { rest_ = Rest::moved; }
    bool has_moved() const noexcept { return rest_ == Rest::moved; }
    bool is_leaving() const noexcept { return rest_ == Rest::leaving; }
    /// It is to leave memory, unless it moves before.
    void begin_leaving() noexcept { rest_ = Rest::leaving; }
    /// Since when it has its present place among the residents.
    TimePoint since() const noexcept { return since_; }

 private:
    friend class Residents;
    enum class Rest : std::uint8_t { moved, seen, leaving };

    void unlink() noexcept {
        previous_->next_ = next_;
        next_->previous_ = previous_;
        previous_ = next_ = this;
    }

    Resident* previous_ = this;
    Resident* next_ = this;
    TimePoint since_{};
    Rest rest_ = Rest::moved;
};

/// All executions of a shard that are in memory, in the order in which they came or were last
/// looked at. One that ends leaves by itself.
///
/// threads  the shard's own
class Residents {
 public:
    void add(Resident& resident, TimePoint now) noexcept { put_last(resident, now); }
    /// Null: there is none.
    Resident* first() noexcept { return ring_.next_ == &ring_ ? nullptr : ring_.next_; }
    /// Puts it behind all others. It has not moved until it does again.
    void look_at(Resident& resident, TimePoint now) noexcept {
        resident.unlink();
        put_last(resident, now);
        if (resident.has_moved()) resident.rest_ = Resident::Rest::seen;
    }

 private:
    void put_last(Resident& resident, TimePoint now) noexcept {
        resident.since_ = now;
        resident.previous_ = std::exchange(ring_.previous_, &resident);
        resident.previous_->next_ = &resident;
        resident.next_ = &ring_;
    }

    Resident ring_;
};

/// What memory has of the executions of a shard that are passivated: their ids, and when those that
/// have a time to keep are due. Some 15 bytes each, and 16 more with a time; that an id has none of
/// it but its token's slot (sched/token_table.hpp) would not tell it from one that has just ended.
///
/// Invariants
///  (1) For each id in ids_ with a time there is an alarm, at that time or before.
///  (2) alarms_ is a heap, the first alarm on top. Those of woken executions stay, until they are
///  due or as many as the others.
///
/// threads  the shard's own
class Sleepers {
 public:
    bool is_empty() const noexcept { return ids_.empty(); }
    std::size_t size() const noexcept { return ids_.size(); }
    bool contains(ExecutionId id) const { return ids_.contains(id); }

    /// due  never: only a call wakes it
    void add(ExecutionId id, TimePoint due);
    /// due  its time as it was added
    void remove(ExecutionId id, TimePoint due);

    /// When the first is due, or before; never: none has a time.
    TimePoint first_due() const noexcept { return alarms_.empty() ? never : alarms_.front().due; }
    /// Takes the alarm of the first that is due by `now`; it stays asleep. Nothing: none is.
    std::optional<ExecutionId> take_due(TimePoint now);

 private:
    struct Alarm {
        TimePoint due;
        ExecutionId id;
    };
    static bool is_later(const Alarm& a, const Alarm& b) noexcept { return a.due > b.due; }
    Alarm pop();
    void drop_stale();

    boost::unordered_flat_set<ExecutionId> ids_;
    std::vector<Alarm> alarms_;
    std::size_t stale_ = 0;  // alarms of executions that were woken; no fewer
};

}  // namespace stepwell::flow
