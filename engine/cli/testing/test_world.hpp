// Where cases run: services in memory, and a clock that jumps whenever nothing can run.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <stepwell/clock.hpp>
#include <stepwell/execution.hpp>
#include <stepwell/result.hpp>
#include <stepwell/testing.hpp>

#include "api/world.hpp"
#include "base/in_flight.hpp"
#include "cli/testing/test_file.hpp"
#include "flow/rehearsal.hpp"

namespace stepwell::cli {

/// What one case did.
struct CaseRun {
    ExecutionDescription end;
    std::vector<flow::Visit> visits;
    std::string history;  ///< HistoryEvents, a JSON array; only where the case looks at it
};

/// Runs cases one after another, each in a state machine that is made for its file.
///
/// Time is virtual: a Wait, a timeout or a pause between attempts takes none. An execution that
/// waits for what nothing will bring is stopped after `time_max`.
///
/// threads  one at a time
class TestWorld {
 public:
    /// By the virtual clock; AWS ends executions that take longer.
    static constexpr std::chrono::hours time_max{24 * 366};

    /// errors  SystemFailure
    static Result<std::unique_ptr<TestWorld>> open(TimePoint now);
    ~TestWorld();
    TestWorld(const TestWorld&) = delete;
    TestWorld& operator=(const TestWorld&) = delete;

    /// False when another file's state machine has the same name.
    bool takes(const TestFile& file) const;

    /// For a file that it takes.
    ///
    /// errors  InvalidDefinition: AWS has no such integration; InvalidExecutionInput: too long
    Result<CaseRun> run(const TestFile& file, const TestCase& test);

 private:
    // Keeps the clock going when an execution waits for nothing that has a time.
    class Deadline final : public Scheduler {
     public:
        void set(TimePoint time) noexcept { time_.store(time.time_since_epoch().count()); }
        bool is_due(TimePoint now) const noexcept {
            return now.time_since_epoch().count() >= time_.load();
        }
        Rest rest() const noexcept override {
            return {true, 0, TimePoint{milliseconds{time_.load()}}};
        }

     private:
        std::atomic<std::int64_t> time_{never.time_since_epoch().count()};
    };

    explicit TestWorld(TimePoint now) : clock_(now) {}
    Result<flow::StateMachinePtr> machine_of(const TestFile& file);
    Result<ExecutionDescription> run_execution(flow::StartExecutionInput input,
                                               std::shared_ptr<flow::Rehearsal> rehearsal);
    void stop_when_due();

    ManualClock clock_;
    Deadline deadline_;
    // Invariant: while an execution is being started one is under way, for the clock does not see
    // who calls, and would pass over the start to the deadline.
    InFlight starts_{clock_};
    std::uint64_t subscription_ = 0;  // to the clock's jumps; 0: none
    std::unique_ptr<api::World> world_;
    std::map<const TestFile*, flow::StateMachinePtr> machines_;
    std::mutex mutex_;     // guards what follows
    std::string running_;  // the execution's ARN
};

}  // namespace stepwell::cli
