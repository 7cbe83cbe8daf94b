// The bare sketch: what does a callback execution cost with nothing but its steps?
//
// A coroutine frame from a slab, a token minted and checked, a message through a lock-free queue, a
// SendTaskSuccess of 400 B parsed, an inbox, a resume, and 1 KB of records appended; each record is
// synced before the message or the reply that follows from it. No states, no history that one could
// read, no queue that keeps messages, no store, no limits. One thread is the shard, one the worker.
#include <concurrentqueue/concurrentqueue.h>
#include <simdjson.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <coroutine>
#include <cstring>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "base/assert.hpp"
#include "baseline/baseline.hpp"
#include "baseline/sketch_log.hpp"
#include "latency_histogram.hpp"
#include "sched/slab.hpp"
#include "sched/task_token.hpp"
#include "sched/wake_up.hpp"
#include "soak_measures.hpp"

namespace stepwell::bench {

namespace {

using Clock = std::chrono::steady_clock;
using sched::TokenAddress;
using sched::TokenText;

constexpr sched::TokenKey token_key{{0x1234, 0x5678}};
constexpr std::size_t payload_size = 300;
constexpr std::size_t items_at_once = 64;
constexpr std::size_t record_head_bytes =
    96;  // ids, times and names, as a history's event has them
constexpr std::size_t turn_bytes_max = 2 * record_head_bytes + payload_size + sizeof(TokenText);

using PayloadBytes = std::array<char, payload_size>;

struct Message {
    TokenText token;
    PayloadBytes input;
};

struct Completion {
    TokenAddress address;
    PayloadBytes output;
};

/// A queue into one thread, which is woken once it sleeps.
template <class Item>
class Pipe {
 public:
    void send(std::vector<Item>& items) {
        if (items.empty()) return;
        SW_ASSERT(items_.enqueue_bulk(items.begin(), items.size()));
        items.clear();
        std::atomic_thread_fence(std::memory_order_seq_cst);  // pairs with sleep()
        if (is_asleep_.load(std::memory_order_relaxed)) wake_up_.signal();
    }
    std::size_t receive(std::array<Item, items_at_once>& items) {
        return items_.try_dequeue_bulk(items.begin(), items.size());
    }
    /// Until something was sent, or somebody signals.
    void sleep() {
        is_asleep_.store(true, std::memory_order_relaxed);
        std::atomic_thread_fence(std::memory_order_seq_cst);  // pairs with send()
        if (items_.size_approx() == 0) wake_up_.wait(std::chrono::milliseconds{10});
        is_asleep_.store(false, std::memory_order_relaxed);
    }
    sched::WakeUp& wake_up() noexcept { return wake_up_; }

 private:
    moodycamel::ConcurrentQueue<Item> items_;
    alignas(64) std::atomic<bool> is_asleep_{false};
    sched::WakeUp wake_up_;
};

// ---- the worker: takes messages, answers with SendTaskSuccess -----------------------------------

class Worker {
 public:
    Worker(Pipe<Message>& messages, Pipe<Completion>& completions)
        : messages_(messages), completions_(completions), thread_([this] { run(); }) {}
    ~Worker() {
        is_over_.store(true);
        messages_.wake_up().signal();
        thread_.join();
    }

 private:
    void run() {
        std::array<Message, items_at_once> messages;
        std::vector<Completion> completions;
        completions.reserve(items_at_once);
        while (!is_over_.load(std::memory_order_relaxed)) {
            const std::size_t count = messages_.receive(messages);
            if (count == 0) messages_.sleep();
            for (std::size_t i = 0; i < count; ++i) completions.push_back(answer(messages[i]));
            completions_.send(completions);
        }
    }

    /// Writes the request as a client would, and reads it as the server must.
    Completion answer(const Message& message) {
        constexpr std::string_view head = R"({"taskToken":")";
        constexpr std::string_view middle = R"(","output":"{\"data\":\")";
        constexpr std::string_view end = R"(\"}"})";
        char* at = request_.data();
        const auto put = [&at](std::string_view text) {
            std::memcpy(at, text.data(), text.size());
            at += text.size();
        };
        put(head);
        put({message.token.data(), message.token.size()});
        put(middle);
        put({message.input.data(), message.input.size()});
        put(end);
        const auto length = static_cast<std::size_t>(at - request_.data());

        simdjson::ondemand::document document;
        std::string_view token;
        std::string_view output;
        const bool is_good =
            parser_.iterate(request_.data(), length, request_.size()).get(document) == 0 &&
            document["taskToken"].raw_json_token().get(token) == 0 &&
            document["output"].raw_json_token().get(output) == 0;
        SW_ASSERT(is_good && token.size() >= sizeof(TokenText) + 2 && output.size() > payload_size);
        const auto address = sched::decode_token(token_key, token.substr(1, sizeof(TokenText)));
        SW_ASSERT(address.has_value());
        Completion completion{*address, {}};
        std::memcpy(completion.output.data(), output.data(), payload_size);
        return completion;
    }

    Pipe<Message>& messages_;
    Pipe<Completion>& completions_;
    simdjson::ondemand::parser parser_;
    std::array<char, 512 + simdjson::SIMDJSON_PADDING> request_{};
    std::atomic<bool> is_over_{false};
    std::thread thread_;  // last: it uses all of the above
};

