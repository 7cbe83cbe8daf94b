#include "queue/in_flight.hpp"

#include <algorithm>
#include <bit>

#include "base/assert.hpp"

namespace stepwell::queue {

InFlight::~InFlight() {
    for (std::uint32_t i = 0; i < size_.load(); ++i) {
        Slot* slot = find(i);
        if (slot == nullptr) continue;
        const State state = state_of(slot->word.load());
        if (state == State::received || state == State::delayed) slot->message->release();
    }
    for (std::atomic<Slot*>& chunk : chunks_) delete[] chunk.load();
}

std::uint64_t InFlight::word_of(std::uint32_t generation, State state,
                                TimePoint deadline) const noexcept {
    const std::int64_t after = std::max<std::int64_t>(0, (deadline - origin_).count());
    const auto bounded = std::min(static_cast<std::uint64_t>(after), deadline_mask);
    return std::uint64_t{generation} << generation_shift | std::uint64_t(state) << state_shift |
           bounded;
}

std::uint32_t InFlight::chunk_of(std::uint32_t index) noexcept {
    return static_cast<std::uint32_t>(std::bit_width(index + first_chunk_slots) -
                                      std::bit_width(first_chunk_slots));
}

InFlight::Slot* InFlight::find(std::uint32_t index) noexcept {
    const std::uint32_t shifted = index + first_chunk_slots;
    const std::uint32_t chunk = chunk_of(index);
    // acquire: the chunk's slots were constructed before it was published
    Slot* const slots = chunks_[chunk].load(std::memory_order_acquire);
    return slots == nullptr ? nullptr : slots + (shifted - (first_chunk_slots << chunk));
}

InFlight::Slot& InFlight::at(std::uint32_t index) noexcept {
    Slot* const slot = find(index);
    SW_ASSERT(slot != nullptr);
    return *slot;
}

void InFlight::make_chunk(std::uint32_t chunk) {
    const std::scoped_lock lock(growing_);
    if (chunks_[chunk].load(std::memory_order_relaxed) != nullptr)
        return;  // relaxed: growing_ orders it
    auto slots = std::make_unique<Slot[]>(std::size_t{first_chunk_slots} << chunk);
    chunks_[chunk].store(slots.release(), std::memory_order_release);  // release: pairs with find()
}

std::uint32_t InFlight::take_free() {
    std::uint64_t top = free_.load();
    while ((top & UINT32_MAX) != 0) {
        const auto index = static_cast<std::uint32_t>(top & UINT32_MAX) - 1;
        // relaxed: should another thread have taken the slot meanwhile, the tag makes the exchange
        // fail
        const std::uint64_t next = at(index).sequence.load(std::memory_order_relaxed);
        const std::uint64_t changed = ((top >> 32) + 1) << 32 | (next & UINT32_MAX);
        if (free_.compare_exchange_weak(top, changed)) return index;
    }
    const std::uint32_t index = size_.fetch_add(1);
    SW_ASSERT(index < slots_max);
    make_chunk(chunk_of(index));
    return index;
}

void InFlight::give_free(std::uint32_t index) noexcept {
    Slot& slot = at(index);
    std::uint64_t top = free_.load();
    std::uint64_t changed = 0;
    do {
        slot.sequence.store(top & UINT32_MAX,
                            std::memory_order_relaxed);  // relaxed: the exchange publishes it
        changed = ((top >> 32) + 1) << 32 | (index + 1);
    } while (!free_.compare_exchange_weak(top, changed));
}

InFlight::Place InFlight::hold(Message& message, TimePoint deadline, bool is_delayed) {
    SW_ASSERT(message.slot == no_slot);
    const std::uint32_t index = take_free();
    Slot& slot = at(index);
    // relaxed: only owners change a free slot's word, and the free list has handed it over
    const std::uint32_t generation = generation_of(slot.word.load(std::memory_order_relaxed));
    message.slot = index;
    slot.message = &message;
    slot.sequence.store(message.sequence(),
                        std::memory_order_relaxed);  // relaxed: the word publishes it, (4)
    slot.receive_count.store(message.receive_count,
                             std::memory_order_relaxed);  // relaxed: likewise
    slot.word.store(word_of(generation, is_delayed ? State::delayed : State::received, deadline));
    return {index, generation};
}

std::optional<InFlight::Place> InFlight::receive_again(Message& message,
                                                       TimePoint deadline) noexcept {
    const std::uint32_t index = message.slot;
    Slot& slot = at(index);
    std::uint64_t word = slot.word.load();
    const std::uint32_t generation = generation_of(word);
    slot.receive_count.store(message.receive_count,
                             std::memory_order_relaxed);  // relaxed: the word publishes it
    while (state_of(word) == State::ready) {
        const std::uint64_t received = word_of(generation, State::received, deadline);
        if (slot.word.compare_exchange_weak(word, received)) return Place{index, generation};
    }
    SW_ASSERT(state_of(word) ==
              State::ended);  // (2): nothing else happens to a message in the ready queue
    return std::nullopt;
}

InFlight::Slot* InFlight::slot_of(const ReceiptAddress& address, std::uint64_t& word) noexcept {
    if (address.slot >= size_.load()) return nullptr;
    Slot* const slot = find(address.slot);
    if (slot == nullptr) return nullptr;
    word = slot->word.load();
    const State state = state_of(word);
    if (generation_of(word) != address.generation || state == State::free) return nullptr;
    // relaxed: the word was read first, and (4) keeps the sequence still while it has this
    // generation; should the slot have moved on, the caller's compare-and-swap of the word fails
    return slot->sequence.load(std::memory_order_relaxed) == address.sequence ? slot : nullptr;
}

InFlight::End InFlight::end(const ReceiptAddress& address) noexcept {
    std::uint64_t word = 0;
    Slot* slot = nullptr;
    while ((slot = slot_of(address, word)) != nullptr) {
        const State state = state_of(word);
        if (state == State::ended) return {};
        if (!slot->word.compare_exchange_weak(word, with_state(word, State::ended))) continue;
        if (state == State::ready) return {Ended::was_ready, nullptr};
        return {state == State::delayed ? Ended::delayed : Ended::received, slot->message};
    }
    return {};
}

bool InFlight::end_popped(Message& message) noexcept {
    Slot& slot = at(message.slot);
    std::uint64_t word = slot.word.load();
    while (state_of(word) == State::ready) {
        if (slot.word.compare_exchange_weak(word, with_state(word, State::ended))) return true;
    }
    return false;
}

InFlight::Change InFlight::change(const ReceiptAddress& address,
                                  std::optional<TimePoint> deadline) noexcept {
    std::uint64_t word = 0;
    Slot* slot = nullptr;
    while ((slot = slot_of(address, word)) != nullptr) {
        if (state_of(word) == State::ended) return {};
        if (state_of(word) != State::received) return {Changed::not_in_flight, nullptr};
        // relaxed: as the sequence in slot_of
        if (slot->receive_count.load(std::memory_order_relaxed) != address.receive_count) return {};
        const std::uint64_t changed = deadline.has_value()
                                          ? word_of(address.generation, State::received, *deadline)
                                          : with_state(word, State::ready);
        if (!slot->word.compare_exchange_weak(word, changed)) continue;
        if (deadline.has_value()) return {Changed::deadline, nullptr};
        return {Changed::made_ready, slot->message};
    }
    return {};
}

TimePoint InFlight::take_due(TimePoint now,
                             const std::function<void(Message&, bool was_delayed)>& make_ready) {
    TimePoint earliest = never;
    const std::uint32_t size = size_.load();
    for (std::uint32_t i = 0; i < size; ++i) {
        Slot* const slot = find(i);
        if (slot == nullptr)
            continue;  // its chunk is being made: who takes it looks at the time himself
        std::uint64_t word = slot->word.load();
        for (;;) {
            const State state = state_of(word);
            if (state != State::received && state != State::delayed) break;
            if (deadline_of(word) > now) {
                earliest = std::min(earliest, deadline_of(word));
                break;
            }
            if (!slot->word.compare_exchange_weak(word, with_state(word, State::ready))) continue;
            make_ready(*slot->message, state == State::delayed);
            break;
        }
    }
    return earliest;
}

void InFlight::end_if(const std::function<bool(std::uint64_t sequence)>& is_over,
                      const std::function<void(Message&, bool was_delayed)>& dispose) {
    const std::uint32_t size = size_.load();
    for (std::uint32_t i = 0; i < size; ++i) {
        Slot* const slot = find(i);
        if (slot == nullptr) continue;
        const std::uint64_t word = slot->word.load();
        const State state = state_of(word);
        if (state != State::received && state != State::delayed) continue;
        const std::uint64_t sequence =
            slot->sequence.load(std::memory_order_relaxed);  // relaxed: as in slot_of
        if (!is_over(sequence)) continue;
        const End ended = end({.sequence = sequence, .slot = i, .generation = generation_of(word)});
        if (ended.message != nullptr) dispose(*ended.message, ended.how == Ended::delayed);
    }
}

void InFlight::release(Message& message) noexcept {
    const std::uint32_t index = message.slot;
    Slot& slot = at(index);
    const std::uint64_t word = slot.word.load();
    SW_ASSERT(state_of(word) == State::ended);
    const std::uint32_t next = (generation_of(word) + 1) & generation_mask;
    message.slot = no_slot;
    slot.word.store(word_of(next, State::free, origin_));
    give_free(index);
}

bool InFlight::restore(Message& message, Place place, std::optional<TimePoint> deadline) {
    if (place.slot >= slots_max || place.generation > generation_mask) return false;
    make_chunk(chunk_of(place.slot));
    Slot& slot = at(place.slot);
    if (state_of(slot.word.load()) != State::free) return false;
    if (size_.load() <= place.slot) size_.store(place.slot + 1);
    message.slot = place.slot;
    slot.message = &message;
    slot.sequence.store(message.sequence());
    slot.receive_count.store(message.receive_count);
    slot.word.store(deadline.has_value() ? word_of(place.generation, State::received, *deadline)
                                         : word_of(place.generation, State::ready, origin_));
    return true;
}

void InFlight::finish_restoring() {
    for (std::uint32_t i = size_.load(); i-- > 0;) {
        make_chunk(chunk_of(i));
        if (state_of(at(i).word.load()) == State::free) give_free(i);
    }
}

}  // namespace stepwell::queue
