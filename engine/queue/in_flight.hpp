// Where messages are while they cannot simply lie in the ready queue: received, delayed, or
// received before.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>

#include <stepwell/clock.hpp>

#include "queue/message.hpp"
#include "queue/receipt_handle.hpp"

namespace stepwell::queue {

/// The slots of one queue: who holds a message that was received (or delayed) is decided by one
/// word of its slot.
///
/// A message gets a slot when it is first received or delayed, and keeps it to its end, so every
/// receipt handle of it leads there. Delete, time-out, change of visibility and the next receive
/// race on the word; each change is one compare-and-swap, so each race has exactly one winner.
///
/// threads  any, without a lock, except where it says so
/// cost     32 bytes a slot; a scan for due slots reads them in order
class InFlight {
 public:
    /// `origin` is the zero of the stored deadlines; none may be more than 69 years after it.
    explicit InFlight(TimePoint origin) noexcept : origin_(origin) {}
    ~InFlight();
    InFlight(const InFlight&) = delete;
    InFlight& operator=(const InFlight&) = delete;

    struct Place {
        std::uint32_t slot = no_slot;
        std::uint32_t generation = 0;
    };

    /// Gives `message`, which has none and which the caller owns, a slot: received until
    /// `deadline`, or delayed until then. The caller owns the message no more. `message->slot` is
    /// set before others can see it.
    Place hold(Message& message, TimePoint deadline, bool is_delayed);
    /// Receives a message again that the caller popped from the ready queue; it has a slot. Nothing
    /// when it was ended in the ready queue: then the caller disposes of it. The caller has set the
    /// owner's fields before.
    std::optional<Place> receive_again(Message& message, TimePoint deadline) noexcept;

    enum class Ended : std::uint8_t {
        no,         ///< not there (any more): spent, foreign, or the slot has another message
        received,   ///< it was in flight: the caller owns the message now and disposes of it
        delayed,    ///< likewise, from a delay
        was_ready,  ///< it lies in the ready queue: who pops it disposes of it
    };
    struct End {
        Ended how = Ended::no;
        Message* message = nullptr;
    };
    /// Ends the message at `address`, wherever it is.
    End end(const ReceiptAddress& address) noexcept;
    /// Ends a message that the caller popped and that has a slot. False when it had been ended
    /// already. Either way the caller disposes of it.
    bool end_popped(Message& message) noexcept;

    enum class Changed : std::uint8_t { no, not_in_flight, deadline, made_ready };
    struct Change {
        Changed how = Changed::no;
        Message* message = nullptr;  ///< when made_ready: the caller owns it and pushes it
    };
    /// Moves the deadline of a message in flight; without a deadline, makes it ready at once. Only
    /// the address of the latest receive can do so.
    Change change(const ReceiptAddress& address, std::optional<TimePoint> deadline) noexcept;

    /// Makes every slot ready whose deadline is not after `now`: `make_ready(message, was_delayed)`
    /// owns the message. Returns the earliest deadline that is left, or `never`. May run beside
    /// everything else.
    TimePoint take_due(TimePoint now,
                       const std::function<void(Message&, bool was_delayed)>& make_ready);
    /// Ends every message in a slot (received or delayed) for which `is_over` holds; `dispose` owns
    /// it.
    void end_if(const std::function<bool(std::uint64_t sequence)>& is_over,
                const std::function<void(Message&, bool was_delayed)>& dispose);

    /// Frees the slot of an ended message. The caller owns the message and destroys it next.
    void release(Message& message) noexcept;

    /// Slots that exist, free ones included.
    std::uint32_t size() const noexcept {
        return size_.load(std::memory_order_relaxed);
    }  // relaxed: an estimate

    // Recovery: before any other thread knows this object.
    /// Puts `message` where a stored receipt says; without a deadline as ready, so that old handles
    /// still reach it. False when the place is taken: the message gets no slot.
    bool restore(Message& message, Place place, std::optional<TimePoint> deadline);
    /// Frees the slots between the restored ones.
    void finish_restoring();

 private:
    enum class State : std::uint8_t { free, received, ready, delayed, ended };
    // The word: generation (20 bits), state (3 bits), deadline in ms after origin_ (41 bits).
    static constexpr int state_shift = 41;
    static constexpr int generation_shift = 44;
    static constexpr std::uint64_t deadline_mask = (std::uint64_t{1} << state_shift) - 1;
    static constexpr std::uint32_t generation_mask = (1U << 20) - 1;

    // Invariants
    //  (1) A message belongs to exactly one place: to its slot while the word says received or
    //  delayed, to the ready
    //      queue while it says ready. Who changes the word from received or delayed owns the
    //      message.
    //  (2) ended is final for a generation. A message that is ended while ready stays in the ready
    //  queue as a husk
    //      until it is popped; only then its slot is freed. So a slot never has two messages.
    //  (3) Freeing raises the generation, so a word never returns to a former value within 2^20
    //  uses of the slot; the
    //      sequence, unique in the queue for ever, tells the rest apart.
    //  (4) sequence and message are written before the word leaves free, and not while it is
    //  anything else. While it
    //      is free, sequence holds the index of the next free slot.
    struct Slot {
        std::atomic<std::uint64_t> word{0};
        std::atomic<std::uint64_t> sequence{0};
        Message* message = nullptr;                   // read by owners only, see (1)
        std::atomic<std::uint32_t> receive_count{0};  // the message's, of its latest receive
    };
    static_assert(sizeof(Slot) == 32);

    static constexpr std::uint32_t first_chunk_slots = 1024;  // chunk k has 1024 << k slots
    static constexpr std::uint32_t chunk_count = 20;
    static constexpr std::uint32_t slots_max = first_chunk_slots * ((1U << chunk_count) - 1);

    static State state_of(std::uint64_t word) noexcept {
        return static_cast<State>(word >> state_shift & 7);
    }
    static std::uint32_t generation_of(std::uint64_t word) noexcept {
        return static_cast<std::uint32_t>(word >> generation_shift);
    }
    std::uint64_t word_of(std::uint32_t generation, State state, TimePoint deadline) const noexcept;
    TimePoint deadline_of(std::uint64_t word) const noexcept {
        return origin_ + milliseconds{static_cast<std::int64_t>(word & deadline_mask)};
    }
    static std::uint64_t with_state(std::uint64_t word, State state) noexcept {
        return (word & ~(std::uint64_t{7} << state_shift)) | std::uint64_t(state) << state_shift;
    }

    static std::uint32_t chunk_of(std::uint32_t index) noexcept;
    Slot& at(std::uint32_t index) noexcept;
    Slot* find(std::uint32_t index) noexcept;
    Slot* slot_of(const ReceiptAddress& address, std::uint64_t& word) noexcept;
    std::uint32_t take_free();
    void give_free(std::uint32_t index) noexcept;
    void make_chunk(std::uint32_t chunk);

    const TimePoint origin_;
    std::array<std::atomic<Slot*>, chunk_count> chunks_{};
    std::mutex growing_;  // one thread makes a chunk
    std::atomic<std::uint32_t> size_{0};
    // A stack of free slots: the top's index + 1 (0: empty) below a tag that each change raises, so
    // that a top which was taken and given back in between is noticed.
    alignas(64) std::atomic<std::uint64_t> free_{0};
};

}  // namespace stepwell::queue
