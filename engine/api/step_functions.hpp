// The Step Functions API: AWS's operations over state machines, executions, tasks and activities.
// source  AWS Step Functions API Reference
#pragma once

#include "api/operation.hpp"
#include "flow/activities.hpp"
#include "flow/executions.hpp"
#include "flow/mocks.hpp"
#include "flow/state_machines.hpp"

namespace stepwell::api {

/// What the operations work on; all of it outlives the table.
struct StepFunctionsParts {
    flow::StateMachines& machines;
    flow::Activities& activities;
    flow::Executions& executions;
    /// Test cases that "ARN#CASE" names, as Step Functions Local has it; null: there are none.
    const flow::MockConfiguration* mocks = nullptr;
};

/// Registers the operations of the service "states".
void register_step_functions(OperationTable& table, StepFunctionsParts parts);

/// Goes on with deletions of state machines that the last process began: once, when the executions
/// are running.
void resume_deletions(StepFunctionsParts parts);

}  // namespace stepwell::api
