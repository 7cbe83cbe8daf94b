// One revision of a state machine.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include <stepwell/clock.hpp>
#include <stepwell/payload.hpp>

#include "asl/program.hpp"

namespace stepwell::flow {

enum class MachineType : std::uint8_t { standard, express };

/// What an execution runs: the definition as it was when the execution started. Immutable and
/// shared.
struct StateMachine {
    std::uint64_t id =
        0;  ///< unique in the data directory, never reused; stays the same over revisions
    std::uint32_t revision =
        0;  ///< 1, 2, ... (0: none yet); (id, revision) names this object for ever
    std::string arn;
    std::string name;
    std::string role_arn;
    std::string definition;
    MachineType type = MachineType::standard;
    TimePoint created{};
    TimePoint updated{};
    std::string revision_id;  ///< what DescribeStateMachine shows; empty for the first
    std::shared_ptr<const asl::Program> program;
    /// Of what the children of a distributed Map run: the Map. Name and ARN end in its label then,
    /// and the type is the children's.
    std::optional<asl::StateIndex> map_state = {};

    asl::StateIndex start_at() const {
        return map_state.has_value() ? program->state(*map_state).branches.front()
                                     : program->start_at();
    }
};
using StateMachinePtr = std::shared_ptr<const StateMachine>;

/// What an execution's machine was called by, if not by its own ARN.
struct MachineQualifier {
    std::uint32_t version = 0;  ///< 0: none
    std::string alias = {};     ///< the alias that led to the version
};

/// Finds the revision that a stored execution runs. Who keeps state machines provides it.
class StateMachineSource {
 public:
    virtual ~StateMachineSource() = default;
    /// nullptr when it was never known. A deleted machine is found as long as an execution of it
    /// may be running. threads  any
    virtual StateMachinePtr find_revision(std::uint64_t id, std::uint32_t revision) const = 0;
    /// Whether executions of the machine may begin or be redriven: it is not being deleted, nor
    /// deleted. threads  any
    virtual bool takes_executions(std::uint64_t id) const = 0;
};

}  // namespace stepwell::flow
