#include <stepwell/engine.hpp>

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "api/world.hpp"
#include "base/errors.hpp"
#include "base/in_flight.hpp"
#include "base/limits.hpp"
#include "base/random.hpp"
#include "base/try.hpp"
#include "flow/errors.hpp"
#include "json/value.hpp"
#include "json/writer.hpp"

namespace stepwell {

namespace {

constexpr const char* queue_host = "http://127.0.0.1:4566";

template <class T>
using StatePtr = std::shared_ptr<FutureState<Result<T>>>;

// Calls `start(completion)` and gives the Future of what the completion gets.
template <class T, class Start>
Future<Result<T>> future_of(Start start) {
    auto state = std::make_shared<FutureState<Result<T>>>();
    start([state](Result<T> result) { state->set(std::move(result)); });
    return Future<Result<T>>(state);
}

Result<std::string> member_of(const Result<Payload>& output, std::string_view name) {
    if (!output.has_value()) return output.error();
    const json::Document document = json::Document::of(*output);
    return std::string(document.root().find(name)->string());
}

}  // namespace

// Receives messages and hands them to a consumer, one chain of receive, handle, delete for each
// unit of concurrency. Kept alive by the call-backs under way; ends when the engine says so.
class ConsumerLoop : public std::enable_shared_from_this<ConsumerLoop> {
 public:
    ConsumerLoop(queue::QueuePtr queue, QueueConsumer consumer, Storage& storage,
                 std::weak_ptr<InFlight> handled)
        : queue_(std::move(queue)),
          consumer_(std::move(consumer)),
          storage_(storage),
          handled_(std::move(handled)) {}

    void receive() {
        queue::ReceiveMessageInput input;
        input.wait_time_s = 20;
        queue_->receive(input,
                        [self = shared_from_this()](Result<queue::ReceivedMessages> received) {
                            self->take(std::move(received));
                        });
    }
    void end() { is_over_.store(true); }

 private:
    void take(Result<queue::ReceivedMessages> received) {
        if (is_over_.load() || !received.has_value())
            return;  // the engine ends, or the queue was deleted
        if (received->empty()) return receive();
        queue::ReceivedMessage& message = received->front();
        QueueMessage handed{message.message->id().text().string(),
                            std::string(message.message->body()), message.receive_count};
        if (const auto handled = handled_.lock()) handled->begin();
        consumer_(std::move(handed))
            .then([self = shared_from_this(), handle = std::string(message.receipt_handle.text())](
                      bool is_done) { self->finish(handle, is_done); });
    }

    void finish(const std::string& receipt_handle, bool is_done) {
        if (!is_over_.load()) give_back(receipt_handle, is_done);
        if (const auto handled = handled_.lock()) handled->end();
    }

    void give_back(const std::string& receipt_handle, bool is_done) {
        Effects effects;
        // A handle that is void by now belongs to a message that came again: it will be deleted
        // then.
        if (is_done) static_cast<void>(queue_->delete_message(effects, receipt_handle));
        effects.when_durable([self = shared_from_this()] { self->receive(); });
        storage_.commit(std::move(effects));
    }