// ---- the shard: executions, and what waits for the log ------------------------------------------

class Shard;

/// An execution: runs until it waits, and is destroyed by its own end.
struct Execution {
    struct promise_type {
        static void* operator new(std::size_t bytes, Shard& shard, std::uint32_t slot);
        static void operator delete(void* frame, std::size_t bytes) {
            sched::Slab::release(frame, bytes);
        }
        Execution get_return_object() noexcept { return {}; }
        std::suspend_never initial_suspend() noexcept { return {}; }
        std::suspend_never final_suspend() noexcept { return {}; }
        void return_void() noexcept {}
        void unhandled_exception() noexcept { SW_PANIC("an exception in the sketch"); }
    };
};

class Shard {
 public:
    Shard(const BaselineOptions& options, const std::filesystem::path& log)
        : options_(options), log_(log, completions_.wake_up()), worker_(messages_, completions_) {
        payload_.fill('x');
        message_batch_.reserve(items_at_once);
    }

    void park(std::uint64_t count);
    void run(BaselineReport& report);
    std::uint64_t log_bytes() const noexcept { return log_.appended(); }

    // For the coroutine.
    sched::Slab slab;
    void started(std::uint32_t slot);
    auto callback(std::uint32_t slot) noexcept {
        struct Awaiter {
            Shard& shard;
            std::uint32_t slot;
            bool await_ready() const noexcept { return false; }
            void await_suspend(std::coroutine_handle<> frame) noexcept {
                shard.slots_[slot].waiting = frame;
            }
            const PayloadBytes& await_resume() const noexcept { return *shard.output_; }
        };
        return Awaiter{*this, slot};
    }
    void ended(std::uint32_t slot, const PayloadBytes& output);

 private:
    struct Slot {
        std::coroutine_handle<> waiting;
        std::uint32_t generation = 0;
    };
    enum class Then : std::uint8_t { send_message, reply };
    /// What follows once the log is durable up to `position`.
    struct Held {
        std::uint64_t position;
        std::uint32_t slot;
        Then then;
        TokenText token;
    };
    // Of one execution in so many the latency is taken: the clock costs as much as other steps.
    static constexpr std::uint32_t timed_every = 64;

    void start(std::uint32_t slot);
    void record(std::uint32_t slot, std::string_view data);
    void hold(const Held& held);
    bool release();
    void finish(std::uint32_t slot);
    bool take_completions();
    void sleep();

    const BaselineOptions options_;
    Pipe<Message> messages_;
    Pipe<Completion> completions_;
    SketchLog log_;
    std::vector<Slot> slots_;
    std::vector<Clock::time_point> began_;
    PayloadBytes payload_{};
    const PayloadBytes* output_ = nullptr;  // of the execution that is being resumed
    std::vector<Message> message_batch_;
    bool is_parking_ = false;
    bool is_starting_ = true;

    // A ring: an execution under way waits for the log in one place at most.
    std::vector<Held> held_;
    std::size_t held_first_ = 0;
    std::size_t held_count_ = 0;

    std::uint64_t started_ = 0;
    std::uint64_t succeeded_ = 0;
    LatencyHistogram latencies_;
    Worker worker_;
};

void* Execution::promise_type::operator new(std::size_t bytes, Shard& shard, std::uint32_t) {
    return shard.slab.allocate(bytes);
}

Execution execute(Shard& shard, std::uint32_t slot) {
    shard.started(slot);
    const PayloadBytes& output = co_await shard.callback(slot);
    shard.ended(slot, output);
}

void Shard::record(std::uint32_t slot, std::string_view data) {
    std::array<char, record_head_bytes> head{};
    std::memcpy(head.data(), &slot, sizeof slot);
    std::memcpy(head.data() + 8, &started_, sizeof started_);
    log_.append({head.data(), head.size()});
    log_.append(data);
}

void Shard::hold(const Held& held) {
    held_[(held_first_ + held_count_) % held_.size()] = held;
    ++held_count_;
}

void Shard::start(std::uint32_t slot) {
    ++started_;
    if (slot % timed_every == 0) began_[slot] = Clock::now();
    execute(*this, slot);
}

void Shard::started(std::uint32_t slot) {
    record(slot, {payload_.data(), payload_.size()});
    const std::uint32_t generation = ++slots_[slot].generation;
    const TokenText token = sched::encode_token(token_key, {0, slot, generation, slot});
    record(slot, {token.data(), token.size()});
    if (!is_parking_) hold({log_.appended(), slot, Then::send_message, token});
}

