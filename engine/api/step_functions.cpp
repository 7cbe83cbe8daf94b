#include "api/step_functions.hpp"

#include <array>

#include "api/step_functions_operations.hpp"

namespace stepwell::api {

namespace {

using namespace step_functions;

struct NamedOperation {
    std::string_view name;
    void (*run)(const Parts& parts, Call call, Respond respond);
};

constexpr std::array operations{
    NamedOperation{"CreateActivity", create_activity},
    NamedOperation{"CreateStateMachine", create_state_machine},
    NamedOperation{"CreateStateMachineAlias", create_state_machine_alias},
    NamedOperation{"DeleteActivity", delete_activity},
    NamedOperation{"DeleteStateMachine", delete_state_machine},
    NamedOperation{"DeleteStateMachineAlias", delete_state_machine_alias},
    NamedOperation{"DeleteStateMachineVersion", delete_state_machine_version},
    NamedOperation{"DescribeActivity", describe_activity},
    NamedOperation{"DescribeExecution", describe_execution},
    NamedOperation{"DescribeMapRun", describe_map_run},
    NamedOperation{"DescribeStateMachine", describe_state_machine},
    NamedOperation{"DescribeStateMachineAlias", describe_state_machine_alias},
    NamedOperation{"DescribeStateMachineForExecution", describe_state_machine_for_execution},
    NamedOperation{"GetActivityTask", get_activity_task},
    NamedOperation{"GetExecutionHistory", get_execution_history},
    NamedOperation{"ListActivities", list_activities},
    NamedOperation{"ListExecutions", list_executions},
    NamedOperation{"ListMapRuns", list_map_runs},
    NamedOperation{"ListStateMachineAliases", list_state_machine_aliases},
    NamedOperation{"ListStateMachineVersions", list_state_machine_versions},
    NamedOperation{"ListStateMachines", list_state_machines},
    NamedOperation{"ListTagsForResource", list_tags_for_resource},
    NamedOperation{"PublishStateMachineVersion", publish_state_machine_version},
    NamedOperation{"RedriveExecution", redrive_execution},
    NamedOperation{"SendTaskFailure", send_task_failure},
    NamedOperation{"SendTaskHeartbeat", send_task_heartbeat},
    NamedOperation{"SendTaskSuccess", send_task_success},
    NamedOperation{"StartExecution", start_execution},
    NamedOperation{"StartSyncExecution", start_sync_execution},
    NamedOperation{"StopExecution", stop_execution},
    NamedOperation{"TagResource", tag_resource},
    NamedOperation{"TestState", test_state},
    NamedOperation{"UntagResource", untag_resource},
    NamedOperation{"UpdateMapRun", update_map_run},
    NamedOperation{"UpdateStateMachine", update_state_machine},
    NamedOperation{"UpdateStateMachineAlias", update_state_machine_alias},
    NamedOperation{"ValidateStateMachineDefinition", validate_state_machine_definition},
};

}  // namespace

void register_step_functions(OperationTable& table, StepFunctionsParts parts) {
    for (const NamedOperation& operation : operations) {
        table.add("states", operation.name,
                  [parts, run = operation.run](Call call, Respond respond) {
                      run(parts, std::move(call), std::move(respond));
                  });
    }
}

void resume_deletions(StepFunctionsParts parts) {
    for (const std::uint64_t id : parts.machines.deleting()) drain_deletion(parts, id, [] {});
}

}  // namespace stepwell::api