    const queue::QueuePtr queue_;
    const QueueConsumer consumer_;
    Storage& storage_;
    const std::weak_ptr<InFlight> handled_;  // messages in the consumer's hands
    std::atomic<bool> is_over_{false};
};

struct Engine::Parts {
    std::unique_ptr<api::World> world;
    std::mutex mutex;
    std::vector<std::shared_ptr<ConsumerLoop>> consumers;  // guarded by mutex
    std::shared_ptr<InFlight> handled;                     // by all consumers
};

Engine::Engine(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Engine::~Engine() {
    const std::scoped_lock lock(parts_->mutex);
    for (const auto& consumer : parts_->consumers) consumer->end();
}

Result<std::unique_ptr<Engine>> Engine::open(Options options) {
    if (options.shards < 1 || options.shards > 256) {
        return Error(errors::system_failure, "the number of shards must be between 1 and 256");
    }
    api::World::Options world;
    world.durability = options.directory.has_value() ? options.durability : Durability::none;
    if (options.directory.has_value()) world.directory = *options.directory;
    world.shards = options.shards;
    world.identity = Identity{options.account, options.region};
    world.clock = options.clock;
    world.seed = options.seed;
    world.closed_executions_max = options.closed_executions_max;
    world.passivation.resident_max = options.resident_executions_max;
    if (!options.mock_configuration.empty()) {
        SW_TRY(flow::MockConfiguration mocks,
               flow::MockConfiguration::parse(options.mock_configuration));
        world.mocks = std::make_shared<const flow::MockConfiguration>(std::move(mocks));
    }
    world.on_failure = std::move(options.on_failure);
    if (!world.on_failure) {
        world.on_failure = [](const Error& error) {
            std::fprintf(stderr, "stepwell: %s\n", error.message().c_str());
            std::abort();
        };
    }
    auto parts = std::make_unique<Parts>();
    SW_TRY(parts->world, api::World::open(std::move(world)));
    parts->handled = std::make_shared<InFlight>(parts->world->clock());
    if (const Result<> started = parts->world->start(); !started.has_value())
        return started.error();
    return std::unique_ptr<Engine>(new Engine(std::move(parts)));
}

void Engine::register_any_function(std::string name, AnyFunctionHandler handler) {
    parts_->world->functions().register_native(std::move(name), std::move(handler));
}

std::string Engine::function_arn(std::string_view name) const {
    return parts_->world->functions().arn_of(name);
}

Future<Result<Payload>> Engine::call(std::string_view service, std::string_view operation,
                                     Payload input) {
    return future_of<Payload>([&](auto done) {
        const api::Operation* found = parts_->world->operations().find(service, operation);
        if (found == nullptr) {
            return done(Error(errors::unknown_operation,
                              std::string(service).append(" has no operation ").append(operation)));
        }
        api::Call request;
        request.body = input.text();
        request.context = {queue_host, make_uuid(), "", parts_->world->identity().region};
        (*found)(std::move(request), [done = std::move(done)](Result<api::Reply> reply) mutable {
            if (!reply.has_value()) return done(reply.error());
            done(Payload::trusted(reply->body.empty() ? "{}" : reply->body));
        });
    });
}

Future<Result<std::string>> Engine::create_state_machine(std::string name, std::string definition) {
    json::Writer create;
    create.begin_object().member("name", name).member("definition", definition);
    create.member("roleArn", "arn:aws:iam::" + parts_->world->identity().account + ":role/embedded")
        .end_object();
    Result<Payload> created =
        co_await call("states", "CreateStateMachine", Payload::trusted(create.text()));
    const bool exists =
        !created.has_value() && created.error().is(flow::errors::state_machine_already_exists);
    if (!exists) co_return member_of(created, "stateMachineArn");

    std::string arn = parts_->world->identity().arn("states", "stateMachine:" + name);
    json::Writer update;
    update.begin_object()
        .member("stateMachineArn", arn)
        .member("definition", definition)
        .end_object();
    const Result<Payload> updated =
        co_await call("states", "UpdateStateMachine", Payload::trusted(update.text()));
    if (!updated.has_value()) co_return updated.error();
    co_return arn;
}

Future<Result<std::string>> Engine::start_execution(std::string state_machine_arn, Payload input,
                                                    std::string name) {
    json::Writer start;
    start.begin_object().member("stateMachineArn", state_machine_arn).member("input", input.text());
    if (!name.empty()) start.member("name", name);
    start.end_object();
    const Result<Payload> started =
        co_await call("states", "StartExecution", Payload::trusted(start.text()));
    co_return member_of(started, "executionArn");
}

Future<Result<ExecutionDescription>> Engine::wait_for_execution(std::string execution_arn) {
    return future_of<ExecutionDescription>([&](auto done) {
        parts_->world->executions().wait_until_ended(std::move(execution_arn), std::move(done));
    });
}

Future<Result<ExecutionDescription>> Engine::run(std::string state_machine_arn, Payload input,
                                                 std::string name) {
    Result<std::string> started =
        co_await start_execution(std::move(state_machine_arn), std::move(input), std::move(name));
    if (!started.has_value()) co_return started.error();
    Result<ExecutionDescription> ended = co_await wait_for_execution(*std::move(started));
    co_return ended;
}

Future<Result<ExecutionDescription>> Engine::describe_execution(std::string execution_arn) {
    return future_of<ExecutionDescription>([&](auto done) {
        parts_->world->executions().describe(std::move(execution_arn), std::move(done));
    });
}

Future<Result<>> Engine::stop_execution(std::string execution_arn, std::optional<std::string> error,
                                        std::optional<std::string> cause) {
    return future_of<void>([&](auto done) {
        parts_->world->executions().stop(
            execution_arn, std::move(error), std::move(cause),
            [done = std::move(done)](const Result<TimePoint>& stopped) mutable {
                if (!stopped.has_value()) return done(stopped.error());
                done({});
            });
    });
}

Future<Result<Payload>> Engine::execution_history(std::string execution_arn) {
    return future_of<Payload>([&](auto done) {
        flow::GetHistoryInput input;
        input.execution_arn = std::move(execution_arn);
        input.max_results = limits::history_events_max;
        parts_->world->executions().history(
            std::move(input),
            [done = std::move(done)](const Result<flow::GetHistoryOutput>& history) mutable {
                if (!history.has_value()) return done(history.error());
                done(Payload::trusted(history->events));
            });
    });
}

Future<Result<>> Engine::send_task_success(std::string_view token, Payload output) {
    return future_of<void>([&](auto done) {
        if (output.size() > limits::payload_bytes_max) {
            return done(Error(flow::errors::invalid_output,
                              "Invalid Output: 'The output is longer than 262144 bytes'"));
        }
        parts_->world->executions().send_task_success(token, std::move(output), std::move(done));
    });
}

Future<Result<>> Engine::send_task_failure(std::string_view token, std::optional<std::string> error,
                                           std::optional<std::string> cause) {
    return future_of<void>([&](auto done) {
        parts_->world->executions().send_task_failure(token, std::move(error), std::move(cause),
                                                      std::move(done));
    });
}

Future<Result<>> Engine::send_task_heartbeat(std::string_view token) {
    return future_of<void>([&](auto done) {
        parts_->world->executions().send_task_heartbeat(token, std::move(done));
    });
}

Future<Result<std::string>> Engine::create_queue(std::string name) {
    json::Writer input;
    input.begin_object().member("QueueName", name).end_object();
    const Result<Payload> created =
        co_await call("sqs", "CreateQueue", Payload::trusted(input.text()));
    co_return member_of(created, "QueueUrl");
}

Future<Result<std::string>> Engine::send_message(std::string queue_name, std::string body) {
    return future_of<std::string>([&](auto done) {
        Effects effects;
        queue::SendMessageInput input;
        input.body = body;
        const Result<queue::SentMessage> sent =
            parts_->world->queues().send(effects, queue_name, input);
        if (!sent.has_value()) return done(sent.error());
        effects.when_durable(
            [done = std::move(done), id = sent->message_id.text().string()]() mutable {
                done(std::move(id));
            });
        parts_->world->storage().commit(std::move(effects));
    });
}

Result<> Engine::consume(std::string queue_name, QueueConsumer consumer,
                         std::uint32_t concurrency) {
    SW_TRY(queue::QueuePtr queue, parts_->world->queues().find(queue_name));
    auto loop = std::make_shared<ConsumerLoop>(std::move(queue), std::move(consumer),
                                               parts_->world->storage(), parts_->handled);
    {
        const std::scoped_lock lock(parts_->mutex);
        parts_->consumers.push_back(loop);
    }
    for (std::uint32_t i = 0; i < concurrency; ++i) loop->receive();
    return {};
}

Future<Result<std::string>> Engine::create_topic(std::string name) {
    json::Writer input;
    input.begin_object().member("Name", name).end_object();
    const Result<Payload> created =
        co_await call("sns", "CreateTopic", Payload::trusted(input.text()));
    co_return member_of(created, "TopicArn");
}

}  // namespace stepwell
