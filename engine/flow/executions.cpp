#include "flow/executions.hpp"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <latch>
#include <thread>
#include <utility>

#include "base/assert.hpp"
#include "base/bytes.hpp"
#include "base/errors.hpp"
#include "base/random.hpp"
#include "base/try.hpp"
#include "flow/errors.hpp"
#include "flow/execution_reads.hpp"
#include "flow/execution_shard.hpp"
#include "flow/jobs.hpp"
#include "flow/map_run_reads.hpp"
#include "flow/retention.hpp"
#include "flow/state_test.hpp"

namespace stepwell {

std::string_view name_of(ExecutionStatus status) noexcept {
    switch (status) {
        case ExecutionStatus::running:
            return "RUNNING";
        case ExecutionStatus::succeeded:
            return "SUCCEEDED";
        case ExecutionStatus::failed:
            return "FAILED";
        case ExecutionStatus::timed_out:
            return "TIMED_OUT";
        case ExecutionStatus::aborted:
            return "ABORTED";
    }
    return {};
}

}  // namespace stepwell

namespace stepwell::flow {

namespace {

constexpr std::string_view epoch_key = "execution_epoch";
constexpr std::string_view token_key_key = "task_token_key";
constexpr std::string_view name_salt_key = "execution_name_salt";

// FNV-1a: which shard an execution is started on must not depend on the process.
std::uint64_t hash_of(std::string_view text) noexcept {
    std::uint64_t hash = 0xcbf29ce484222325;
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    return hash ^ hash >> 32;
}

// The directory's token key, made at its first opening.
sched::TokenKey load_token_key(Storage& storage, Effects& effects) {
    sched::TokenKey key;
    const std::optional<std::string> stored = storage.get(Table::meta, token_key_key);
    if (stored.has_value() && stored->size() == sizeof key.key) {
        std::memcpy(key.key.data(), stored->data(), sizeof key.key);
        return key;
    }
    fill_with_secret_bytes(key.key.data(), sizeof key.key);
    effects.put(Table::meta, token_key_key,
                {reinterpret_cast<const char*>(key.key.data()), sizeof key.key});
    return key;
}

// What makes the names of the directory's executions its own.
std::uint64_t load_name_salt(Storage& storage, Effects& effects) {
    std::uint64_t salt = 0;
    const std::optional<std::string> stored = storage.get(Table::meta, name_salt_key);
    if (stored.has_value()) return ByteReader(*stored).big_endian<std::uint64_t>();
    fill_with_secret_bytes(&salt, sizeof salt);
    effects.put(Table::meta, name_salt_key, FixedKey<8>(salt));
    return salt;
}

// How often the directory has been opened, this time included: execution ids carry it.
std::uint32_t next_epoch(Storage& storage, Effects& effects) {
    const std::optional<std::string> stored = storage.get(Table::meta, epoch_key);
    const std::uint32_t epoch =
        stored.has_value() ? ByteReader(*stored).big_endian<std::uint32_t>() + 1 : 1;
    SW_ASSERT(epoch < epochs_max);
    std::string bytes;
    append_big_endian(bytes, epoch);
    effects.put(Table::meta, epoch_key, bytes);
    return epoch;
}

sched::TokenAddress address_of(const TaskAddress& address) {
    return {address.shard, address.slot, address.generation, address.execution};
}

Outcome outcome_of(Outcome::Kind kind, std::optional<std::string> error,
                   std::optional<std::string> cause) {
    Outcome outcome;
    outcome.kind = kind;
    outcome.has_error = error.has_value();
    outcome.has_cause = cause.has_value();
    outcome.failure = std::make_unique<TaskFailure>(TaskFailure{
        std::move(error).value_or(std::string()), std::move(cause).value_or(std::string())});
    return outcome;
}

ShardEnvironment environment_of(const Executions::Options& options, Clock& clock, Storage& storage,
                                const StateMachineSource& machines, TaskPort& port) {
    SW_ASSERT(options.shards >= 1 && options.shards <= shards_max);
    Effects effects;
    ShardEnvironment environment{options.identity,
                                 load_token_key(storage, effects),
                                 options.shards,
                                 next_epoch(storage, effects),
                                 options.seed,
                                 0,
                                 clock,
                                 storage,
                                 machines,
                                 port,
                                 options.objects,
                                 options.passivation};
    environment.identity.name_salt = load_name_salt(storage, effects);
    if (environment.seed == 0) fill_with_secret_bytes(&environment.seed, sizeof environment.seed);
    if (options.closed_executions_max > 0) {
        environment.closed_executions_max =
            std::max<std::uint64_t>(options.closed_executions_max / options.shards, 1);
    }
    if (options.passivation.resident_max > 0) {
        environment.passivation.resident_max =
            std::max<std::uint64_t>(options.passivation.resident_max / options.shards, 1);
    }
    storage.commit(std::move(effects));  // everything that carries them is committed later
    return environment;
}

}  // namespace

struct Executions::Parts {
    Parts(const Options& options, Clock& clock, Storage& s, const StateMachineSource& machines,
          TaskPort& port)
        : environment(environment_of(options, clock, s, machines, port)), storage(s) {
        for (std::uint32_t i = 0; i < options.shards; ++i) {
            shards.push_back(std::make_unique<ExecutionShard>(i, environment));
        }
        if (options.retention.has_value() && options.closed_executions_max == 0)
            retention.emplace(*options.retention, clock, s);
    }

