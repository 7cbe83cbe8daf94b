#include "callback_load.hpp"

#include <algorithm>
#include <future>
#include <utility>

#include "base/assert.hpp"
#include "callback_definition.hpp"
#include "json/value.hpp"
#include "json/writer.hpp"

namespace stepwell::bench {

namespace {

using Clock = std::chrono::steady_clock;

Payload payload_of(std::size_t bytes) {
    constexpr std::string_view around = R"({"data":""})";
    return Payload::trusted(R"({"data":")" + filler(bytes, around.size()) + R"("})");
}

}  // namespace

// What the workers share, and what outlives the load when a receive is answered late.
struct CallbackLoad::Crew {
    std::atomic<std::uint64_t> completed{0};  // tokens whose completion was acknowledged
    std::atomic<std::uint64_t> deleted{0};    // messages

    std::mutex mutex;
    std::condition_variable changed;
    std::uint32_t busy = 0;  // workers between a receive and the next
    bool is_over = false;

    /// False when there is nothing to do any more.
    bool begin_work() {
        const std::scoped_lock lock(mutex);
        if (!is_over) ++busy;
        return !is_over;
    }
    void end_work() {
        const std::scoped_lock lock(mutex);
        --busy;
        changed.notify_all();
    }
    void wait_until_deleted(std::uint64_t count) {
        std::unique_lock lock(mutex);
        changed.wait(lock, [&] { return deleted.load() >= count; });
    }
    void end() {
        std::unique_lock lock(mutex);
        is_over = true;
        changed.wait(lock, [this] { return busy == 0; });
    }
};

// One chain: receive up to ten, complete each (unless there is no output), delete them, again.
struct CallbackLoad::Worker : std::enable_shared_from_this<Worker> {
    Worker(api::World& w, queue::QueuePtr q, std::shared_ptr<Crew> c, Payload o)
        : world(w), queue(std::move(q)), crew(std::move(c)), output(std::move(o)) {}

    void receive() {
        queue::ReceiveMessageInput input;
        input.max_number_of_messages = 10;
        input.wait_time_s = 20;
        queue->receive(input,
                       [self = shared_from_this()](Result<queue::ReceivedMessages> received) {
                           if (!self->crew->begin_work()) return;
                           SW_ASSERT(received.has_value());
                           self->complete(*std::move(received));
                       });
    }

    void complete(queue::ReceivedMessages received) {
        messages = std::move(received);
        if (messages.empty() || output.is_absent()) return finish();
        open.store(messages.size());
        for (const queue::ReceivedMessage& message : messages) {
            const auto body = json::Document::parse(message.message->body());
            SW_ASSERT(body.has_value());
            world.executions().send_task_success(body->root().find("TaskToken")->string(), output,
                                                 [self = shared_from_this()](const Result<>& done) {
                                                     if (done.has_value())
                                                         self->crew->completed.fetch_add(1);
                                                     if (self->open.fetch_sub(1) == 1)
                                                         self->finish();
                                                 });
        }
    }

    void finish() {
        Effects effects;
        for (const queue::ReceivedMessage& message : messages) {
            const Result<> deleted = queue->delete_message(effects, message.receipt_handle.text());
            SW_ASSERT(deleted.has_value());
        }
        const std::size_t count = std::exchange(messages, {}).size();
        effects.when_durable([self = shared_from_this(), count] {
            self->crew->deleted.fetch_add(count);
            self->receive();  // still counted as busy: who ends the crew finds the poll in place
            self->crew->end_work();
        });
        world.storage().commit(std::move(effects));
    }

