#include "api/world.hpp"

#include <cstdlib>
#include <utility>

#include "api/dynamodb.hpp"
#include "api/event_bridge.hpp"
#include "api/event_targets.hpp"
#include "api/iam.hpp"
#include "api/lambda.hpp"
#include "api/s3.hpp"
#include "api/service_ports.hpp"
#include "api/sns.hpp"
#include "api/sqs.hpp"
#include "api/step_functions.hpp"
#include "api/sts.hpp"
#include "api/task_services.hpp"
#include "base/bytes.hpp"
#include "base/try.hpp"
#include "journal/watched_storage.hpp"
#include "sched/timers.hpp"

namespace stepwell::api {

namespace {

// A topic does not deliver to the server that it is on.
void refuse_own_listener(topic::HttpSender::Options& http, std::string_view endpoint) {
    const std::string_view address = endpoint.substr(endpoint.find("://") + 3);
    const std::size_t colon = address.rfind(':');
    if (colon == std::string_view::npos) return;
    http.own_host = address.substr(0, colon);
    http.own_port = static_cast<unsigned short>(
        std::strtoul(std::string(address.substr(colon + 1)).c_str(), nullptr, 10));
}

}  // namespace

// In the order of their making; each refers to those before it, and is destroyed before them.
struct World::Parts {
    explicit Parts(Options o)
        : options(std::move(o)), clock(options.clock != nullptr ? *options.clock : real_clock) {}

    ~Parts() {
        if (clock.is_virtual() && storage != nullptr) clock.unsubscribe(time_subscription);
    }

    Result<> open();
    Result<> recover();
    void keep_virtual_time();
    void make_objects();
    void register_operations();

