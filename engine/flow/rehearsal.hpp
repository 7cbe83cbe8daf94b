// An execution that is tried out: answers made up for its tasks, and a record of what it does.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <stepwell/journal.hpp>

#include "asl/program.hpp"
#include "flow/mocks.hpp"
#include "flow/records.hpp"

namespace stepwell::flow {

/// Something that an execution did in a state.
struct Visit {
    enum class Kind : std::uint8_t {
        entered,
        chose,          ///< the Choice rule `index`
        chose_default,  ///< no rule held
        retried,        ///< by the Retry entry `index`
        caught,         ///< by the Catch entry `index`
    };
    Kind kind = Kind::entered;
    asl::StateIndex state{};
    std::uint32_t index = 0;
};

/// What an execution and the children of its distributed Maps share when it is tried out.
///
/// Mocks, and how often each state has been invoked, are stored with the execution and survive a
/// restart; visits are for whoever waits for the end in the same process.
///
/// threads  its execution's shard's, but for what says otherwise
class Rehearsal {
 public:
    static constexpr std::size_t visits_max = 1'000'000;  ///< further ones are not recorded

    explicit Rehearsal(MocksPtr mocks, bool records_visits = false)
        : mocks_(std::move(mocks)), records_visits_(records_visits) {}

    /// Part of the commit that starts the execution.
    void store(Effects& effects, ExecutionId execution);
    /// Whether there is any that `find` finds.
    static bool are_stored(const Storage& storage);
    /// What is stored of the execution's; absent: it is none that is tried out.
    static std::shared_ptr<Rehearsal> find(const Storage& storage, ExecutionId execution);
    /// Part of the commit that makes the execution one that never goes on.
    static void forget(Effects& effects, ExecutionId execution);

    bool is_mocked(std::string_view state) const { return mocks_ != nullptr && mocks_->has(state); }
    /// Counts one more invocation of a mocked state, as part of the commit that has its answer.
    struct Invocation {
        std::uint32_t number;      ///< from 0
        const TaskAnswer* answer;  ///< null: the mocks say nothing of it
    };
    Invocation invoke(Effects& effects, std::string_view state);

    void visit(Visit visit);
    /// In the order in which they came. Any thread: a child that is being stopped may go on a
    /// little when its parent has ended.
    std::vector<Visit> visits() const;

 private:
    const MocksPtr mocks_;  // may be null: nothing is mocked
    const bool records_visits_;
    ExecutionId execution_ = 0;                                      // whose they are stored with
    std::map<std::string, std::uint32_t, std::less<>> invocations_;  // by state, so far
    mutable std::mutex visits_mutex_;
    std::vector<Visit> visits_;  // guarded by visits_mutex_
};

}  // namespace stepwell::flow
