#include "sched/timers.hpp"

#include <thread>

#include "sched/inbox.hpp"
#include "sched/resting.hpp"
#include "sched/timer_wheel.hpp"

namespace stepwell::sched {

struct Timers::Parts {
    struct Entry : TimerEntry {
        explicit Entry(UniqueFunction<void()> a) : action(std::move(a)) {}
        UniqueFunction<void()> action;
        TimerWheel* wheel = nullptr;  // that it is armed in
        Entry* previous_owned = nullptr;
        Entry* next_owned = nullptr;
    };

    explicit Parts(Clock& c)
        : clock(c),
          resting(c, inbox),
          awaited(c.now()),
          upkeep(c.now()),
          patience(real_clock.now()),
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
            const bool has_fired = advance();
            if (commands != 0 || has_fired) continue;
            resting.begin(awaited.quiet_until());
            inbox.sleep(time_to_next());
            resting.end();
        }
    }

    bool advance() {
        bool has_fired = false;
        const auto fire = [&](TimerEntry& timer) {
            auto* entry = static_cast<Entry*>(&timer);
            entry->action();
            release(entry);
            has_fired = true;
        };
        const TimePoint now = clock.now();
        awaited.advance(now, fire);
        upkeep.advance(now, fire);
        if (clock.is_virtual()) patience.advance(real_clock.now(), fire);
        return has_fired;
    }

    // Until something is due by a clock that moves on its own.
    std::chrono::nanoseconds time_to_next() const {
        if (clock.is_virtual()) return time_between(real_clock.now(), patience.quiet_until());
        const auto first = awaited.quiet_until();
        const auto second = upkeep.quiet_until();
        const bool is_second = second.has_value() && (!first.has_value() || *second < *first);
        return time_between(clock.now(), is_second ? second : first);
    }

    static std::chrono::nanoseconds time_between(TimePoint now, std::optional<TimePoint> next) {
        if (!next.has_value()) return std::chrono::nanoseconds{-1};
        // The clock shows whole milliseconds: what is left of the present one is slept through in
        // short naps.
        return std::max<std::chrono::nanoseconds>(*next - now, std::chrono::microseconds{50});
    }

    void add(Entry* entry, TimePoint due) {
        entry->next_owned = owned;
        if (owned != nullptr) owned->previous_owned = entry;
        owned = entry;
        entry->wheel->arm(*entry, due);
    }

    void release(Entry* entry) {
        entry->wheel->disarm(*entry);
        if (entry->previous_owned != nullptr) entry->previous_owned->next_owned = entry->next_owned;
        if (entry->next_owned != nullptr) entry->next_owned->previous_owned = entry->previous_owned;
        if (owned == entry) owned = entry->next_owned;
        delete entry;
    }

    void send(UniqueFunction<void()> action, TimePoint due, TimerWheel& wheel) {
        auto* entry = new Entry(std::move(action));
        entry->wheel = &wheel;
        inbox.send([this, kept = std::unique_ptr<Entry>(entry), due]() mutable {
            add(kept.release(), due);
        });
    }

    Clock& clock;
    Inbox inbox;
    Resting resting;
    const RealClock real_clock;

    // The timers' thread's only.
    TimerWheel awaited;
    TimerWheel upkeep;
    TimerWheel patience;     // by the real clock; of a virtual clock's Timers only
    Entry* owned = nullptr;  // every entry that is armed
    bool is_stopping = false;

    std::uint64_t subscription;
    std::thread thread;
};

Timers::Timers(Clock& clock) : parts_(std::make_unique<Parts>(clock)) {}
Timers::~Timers() = default;

void Timers::schedule(TimePoint due, UniqueFunction<void()> action, Kind kind) {
    Parts& parts = *parts_;
    if (kind != Kind::patience || !parts.clock.is_virtual()) {
        return parts.send(std::move(action), due,
                          kind == Kind::awaited ? parts.awaited : parts.upkeep);
    }
    // Whichever comes first runs it; both on the timers' thread.
    auto shared = std::make_shared<UniqueFunction<void()>>(std::move(action));
    const auto once = [shared] {
        if (*shared) std::exchange(*shared, UniqueFunction<void()>{})();
    };
    parts.send(once, parts.real_clock.now() + (due - parts.clock.now()), parts.patience);
    parts.send(once, due, parts.upkeep);
}

}  // namespace stepwell::sched
