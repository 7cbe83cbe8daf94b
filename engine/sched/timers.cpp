#include "sched/timers.hpp"

#include <thread>

#include "sched/inbox.hpp"
#include "sched/timer_wheel.hpp"

namespace stepwell::sched {

struct Timers::Parts {
    struct Entry : TimerEntry {
        explicit Entry(UniqueFunction<void()> a) : action(std::move(a)) {}
        UniqueFunction<void()> action;
        Entry* previous_owned = nullptr;
        Entry* next_owned = nullptr;
    };

    explicit Parts(Clock& c)
        : clock(c),
          wheel(c.now()),
          subscription(c.subscribe([this] { inbox.wake(); })),
          thread([this] { run(); }) {}

    ~Parts() {
        clock.unsubscribe(subscription);
        inbox.send([this] { is_stopping = true; });
        thread.join();
        while (owned != nullptr) release(owned);
    }

    void run() {
        while (!is_stopping) {
            const std::size_t commands = inbox.drain();
            bool has_fired = false;
            wheel.advance(clock.now(), [&](TimerEntry& timer) {
                auto* entry = static_cast<Entry*>(&timer);
                entry->action();
                release(entry);
                has_fired = true;
            });
            if (commands == 0 && !has_fired) inbox.sleep(time_to_next());
        }
    }

    std::chrono::nanoseconds time_to_next() const {
        const std::optional<TimePoint> next = wheel.quiet_until();
        if (!next.has_value() || clock.is_virtual()) return std::chrono::nanoseconds{-1};
        // The clock shows whole milliseconds: what is left of the present one is slept through in
        // short naps.
        return std::max<std::chrono::nanoseconds>(*next - clock.now(),
                                                  std::chrono::microseconds{50});
    }

    void add(Entry* entry, TimePoint due) {
        entry->next_owned = owned;
        if (owned != nullptr) owned->previous_owned = entry;
        owned = entry;
        wheel.arm(*entry, due);
    }

    void release(Entry* entry) {
        wheel.disarm(*entry);
        if (entry->previous_owned != nullptr) entry->previous_owned->next_owned = entry->next_owned;
        if (entry->next_owned != nullptr) entry->next_owned->previous_owned = entry->previous_owned;
        if (owned == entry) owned = entry->next_owned;
        delete entry;
    }

    Clock& clock;
    Inbox inbox;

    // The timers' thread's only.
    TimerWheel wheel;
    Entry* owned = nullptr;  // every entry that is armed
    bool is_stopping = false;

    std::uint64_t subscription;
    std::thread thread;
};

Timers::Timers(Clock& clock) : parts_(std::make_unique<Parts>(clock)) {}
Timers::~Timers() = default;

void Timers::schedule(TimePoint due, UniqueFunction<void()> action) {
    auto* entry = new Parts::Entry(std::move(action));
    parts_->inbox.send([parts = parts_.get(), owned = std::unique_ptr<Parts::Entry>(entry),
                        due]() mutable { parts->add(owned.release(), due); });
}

}  // namespace stepwell::sched