    api::World& world;
    const queue::QueuePtr queue;
    const std::shared_ptr<Crew> crew;
    const Payload output;
    queue::ReceivedMessages messages;
    std::atomic<std::size_t> open{0};  // completions on their way
};

CallbackLoad::CallbackLoad(api::World& world, Options options)
    : world_(world),
      input_(payload_of(options.payload_bytes)),
      workers_(options.workers),
      crew_(std::make_shared<Crew>()) {
    create("sqs", "CreateQueue",
           R"({"QueueName":"bench","Attributes":{"VisibilityTimeout":"600"}})");
    create("sqs", "CreateQueue", R"({"QueueName":"bench-parked"})");
    create("sns", "CreateTopic", R"({"Name":"bench"})");
    for (const std::string_view queue : {"bench", "bench-parked"}) {
        json::Writer machine;
        machine.begin_object().member("name", queue);
        machine.member("definition", callback_definition(queue));
        machine.member("roleArn", "arn:aws:iam::000000000000:role/bench").end_object();
        create("states", "CreateStateMachine", machine.take());
    }
    const auto machine_of = [&](std::string_view name) {
        const std::string resource = std::string("stateMachine:").append(name);
        return *world_.machines().find(world_.identity().arn("states", resource));
    };
    machine_ = machine_of("bench");
    parked_machine_ = machine_of("bench-parked");
    queue_ = *world_.queues().find("bench");
    for (std::uint32_t i = 0; i < options.workers; ++i)
        std::make_shared<Worker>(world_, queue_, crew_, input_)->receive();
}

CallbackLoad::~CallbackLoad() {
    stop_starting();
    if (pacer_.joinable()) pacer_.join();
    crew_->end();
    queue_->end_polls(std::nullopt);  // lets go of the workers
}

std::uint64_t CallbackLoad::duplicates() const noexcept {
    const std::uint64_t completed = crew_->completed.load();
    return completed - std::min(completed, succeeded_.load());
}

void CallbackLoad::create(std::string_view service, std::string_view operation, std::string input) {
    api::Call call;
    call.body = std::move(input);
    call.context = {"http://127.0.0.1:4566", "bench", "", "us-east-1"};
    std::promise<void> done;
    const std::future<void> is_done = done.get_future();
    (*world_.operations().find(service, operation))(
        std::move(call), [done = std::move(done)](const Result<api::Reply>& reply) mutable {
            SW_ASSERT(reply.has_value());
            done.set_value();
        });
    is_done.wait();
}

bool CallbackLoad::take_one() noexcept {
    std::uint64_t left = to_start_.load();
    while (left > 0 && !to_start_.compare_exchange_weak(left, left - 1)) {
    }
    return left > 0;
}

void CallbackLoad::start_one(Clock::time_point due) {
    started_.fetch_add(1);
    flow::StartExecutionInput input;
    input.machine = machine_;
    input.input = input_;
    input.over = [this, due](ExecutionStatus status) { ended(status, due); };
    world_.executions().start(
        std::move(input),
        [](const Result<flow::StartExecutionOutput>& started) { SW_ASSERT(started.has_value()); });
}

void CallbackLoad::ended(ExecutionStatus status, Clock::time_point began) {
    (status == ExecutionStatus::succeeded ? succeeded_ : failed_).fetch_add(1);
    latencies_.record(Clock::now() - began);
    if (take_one()) return start_one(Clock::now());
    const std::scoped_lock lock(mutex_);
    --open_;
    if (open_ == 0 || is_paced_) changed_.notify_all();
}

void CallbackLoad::begin(std::uint64_t count, std::uint64_t in_flight_max) {
    const std::uint64_t at_first = std::min(count, in_flight_max);
    {
        const std::scoped_lock lock(mutex_);
        SW_ASSERT(open_ == 0);
        open_ = at_first;
    }
    to_start_.store(count - at_first);
    for (std::uint64_t i = 0; i < at_first; ++i) start_one(Clock::now());
}

void CallbackLoad::begin_at_rate(std::uint64_t count, double per_second) {
    if (pacer_.joinable()) pacer_.join();
    const std::scoped_lock lock(mutex_);
    SW_ASSERT(open_ == 0);
    open_ = 1;
    is_paced_ = true;
    pacer_ = std::thread([this, count, per_second] { keep_rate(count, per_second); });
}

void CallbackLoad::keep_rate(std::uint64_t count, double per_second) {
    constexpr std::uint64_t open_max = 1'000'000;  // an engine that does not follow
    const Clock::time_point began = Clock::now();
    std::unique_lock lock(mutex_);
    for (std::uint64_t i = 0; i < count; ++i) {
        const std::chrono::duration<double> offset{static_cast<double>(i) / per_second};
        const auto due = began + std::chrono::duration_cast<Clock::duration>(offset);
        changed_.wait_until(lock, due, [&] { return !is_paced_ || Clock::now() >= due; });
        changed_.wait(lock, [&] { return !is_paced_ || open_ < open_max; });
        if (!is_paced_) break;
        ++open_;
        lock.unlock();
        start_one(due);
        lock.lock();
    }
    --open_;
    changed_.notify_all();
}

void CallbackLoad::stop_starting() {
    to_start_.store(0);
    const std::scoped_lock lock(mutex_);
    is_paced_ = false;
    changed_.notify_all();
}

bool CallbackLoad::wait_for(std::chrono::milliseconds patience) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, patience, [this] { return open_ == 0; });
}

void CallbackLoad::run(std::uint64_t count, std::uint64_t in_flight_max) {
    begin(count, in_flight_max);
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return open_ == 0; });
}

void CallbackLoad::park(std::uint64_t count) {
    constexpr std::uint64_t under_way_max = 4'096;
    const queue::QueuePtr queue = *world_.queues().find("bench-parked");
    const auto crew = std::make_shared<Crew>();  // takes their messages off the queue
    for (std::uint32_t i = 0; i < workers_; ++i)
        std::make_shared<Worker>(world_, queue, crew, Payload{})->receive();
    std::mutex mutex;
    std::condition_variable changed;
    std::uint64_t under_way = 0;
    std::unique_lock lock(mutex);
    for (std::uint64_t i = 0; i < count; ++i) {
        changed.wait(lock, [&] { return under_way < under_way_max; });
        ++under_way;
        lock.unlock();
        flow::StartExecutionInput input;
        input.machine = parked_machine_;
        input.input = input_;
        world_.executions().start(std::move(input),
                                  [&](const Result<flow::StartExecutionOutput>& started) {
                                      SW_ASSERT(started.has_value());
                                      const std::scoped_lock done(mutex);
                                      --under_way;
                                      changed.notify_all();
                                  });
        lock.lock();
    }
    changed.wait(lock, [&] { return under_way == 0; });
    crew->wait_until_deleted(count);
    crew->end();
    queue->end_polls(std::nullopt);
}

}  // namespace stepwell::bench