    const Options options;
    RealClock real_clock;
    Clock& clock;
    std::unique_ptr<Storage> storage;
    OperationTable operations;
    std::unique_ptr<sched::Timers> timers;
    std::unique_ptr<access::Roles> roles;
    std::unique_ptr<access::Sessions> sessions;
    std::unique_ptr<queue::Queues> queues;
    std::unique_ptr<item::Items> items;
    std::unique_ptr<object::Objects> objects;
    std::unique_ptr<MapObjects> map_objects;
    std::unique_ptr<flow::Activities> activities;
    std::unique_ptr<function::Functions> functions;
    std::unique_ptr<TopicDeliveries> topic_deliveries;
    std::unique_ptr<topic::Topics> topics;
    std::unique_ptr<EventTargets> event_targets;
    std::shared_ptr<event::Rules> rules;
    std::unique_ptr<MappingQueues> mapping_queues;
    std::unique_ptr<function::EventSourceMappings> mappings;
    std::unique_ptr<TaskServices> tasks;
    std::unique_ptr<flow::StateMachines> machines;
    std::unique_ptr<flow::Executions> executions;
    std::uint64_t recovered_executions = 0;
    std::uint64_t time_subscription = 0;  // of a virtual clock's jumps
};

Result<> World::Parts::open() {
    if (options.durability == Durability::none) {
        storage = journal::make_memory_storage();
    } else {
        journal::StorageOptions store;
        store.directory = options.directory;
        store.durability = options.durability;
        store.on_failure = options.on_failure;
        store.on_progress = options.on_progress;
        SW_TRY(storage, options.open_storage(std::move(store)));
    }
    if (clock.is_virtual()) keep_virtual_time();
    const Identity& identity = options.identity;
    timers = std::make_unique<sched::Timers>(clock);
    SW_TRY(roles, access::Roles::open(*storage, identity, clock));
    SW_TRY(sessions, access::Sessions::open(*storage, *roles, identity, clock));
    queues = std::make_unique<queue::Queues>(identity, clock, *storage, *timers);
    items = std::make_unique<item::Items>(identity, clock, *storage);
    activities = std::make_unique<flow::Activities>(identity, clock, *storage, *timers);

    make_objects();

    function::Functions::Options function_options;
    function_options.identity = identity;
    function_options.sdk_directory = options.sdk_directory;
    if (options.durability != Durability::none)
        function_options.data_directory = options.directory / "functions";
    functions = std::make_unique<function::Functions>(std::move(function_options), clock, *storage,
                                                      *timers);
    functions->set_endpoint(options.endpoint);

    topic_deliveries = std::make_unique<TopicDeliveries>(*queues, *functions);
    topic::Topics::Options topic_options;
    topic_options.identity = identity;
    topic_options.public_url = options.endpoint;
    refuse_own_listener(topic_options.http, options.endpoint);
    topics = std::make_unique<topic::Topics>(std::move(topic_options), clock, *storage, *timers,
                                             *topic_deliveries);
    event_targets =
        std::make_unique<EventTargets>(*queues, *topics, *functions, operations, identity);
    rules = std::make_shared<event::Rules>(identity, clock, *storage, *event_targets);
    mapping_queues = std::make_unique<MappingQueues>(*queues, *storage, identity);
    mappings = std::make_unique<function::EventSourceMappings>(*functions, *mapping_queues, clock,
                                                               *storage, *timers);
    tasks = std::make_unique<TaskServices>(
        TaskServices::Parts{identity, clock, *activities, *queues, *topics, *functions, *rules});
    machines = std::make_unique<flow::StateMachines>(identity, clock, *storage, *tasks);

    flow::Executions::Options execution_options;
    execution_options.shards = options.shards;
    execution_options.identity = identity;
    execution_options.seed = options.seed;
    execution_options.objects = map_objects.get();
    execution_options.closed_executions_max = options.closed_executions_max;
    execution_options.retention = options.retention;
    execution_options.passivation = options.passivation;
    executions =
        std::make_unique<flow::Executions>(execution_options, clock, *storage, *machines, *tasks);
    tasks->connect(*executions, operations);
    activities->report_started_to(
        [this](flow::TaskAddress address, std::string worker_name, flow::Completion<> done) {
            executions->activity_task_started(address, std::move(worker_name), std::move(done));
        });

    register_operations();
    return recover();
}

void World::Parts::register_operations() {
    register_step_functions(operations, {*machines, *activities, *executions, options.mocks.get()});
    register_sqs(operations, *queues, *storage, options.identity);
    register_sns(operations, *topics, *storage);
    register_lambda(operations, *functions, *mappings);
    register_dynamodb(operations, *items);
    register_event_bridge(operations, *rules, *storage, options.identity);
    register_iam(operations, *roles);
    register_sts(operations, *sessions);
    register_s3(operations, *objects, options.identity);
}

void World::Parts::make_objects() {
    object::Bodies::Options body_options;
    body_options.syncs = options.durability == Durability::sync;
    if (options.durability != Durability::none)
        body_options.directory = options.directory / "objects";
    objects = std::make_unique<object::Objects>(std::move(body_options), options.identity.region,
                                                clock, *storage);
    map_objects = std::make_unique<MapObjects>(*objects);
}

// What the directory holds was written at times that the machine's clock may not have reached: a
// virtual clock goes on where it ended.
void World::Parts::keep_virtual_time() {
    static constexpr std::string_view key = "virtual_time";
    storage = journal::watch(std::move(storage), clock);
    if (const auto stored = storage->get(Table::meta, key)) {
        ByteReader reader(*stored);
        const auto time = static_cast<std::int64_t>(reader.big_endian<std::uint64_t>());
        if (reader.is_good()) clock.catch_up(TimePoint{milliseconds{time}});
    }
    // First of all that hear of a jump, so that the time stands before whatever is done at it.
    time_subscription = clock.subscribe([this] {
        std::string time;
        append_big_endian(time, static_cast<std::uint64_t>(clock.now().time_since_epoch().count()));
        Effects effects;
        effects.put(Table::meta, key, time);
        storage->commit(std::move(effects));
    });
}

Result<> World::Parts::recover() {
    if (const Result<std::uint64_t> messages = queues->recover(); !messages.has_value())
        return messages.error();
    if (const Result<std::uint64_t> stored = items->recover(); !stored.has_value())
        return stored.error();
    if (const Result<> done = activities->recover(); !done.has_value()) return done;
    if (const Result<> done = objects->recover(); !done.has_value()) return done;
    if (const Result<> done = functions->recover(); !done.has_value()) return done;
    if (const Result<> done = rules->recover(); !done.has_value()) return done;
    if (const Result<> done = mappings->recover(); !done.has_value()) return done;
    return machines->recover();
}

World::World(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Result<std::unique_ptr<World>> World::open(Options options) {
    auto parts = std::make_unique<Parts>(std::move(options));
    if (const Result<> opened = parts->open(); !opened.has_value()) return opened.error();
    return std::unique_ptr<World>(new World(std::move(parts)));
}

Result<> World::start() {
    Parts& parts = *parts_;
    SW_TRY(parts.recovered_executions, parts.executions->start_running());
    parts.functions->start_running();
    if (const Result<std::uint64_t> open = parts.topics->recover(); !open.has_value())
        return open.error();
    parts.mappings->start_running();
    parts.rules->start_recorded();
    resume_deletions({*parts.machines, *parts.activities, *parts.executions});
    return {};
}

World::~World() {
    // First of all no execution hears answers any more: a function that is killed below has not
    // failed its task.
    if (parts_->executions != nullptr) parts_->executions->stop_running();
    parts_->rules.reset();
    parts_->mappings.reset();
    if (parts_->objects != nullptr) parts_->objects->stop();
    parts_->topics.reset();
    parts_->functions.reset();
}

const OperationTable& World::operations() const noexcept { return parts_->operations; }
std::uint64_t World::recovered_executions() const noexcept { return parts_->recovered_executions; }
Clock& World::clock() noexcept { return parts_->clock; }
Storage& World::storage() noexcept { return *parts_->storage; }
flow::StateMachines& World::machines() noexcept { return *parts_->machines; }
flow::Executions& World::executions() noexcept { return *parts_->executions; }
queue::Queues& World::queues() noexcept { return *parts_->queues; }
topic::Topics& World::topics() noexcept { return *parts_->topics; }
object::Objects& World::objects() noexcept { return *parts_->objects; }
function::Functions& World::functions() noexcept { return *parts_->functions; }
item::Items& World::items() noexcept { return *parts_->items; }
const Identity& World::identity() const noexcept { return parts_->options.identity; }

}  // namespace stepwell::api
