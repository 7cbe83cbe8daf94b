// The operations of step_functions.hpp, one function each, by topic. Internal to api.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "api/operation.hpp"
#include "api/step_functions.hpp"
#include "api/step_functions_parameters.hpp"
#include "base/limits.hpp"
#include "base/time_text.hpp"
#include "json/writer.hpp"

namespace stepwell::api::step_functions {

using Parts = StepFunctionsParts;

// step_functions_state_machines.cpp
void create_state_machine(const Parts& parts, Call call, Respond respond);
void update_state_machine(const Parts& parts, Call call, Respond respond);
void describe_state_machine(const Parts& parts, Call call, Respond respond);
void describe_state_machine_for_execution(const Parts& parts, Call call, Respond respond);
void delete_state_machine(const Parts& parts, Call call, Respond respond);
void list_state_machines(const Parts& parts, Call call, Respond respond);
void validate_state_machine_definition(const Parts& parts, Call call, Respond respond);

// step_functions_versions.cpp
void publish_state_machine_version(const Parts& parts, Call call, Respond respond);
void delete_state_machine_version(const Parts& parts, Call call, Respond respond);
void list_state_machine_versions(const Parts& parts, Call call, Respond respond);
void create_state_machine_alias(const Parts& parts, Call call, Respond respond);
void update_state_machine_alias(const Parts& parts, Call call, Respond respond);
void describe_state_machine_alias(const Parts& parts, Call call, Respond respond);
void delete_state_machine_alias(const Parts& parts, Call call, Respond respond);
void list_state_machine_aliases(const Parts& parts, Call call, Respond respond);

// step_functions_executions.cpp
void start_execution(const Parts& parts, Call call, Respond respond);
void start_sync_execution(const Parts& parts, Call call, Respond respond);
void stop_execution(const Parts& parts, Call call, Respond respond);
void describe_execution(const Parts& parts, Call call, Respond respond);
void list_executions(const Parts& parts, Call call, Respond respond);
void get_execution_history(const Parts& parts, Call call, Respond respond);

// step_functions_map_runs.cpp
void describe_map_run(const Parts& parts, Call call, Respond respond);
void update_map_run(const Parts& parts, Call call, Respond respond);
void list_map_runs(const Parts& parts, Call call, Respond respond);
void redrive_execution(const Parts& parts, Call call, Respond respond);

// step_functions_test_state.cpp
void test_state(const Parts& parts, Call call, Respond respond);

// step_functions_tasks.cpp
void send_task_success(const Parts& parts, Call call, Respond respond);
void send_task_failure(const Parts& parts, Call call, Respond respond);
void send_task_heartbeat(const Parts& parts, Call call, Respond respond);

// step_functions_activities.cpp
void create_activity(const Parts& parts, Call call, Respond respond);
void describe_activity(const Parts& parts, Call call, Respond respond);
void delete_activity(const Parts& parts, Call call, Respond respond);
void list_activities(const Parts& parts, Call call, Respond respond);
void get_activity_task(const Parts& parts, Call call, Respond respond);
void tag_resource(const Parts& parts, Call call, Respond respond);
void untag_resource(const Parts& parts, Call call, Respond respond);
void list_tags_for_resource(const Parts& parts, Call call, Respond respond);

// ---- shared by them

/// Removes the machine once none of its executions runs, stopping the ones that do; then calls
/// `done`.
void drain_deletion(const Parts& parts, std::uint64_t machine_id, UniqueFunction<void()> done);

/// The input of an execution or of a state.
///
/// errors  InvalidExecutionInput: no JSON, or longer than `bytes_max`
Result<Payload> parse_input(std::string_view text,
                            std::size_t bytes_max = limits::payload_bytes_max);

/// Reads the members that several operations have.
flow::EncryptionConfiguration read_encryption(const Parameters& parameters);
/// errors  InvalidEncryptionConfiguration: a customer's key without its id
Result<> check_encryption(const Parameters& parameters);
flow::Tags read_tags(const Parameters& parameters);
flow::PageRequest read_page_request(const Parameters& parameters);

inline constexpr std::array<std::string_view, 2> included_data_values{"ALL_DATA", "METADATA_ONLY"};

void write_encryption(json::Writer& out, const flow::EncryptionConfiguration& encryption);
inline void write_date(json::Writer& out, std::string_view name, TimePoint time) {
    out.member_raw(name, epoch_seconds(time));
}
inline void write_next_token(json::Writer& out, const std::string& token) {
    if (!token.empty()) out.member("nextToken", token);
}

inline void answer(Respond& respond, json::Writer& out) { respond(Reply{.body = out.take()}); }
/// `write(json::Writer&, Output)` writes the members of the answer's object.
template <class Output, class Write>
void answer_result(Respond& respond, Result<Output> result, Write write) {
    if (!result.has_value()) return respond(result.error());
    json::Writer out;
    out.begin_object();
    write(out, *std::move(result));
    out.end_object();
    answer(respond, out);
}
/// The same, later: a completion for the layers below.
template <class Output, class Write>
flow::Completion<Output> answer_later(Respond respond, Write write) {
    return [respond = std::move(respond), write = std::move(write)](Result<Output> result) mutable {
        answer_result<Output>(respond, std::move(result), std::move(write));
    };
}
/// The same for operations whose answer has no members.
inline flow::Completion<> answer_nothing_later(Respond respond) {
    return [respond = std::move(respond)](Result<> result) mutable {
        if (!result.has_value()) return respond(result.error());
        respond(Reply{.body = "{}"});
    };
}

}  // namespace stepwell::api::step_functions
