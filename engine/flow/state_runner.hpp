// What a branch does in its states. Known to this folder only.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "asl/evaluate.hpp"
#include "asl/map_run.hpp"
#include "base/limits.hpp"
#include "flow/execution_shard.hpp"
#include "flow/rehearsal.hpp"
#include "flow/state_test.hpp"

namespace stepwell::flow {

enum class Step : std::uint8_t {
    moves,   // the branch stands before its next state
    waits,   // for an outcome
    yields,  // has more to do, in the next turn
    ends,    // nothing is left to do
};

/// What went wrong in a state: names absent where the cause of it gave none.
struct Problem {
    std::optional<std::string_view> error;
    std::optional<std::string_view> cause;
    bool is_missed_heartbeat = false;
    bool is_fatal = false;  ///< uncaught it ends the whole execution, from any branch

    // A missed heartbeat is a timeout that States.HeartbeatTimeout matches too.
    bool matches(const std::vector<std::string>& error_equals) const {
        return asl::matches(error_equals, error.value_or("")) ||
               (is_missed_heartbeat && asl::matches(error_equals, "States.HeartbeatTimeout"));
    }
};

// What a task of this resource records when it fails, and when it took too long.
EventType failed_event(const asl::Resource& resource);
EventType timed_out_event(const asl::Resource& resource);

inline constexpr std::string_view data_limit_error = "States.DataLimitExceeded";
std::string too_large_cause(std::string_view what);

/// Runs one branch. Holds nothing of its own: after a suspension another one goes on.
class StateRunner final : public asl::ExecutionNaming {
 public:
    StateRunner(ExecutionShard& shard, Branch& branch)
        : shard_(shard), branch_(branch), execution_(branch.execution) {}

    std::string execution_arn() const override { return std::string(shard_.arn_of(execution_)); }
    std::string execution_name() const override;

    /// Runs the state that the branch stands before.
    Step begin_state();
    /// Goes on in the state that the branch waited in.
    Step resume(Outcome outcome);
    /// Sends the present attempt's task out; its Scheduled event is written.
    Step send_task(const Payload& parameters, const sched::TokenText& token);
    /// Sets up the fan-out of a branch that is read back, without the branches in it.
    asl::Evaluated<void> restore_fan_out();

 private:
    const asl::State& state() const { return execution_.machine->program->state(branch_.state); }
    asl::ContextObject context();
    asl::Scope scope(const asl::ContextObject& context) const {
        return {state(),
                branch_.input,
                context,
                branch_.variables,
                test() == nullptr ? branch_.entered_event : 0,
                test() == nullptr ? nullptr : &test()->result.trace,
                shard_.now(),
                &shard_.random()};
    }

    Step begin_choice();
    Step begin_wait();
    Step begin_fail();
    Step begin_attempt();
    Step begin_task();
    Step take_answer(const Payload& output, const KnownMetadata& metadata = std::nullopt);
    Step take_submission(const Payload& response, const KnownMetadata& metadata);
    Step take_failure(const Problem& problem, EventType type);
    Step take_timeout(bool is_missed_heartbeat);
    Step take_stop(const Outcome& outcome);
    Step take_machine_timeout();

    // Parallel and Map: flow/fan_out.cpp
    Step begin_parallel();
    Step begin_map();
    void make_fan_out(std::size_t size, std::optional<asl::MapItems> items);
    std::optional<Step> begin_iteration(std::uint32_t index, EventId previous);
    Step wait_for_branches();
    Step take_branches();
    EventId take_branch(FanOut::Ended ended);
    Step join();
    Step fail_with(const FanOut::Ended& failed);
    void record_cut(const Branch& failed);
    ChunkWriter& record_iteration(EventType type, std::uint32_t index, EventId previous);

    // Map in DISTRIBUTED mode: flow/distributed_map.cpp
    struct Batch {
        Payload input = {};
        std::uint32_t items = 0;
    };
    Step begin_map_run();
    Step read_items();
    Step take_items();
    Step take_children();
    Step start_children();
    std::optional<Step> start_child();
    asl::Evaluated<Payload> item_input(std::uint64_t index);
    asl::Evaluated<Batch> next_batch();
    Step end_map_run();
    Step export_results();
    Step succeed_map_run(const Payload& result);
    Step fail_map_run(const Problem& problem);
    asl::Evaluated<asl::MapRunSettings> map_run_settings();
    asl::Evaluated<void> restore_map_run();
    MapRun& map_run();

    // What chance is drawn from where an attempt is to be evaluated once more after a restart.
    std::uint64_t seed_of_attempt() const {
        return execution_.id ^ (static_cast<std::uint64_t>(branch_.entered_event) << 32) ^
               branch_.retry_count;
    }
    bool is_map() const { return state().type == asl::StateType::map; }
    bool fans_out() const { return is_map() || state().type == asl::StateType::parallel; }

    // Of an execution that only tests its first state: flow/state_test.cpp
    StateTest* test() const { return execution_.test.get(); }
    Step begin_test_of_branches();
    asl::Evaluated<asl::MapItems> items_of_test();
    asl::Evaluated<Payload> inputs_of_iterations(json::Value items);
    Step take_mock();

    // Of one that is tried out: flow/rehearsal.cpp
    Step take_mocked_answer();
    void note(Visit::Kind kind, std::size_t index = 0) {
        if (Rehearsal* const rehearsal = execution_.rehearsal(); rehearsal != nullptr)
            rehearsal->visit({kind, branch_.state, static_cast<std::uint32_t>(index)});
    }

    Step end_test_retriable(std::size_t retrier, const Problem& problem);

    static Problem problem_of(const Outcome& outcome) {
        return {outcome.has_error ? std::optional<std::string_view>(outcome.failure->error)
                                  : std::nullopt,
                outcome.has_cause ? std::optional<std::string_view>(outcome.failure->cause)
                                  : std::nullopt};
    }
    void record_scheduled(const Payload& parameters, const asl::TaskTimes& times);
    ChunkWriter& record_task(EventType type);
    bool is_too_large(const Payload& payload) const {
        return payload.size() > limits::payload_bytes_max;
    }

    Step exit_with(asl::StateOutput output, asl::StateIndex next, bool is_end);
    Step exit_with(asl::Evaluated<asl::StateOutput> output);
    asl::Evaluated<asl::MapItems> map_items();
    void record_evaluation_failure(const asl::Failure& failure);
    Step fail_evaluation(const asl::Failure& failure);
    Step handle_error(const Problem& problem);
    std::optional<Step> retry(const Problem& problem);
    Step end_succeeded(const Payload& output);
    Step end_failed(const Problem& problem);
    Step end_of_history();

    ExecutionShard& shard_;
    Branch& branch_;
    Execution& execution_;
    EventId before_entry_ = 0;  // the event that the entered event of the state points to ...
    bool is_entering_ = false;  // ... known while the state has not waited yet
};

}  // namespace stepwell::flow