void Shard::ended(std::uint32_t slot, const PayloadBytes& output) {
    record(slot, {output.data(), output.size()});
    record(slot, {});
    hold({log_.appended(), slot, Then::reply, {}});
}

void Shard::finish(std::uint32_t slot) {
    ++succeeded_;
    if (slot % timed_every == 0) latencies_.record(Clock::now() - began_[slot]);
    if (is_starting_) start(slot);
}

/// What the log has synced goes out.
bool Shard::release() {
    const std::uint64_t synced = log_.synced();
    bool is_any = false;
    while (held_count_ > 0 && held_[held_first_].position <= synced) {
        if (!log_.has_room(turn_bytes_max)) break;
        const Held held = held_[held_first_];
        held_first_ = (held_first_ + 1) % held_.size();
        --held_count_;
        is_any = true;
        if (held.then == Then::reply) {
            finish(held.slot);
            continue;
        }
        message_batch_.push_back({held.token, payload_});
        if (message_batch_.size() == items_at_once) messages_.send(message_batch_);
    }
    messages_.send(message_batch_);
    return is_any;
}

bool Shard::take_completions() {
    if (!log_.has_room(items_at_once * turn_bytes_max)) return false;
    std::array<Completion, items_at_once> completions;
    const std::size_t count = completions_.receive(completions);
    for (std::size_t i = 0; i < count; ++i)
        __builtin_prefetch(slots_[completions[i].address.slot].waiting.address());
    for (std::size_t i = 0; i < count; ++i) {
        Slot& slot = slots_[completions[i].address.slot];
        SW_ASSERT(slot.generation == completions[i].address.generation);
        output_ = &completions[i].output;
        slot.waiting.resume();
    }
    return count > 0;
}

/// Until a completion has come or, with no room to record what it does, a group is written.
void Shard::sleep() {
    if (log_.has_room(items_at_once * turn_bytes_max)) return completions_.sleep();
    completions_.wake_up().wait(std::chrono::milliseconds{10});
}

/// Executions whose callback never comes; they take the first slots.
void Shard::park(std::uint64_t count) {
    slots_.resize(count);
    began_.resize(count);
    is_parking_ = true;
    for (std::uint32_t slot = 0; slot < count; ++slot) {
        while (!log_.has_room(turn_bytes_max)) log_.flush();
        start(slot);
    }
    is_parking_ = false;
}

void Shard::run(BaselineReport& report) {
    const auto first = static_cast<std::uint32_t>(slots_.size());
    slots_.resize(first + options_.in_flight_max);
    began_.resize(slots_.size());
    held_.resize(options_.in_flight_max);
    const auto began = Clock::now();
    const auto until = began + std::chrono::duration<double>(options_.seconds);
    const std::uint64_t before = started_;
    for (std::uint64_t i = 0; i < options_.in_flight_max; ++i) {
        while (!log_.has_room(turn_bytes_max)) log_.flush();
        start(first + static_cast<std::uint32_t>(i));
    }
    constexpr std::uint32_t rounds_between_looks = 64;
    for (std::uint32_t round = 0; succeeded_ < started_ - before; ++round) {
        log_.flush();
        const bool has_released = release();
        const bool has_resumed = take_completions();
        if (!has_released && !has_resumed) sleep();
        if (round % rounds_between_looks == 0 && Clock::now() >= until) is_starting_ = false;
    }
    report.seconds = std::chrono::duration<double>(Clock::now() - began).count();
    report.started = started_ - before;
    report.succeeded = succeeded_;
    report.latency_p50_us = latencies_.percentile_us(0.5);
    report.latency_p99_us = latencies_.percentile_us(0.99);
    report.latency_p999_us = latencies_.percentile_us(0.999);
}

}  // namespace

BaselineReport run_sketch(const BaselineOptions& options) {
    const TemporaryDirectory directory;
    BaselineReport report;
    report.fsync_us = fsync_us_in(directory.path());
    const bool is_kept = options.durability != Durability::none;
    Shard shard(options, is_kept ? directory.path() / "log" : std::filesystem::path{});
    if (options.waiting > 0) {
        const std::uint64_t before = own_rss_bytes();
        shard.park(options.waiting);
        const std::uint64_t after = own_rss_bytes();
        report.rss_bytes_per_waiting =
            static_cast<double>(after - before) / static_cast<double>(options.waiting);
    }
    const double cpu_before = cpu_us_of(::getpid());
    const std::uint64_t bytes_before = shard.log_bytes();
    shard.run(report);
    report.cpu_us = cpu_us_of(::getpid()) - cpu_before;
    if (is_kept) report.journal_bytes = static_cast<double>(shard.log_bytes() - bytes_before);
    return report;
}

}  // namespace stepwell::bench
