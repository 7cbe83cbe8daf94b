#include "sched/shard.hpp"

#include <pthread.h>

#include <algorithm>
#include <cstdio>

#include "base/assert.hpp"

namespace stepwell::sched {

namespace {

// For the next turn's effects, at most: a large turn may be followed by a small one.
constexpr std::size_t turn_bytes_reserved = 512 * 1024;
constexpr std::size_t turn_actions_reserved = 4096;

/// What the next turn will likely need: little more than the largest of the last ones.
std::size_t foreseen(std::size_t before, std::size_t now, std::size_t at_most) {
    return std::min(std::max(now + now / 4, before - before / 8), at_most);
}

}  // namespace

Shard::Shard(std::uint32_t index, Clock& clock, Storage& storage, Delegate& delegate)
    : index_(index),
      clock_(clock),
      storage_(storage),
      delegate_(delegate),
      now_(clock.now()),
      timers_(now_) {}

Shard::~Shard() { stop(); }

void Shard::start() {
    SW_ASSERT(!thread_.joinable());
    clock_subscription_ = clock_.subscribe([this] { inbox_.wake(); });
    thread_ = std::thread([this] { run(); });
}

void Shard::stop() {
    if (!thread_.joinable()) return;
    clock_.unsubscribe(clock_subscription_);
    send([this] { is_stopping_ = true; });
    thread_.join();
}

void Shard::run() {
    char name[16];
    std::snprintf(name, sizeof name, "shard-%u", index_);
    ::pthread_setname_np(::pthread_self(), name);
    while (!is_stopping_) {
        if (!take_turn()) sleep();
    }
}

void Shard::sleep() {
    const bool is_idle = ready_next_turn_.empty();
    if (is_idle) resting_.begin(timers_.quiet_until());
    inbox_.sleep(time_to_sleep());
    if (is_idle) resting_.end();
}

// One turn; false when there was nothing to do.
bool Shard::take_turn() {
    // Time is read after the commands were taken, and passes before they run: a call that came
    // after a deadline is late.
    bool is_busy = inbox_.take() > 0;
    now_ = std::max(now_, clock_.now());
    timers_.advance(now_, [&](TimerEntry& entry) {
        is_busy = true;
        delegate_.timer_fired(entry);
    });
    if (now_ >= house_time_) {
        is_busy = true;
        house_time_ = never;
        delegate_.keep_house();
    }
    inbox_.run();
    ready_.insert(ready_.end(), ready_next_turn_.begin(), ready_next_turn_.end());
    ready_next_turn_.clear();
    is_busy |= !ready_.empty();
    for (std::size_t i = 0; i < ready_.size(); ++i) {  // grows while it runs
        const std::coroutine_handle<> coroutine = ready_[i];
        coroutine.resume();
    }
    ready_.clear();
    if (!is_busy) return false;
    delegate_.turn_ending();
    if (!effects_.is_empty()) {
        turn_bytes_ = foreseen(turn_bytes_, effects_.batch.encoded().size(), turn_bytes_reserved);
        turn_actions_ = foreseen(turn_actions_, effects_.released.size(), turn_actions_reserved);
        storage_.commit(std::move(effects_));
        effects_ = Effects{};
        effects_.batch.reserve(turn_bytes_);
        effects_.released.reserve(turn_actions_);
    }
    return true;
}

std::chrono::nanoseconds Shard::time_to_sleep() const {
    if (!ready_next_turn_.empty()) return std::chrono::nanoseconds{0};
    // A virtual clock wakes who sleeps; what is due by now is due in the next turn.
    if (clock_.is_virtual()) return std::chrono::nanoseconds{house_time_ <= now_ ? 0 : -1};
    const TimePoint next = std::min(timers_.quiet_until().value_or(never), house_time_);
    if (next == never) return std::chrono::nanoseconds{-1};
    // The clock shows whole milliseconds: what is left of the present one is slept through in short
    // naps.
    return std::max<std::chrono::nanoseconds>(next - clock_.now(), std::chrono::microseconds{50});
}

}  // namespace stepwell::sched