    ExecutionShard& shard_of_number(std::uint32_t number) {
        return *shards[number % environment.shards];
    }
    ExecutionShard& shard_of_name(std::string_view machine, std::string_view name) {
        return *shards[(hash_of(machine) * 31 + hash_of(name)) % environment.shards];
    }

    // An execution without a name may run anywhere. One that is given the name which another got
    // from its id is refused where that one runs.
    ExecutionShard& shard_for(const StateMachine& machine, std::string_view name) {
        // relaxed: any number will do
        if (name.empty())
            return *shards[next_shard.fetch_add(1, std::memory_order_relaxed) % shards.size()];
        const std::optional<ExecutionId> said = id_of_uuid(environment.identity, name);
        return said.has_value() ? shard_of_number(shard_of(*said))
                                : shard_of_name(machine.name, name);
    }

    // Runs `use(id)` once the store has what is durable now, or fails `done`.
    template <class T, class Use>
    void with_execution(std::string_view arn, Completion<T> done, Use use) {
        storage.when_applied(
            storage.durable(),
            [this, arn = std::string(arn), done = std::move(done), use = std::move(use)]() mutable {
                const Result<ExecutionId> id = find_execution(storage, environment.identity, arn);
                if (!id.has_value()) return done(id.error());
                use(*id, std::move(done));
            });
    }

    // Before the shards' threads start: what was abandoned, and runs on, is stopped in their first
    // turns.
    void end_abandoned_jobs() {
        Effects effects;
        for (AbandonedJob& job : abandoned_jobs(storage)) {
            const auto runs_here = [&](const auto& shard) {
                return shard->has_started(job.starter);
            };
            const auto found = std::find_if(shards.begin(), shards.end(), runs_here);
            if (found == shards.end()) {
                forget_abandoned_job(effects, job.starter);
                continue;
            }
            ExecutionShard& shard = **found;
            shard.send(
                [&shard, job = std::move(job)] { shard.stop_started_by(job.starter, job.cause); });
        }
        if (!effects.is_empty()) storage.commit(std::move(effects));
    }

    const ShardEnvironment environment;
    Storage& storage;
    std::vector<std::unique_ptr<ExecutionShard>> shards;
    std::atomic<std::uint32_t> next_shard{0};  // of an execution without a name
    std::optional<Retention> retention;
};

Executions::Executions(Options options, Clock& clock, Storage& storage,
                       const StateMachineSource& machines, TaskPort& port)
    : parts_(std::make_unique<Parts>(options, clock, storage, machines, port)) {}

Executions::~Executions() { stop_running(); }

void Executions::stop_running() {
    if (parts_->retention.has_value()) parts_->retention->end();
    for (const auto& shard : parts_->shards) shard->stop_thread();
    // What the last turns release refers to the shards.
    std::latch released(1);
    Effects effects;
    effects.when_durable([&released] { released.count_down(); });
    const JournalSequence last = parts_->storage.commit(std::move(effects));
    released.wait();
    parts_->storage.wait_until_applied(last);
}

Result<std::uint64_t> Executions::start_running() {
    using Stored = ExecutionShard::Stored;
    std::vector<std::vector<Stored>> stored(parts_->shards.size());  // by shard
    std::uint64_t running = 0;
    parts_->storage.scan(Table::continuation, {},
                         [&](std::string_view key, std::string_view value) {
                             const auto id = ByteReader(key).big_endian<ExecutionId>();
                             std::vector<Stored>& of_shard = stored[shard_of(id) % stored.size()];
                             // The records of its branches stand behind the execution's own.
                             const std::optional<BranchNumber> branch = branch_of_key(key);
                             if (!branch.has_value()) {
                                 of_shard.push_back({id, std::string(value), {}});
                                 ++running;
                             } else if (!of_shard.empty() && of_shard.back().id == id) {
                                 of_shard.back().branches.emplace_back(*branch, value);
                             }
                             return true;
                         });
    // Each shard reads its own back, all at once.
    std::vector<std::optional<Error>> failures(stored.size());
    std::vector<std::thread> readers;
    for (std::size_t shard = 0; shard < stored.size(); ++shard) {
        readers.emplace_back([&, shard] {
            for (const Stored& each : stored[shard]) {
                const Result<> recovered = parts_->shards[shard]->recover(each);
                if (recovered.has_value()) continue;
                failures[shard] = recovered.error();
                return;
            }
        });
    }
    for (std::thread& reader : readers) reader.join();
    for (const std::optional<Error>& failure : failures) {
        if (failure.has_value()) return *failure;
    }
    for (const auto& shard : parts_->shards) shard->finish_recovering();
    parts_->end_abandoned_jobs();
    for (const auto& shard : parts_->shards) shard->start_thread();
    if (parts_->retention.has_value()) parts_->retention->begin();
    return running;
}

void Executions::start(StartExecutionInput input, Completion<StartExecutionOutput> done) {
    SW_ASSERT(input.machine != nullptr && !input.input.is_absent());
    struct Call {
        StartExecutionInput input;
        Completion<StartExecutionOutput> done;
        bool is_name_given;
    };
    const bool is_express = input.machine->type == MachineType::express;
    const bool is_name_given = !input.name.empty() && !is_express;
    if (is_express) input.name = express_name(input.name.empty() ? make_uuid() : input.name);
    ExecutionShard& shard = parts_->shard_for(*input.machine, input.name);
    auto call = std::make_unique<Call>(std::move(input), std::move(done), is_name_given);
    shard.send([&shard, call = std::move(call)] {
        shard.start(std::move(call->input), call->is_name_given, std::move(call->done));
    });
}

void Executions::test_state(StateTestInput input, Completion<StateTestResult> done) {
    SW_ASSERT(input.machine != nullptr && !input.input.is_absent());
    ExecutionShard& shard = parts_->shard_of_name(input.machine->name, make_uuid());
    auto test = std::make_unique<StateTest>(StateTest{std::move(input), std::move(done)});
    shard.send([&shard, test = std::move(test)]() mutable { shard.test_state(std::move(test)); });
}

void Executions::stop(std::string_view execution_arn, std::optional<std::string> error,
                      std::optional<std::string> cause, Completion<TimePoint> done) {
    Outcome reason = outcome_of(Outcome::Kind::stopped, std::move(error), std::move(cause));
    parts_->with_execution(
        execution_arn, std::move(done),
        [this, reason = std::move(reason)](ExecutionId id, Completion<TimePoint> answer) mutable {
            ExecutionShard& shard = parts_->shard_of_number(shard_of(id));
            shard.send(
                [&shard, id, reason = std::move(reason), answer = std::move(answer)]() mutable {
                    shard.stop(id, std::move(reason), std::move(answer));
                });
        });
}

void Executions::redrive(std::string_view execution_arn, std::string client_token,
                         Completion<TimePoint> done) {
    parts_->with_execution(execution_arn, std::move(done),
                           [this, token = std::move(client_token)](
                               ExecutionId id, Completion<TimePoint> answer) mutable {
                               ExecutionShard& shard = parts_->shard_of_number(shard_of(id));
                               shard.send([&shard, id, token = std::move(token),
                                           answer = std::move(answer)]() mutable {
                                   shard.redrive(id, token, std::move(answer));
                               });
                           });
}

void Executions::send_task_success(std::string_view token, Payload output, Completion<> done) {
    const auto address = sched::decode_token(parts_->environment.token_key, token);
    if (!address.has_value())
        return done(Error(errors::invalid_token, "Invalid Token: 'Invalid token'"));
    ExecutionShard& shard = parts_->shard_of_number(address->shard);
    auto command = [&shard, address = *address, output = std::move(output),
                    done = std::move(done)]() mutable {
        shard.succeed_task(address, std::move(output), std::move(done));
    };
    static_assert(sched::Command::fits<decltype(command)>);
    shard.send(std::move(command));
}

void Executions::send_task_failure(std::string_view token, std::optional<std::string> error,
                                   std::optional<std::string> cause, Completion<> done) {
    const auto address = sched::decode_token(parts_->environment.token_key, token);
    if (!address.has_value())
        return done(Error(errors::invalid_token, "Invalid Token: 'Invalid token'"));
    ExecutionShard& shard = parts_->shard_of_number(address->shard);
    Outcome failure = outcome_of(Outcome::Kind::failed, std::move(error), std::move(cause));
    shard.send([&shard, address = *address, failure = std::move(failure),
                done = std::move(done)]() mutable {
        shard.fail_task(address, std::move(failure), std::move(done));
    });
}

void Executions::send_task_heartbeat(std::string_view token, Completion<> done) {
    const auto address = sched::decode_token(parts_->environment.token_key, token);
    if (!address.has_value())
        return done(Error(errors::invalid_token, "Invalid Token: 'Invalid token'"));
    ExecutionShard& shard = parts_->shard_of_number(address->shard);
    shard.send([&shard, address = *address, done = std::move(done)]() mutable {
        shard.heartbeat(address, std::move(done));
    });
}

void Executions::answer_task(TaskAddress address, TaskAnswer answer) {
    ExecutionShard& shard = parts_->shard_of_number(address.shard);
    shard.send([&shard, address = address_of(address), answer = std::move(answer)]() mutable {
        shard.answer_task(address, std::move(answer));
    });
}

void Executions::activity_task_started(TaskAddress address, std::string worker_name,
                                       Completion<> done) {
    ExecutionShard& shard = parts_->shard_of_number(address.shard);
    shard.send([&shard, address = address_of(address), name = std::move(worker_name),
                done = std::move(done)]() mutable {
        shard.activity_task_started(address, name, std::move(done));
    });
}

void Executions::stop_started_by(std::string starter, std::string cause) {
    // Which shard it runs on depends on its name, which only the starter's service knows.
    for (const auto& owned : parts_->shards) {
        ExecutionShard& shard = *owned;
        shard.send([&shard, starter, cause] { shard.stop_started_by(starter, cause); });
    }
}

void Executions::describe(std::string execution_arn, Completion<ExecutionDescription> done) {
    describe_when_applied(parts_->storage, parts_->environment.identity,
                          {parts_->environment.clock, parts_->environment.machines},
                          std::move(execution_arn), std::move(done));
}

void Executions::list(ListExecutionsInput input, Completion<ListExecutionsOutput> done) {
    Parts& parts = *parts_;
    parts.storage.when_applied(parts.storage.durable(), [&parts, input = std::move(input),
                                                         done = std::move(done)]() mutable {
        done(flow::list(parts.storage, parts.environment.identity, input));
    });
}

void Executions::history(GetHistoryInput input, Completion<GetHistoryOutput> done) {
    Parts& parts = *parts_;
    parts.storage.when_applied(parts.storage.durable(), [&parts, input = std::move(input),
                                                         done = std::move(done)]() mutable {
        done(read_history(parts.storage, parts.environment.identity, input));
    });
}

void Executions::describe_map_run(std::string map_run_arn, Completion<MapRunDescription> done) {
    Parts& parts = *parts_;
    parts.storage.when_applied(parts.storage.durable(), [&parts, arn = std::move(map_run_arn),
                                                         done = std::move(done)]() mutable {
        done(flow::describe_map_run(parts.storage, parts.environment.identity, arn));
    });
}

void Executions::list_map_runs(ListMapRunsInput input, Completion<ListMapRunsOutput> done) {
    Parts& parts = *parts_;
    parts.storage.when_applied(parts.storage.durable(), [&parts, input = std::move(input),
                                                         done = std::move(done)]() mutable {
        done(flow::list_map_runs(parts.storage, parts.environment.identity, input));
    });
}

void Executions::update_map_run(UpdateMapRunInput input, Completion<> done) {
    Parts& parts = *parts_;
    parts.storage.when_applied(parts.storage.durable(), [&parts, input = std::move(input),
                                                         done = std::move(done)]() mutable {
        const auto found =
            find_map_run(parts.storage, parts.environment.identity, input.map_run_arn);
        if (!found.has_value()) return done(found.error());
        ExecutionShard& shard = parts.shard_of_number(shard_of(found->id));
        shard.send([&shard, id = found->id, input = std::make_unique<UpdateMapRunInput>(input),
                    done = std::move(done)]() mutable {
            shard.update_map_run(id, *input, std::move(done));
        });
    });
}

void Executions::list_children(std::string map_run_arn, ListExecutionsInput input,
                               Completion<ListExecutionsOutput> done) {
    Parts& parts = *parts_;
    parts.storage.when_applied(
        parts.storage.durable(), [&parts, arn = std::move(map_run_arn), input = std::move(input),
                                  done = std::move(done)]() mutable {
            const auto found = find_map_run(parts.storage, parts.environment.identity, arn);
            if (!found.has_value()) return done(found.error());
            input.machine_id = found->id;
            done(flow::list(parts.storage, parts.environment.identity, input));
        });
}

void Executions::wait_until_ended(std::string execution_arn,
                                  Completion<ExecutionDescription> done) {
    parts_->with_execution(
        execution_arn, std::move(done),
        [this, arn = execution_arn](ExecutionId id,
                                    Completion<ExecutionDescription> answer) mutable {
            ExecutionShard& shard = parts_->shard_of_number(shard_of(id));
            shard.send([&shard, id, arn = std::move(arn), answer = std::move(answer)]() mutable {
                shard.wait_until_ended(id, std::move(arn), std::move(answer));
            });
        });
}

void Executions::passivate_all(Completion<> done) {
    struct Call {
        std::atomic<std::size_t> left;
        Completion<> done;
    };
    auto call = std::make_shared<Call>(parts_->shards.size(), std::move(done));
    for (const auto& owned : parts_->shards) {
        ExecutionShard& shard = *owned;
        shard.send([&shard, call] {
            shard.passivate_all([call](const Result<>&) {
                if (call->left.fetch_sub(1) == 1) call->done({});
            });
        });
    }
}

Executions::Statistics Executions::statistics() const {
    Statistics sum;
    for (const auto& shard : parts_->shards) {
        sum.running += shard->running();
        sum.passivated += shard->passivated();
        sum.started += shard->started();
        sum.succeeded += shard->succeeded();
        sum.failed += shard->failed();
        sum.timed_out += shard->timed_out();
        sum.aborted += shard->aborted();
        sum.open_tokens += shard->open_tokens();
    }
    return sum;
}

}  // namespace stepwell::flow
