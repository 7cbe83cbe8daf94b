// StateMachines: which definitions are accepted, and which revision an ARN names.
#include <algorithm>
#include <charconv>

#include "asl/label.hpp"
#include "asl/warnings.hpp"
#include "base/errors.hpp"
#include "base/random.hpp"
#include "base/try.hpp"
#include "flow/errors.hpp"
#include "flow/names.hpp"
#include "flow/state_machine_records.hpp"
#include "flow/state_machines.hpp"

namespace stepwell::flow {

namespace {

constexpr std::string_view schema_validation_failed = "SCHEMA_VALIDATION_FAILED";

/// What EXPRESS machines cannot do; empty when `resource` is fine.
std::string express_complaint(const asl::Resource& resource) {
    if (resource.kind == asl::ResourceKind::activity) {
        return "Express state machine does not support Activity ARN";
    }
    switch (resource.pattern) {
        case asl::Pattern::request_response:
            return {};
        case asl::Pattern::sync:
            return "Express state machine does not support '.sync' service integration";
        case asl::Pattern::sync2:
            return "Express state machine does not support '.sync:2' service integration";
        case asl::Pattern::wait_for_task_token:
            return "Express state machine does not support '.waitForTaskToken' service integration";
    }
    return {};
}

bool is_inside(const asl::State& state, const asl::State& map) {
    return state.location.starts_with(map.location + "/ItemProcessor/") ||
           state.location.starts_with(map.location + "/Iterator/");
}

// Whether it runs in an EXPRESS child of a distributed Map.
bool is_in_express_child(const asl::Program& program, const asl::State& state) {
    for (std::uint32_t i = 0; i < program.size(); ++i) {
        const asl::State& map = program.state(asl::StateIndex{i});
        const bool is_express =
            map.distributed.has_value() && map.distributed->has_express_children;
        if (is_express && is_inside(state, map)) return true;
    }
    return false;
}

std::optional<asl::LabelProblem> label_problem(std::string_view definition) {
    const auto document = json::Document::parse(definition);
    return document.has_value() ? asl::find_label_problem(document->root()) : std::nullopt;
}

Random& random_of_thread() {
    thread_local Random random = Random::from_system();
    return random;
}

}  // namespace

std::vector<asl::Diagnostic> StateMachines::diagnose_program(const asl::Program& program,
                                                             MachineType type) const {
    std::vector<asl::Diagnostic> diagnostics;
    const auto complain = [&](const asl::State& state, std::string message,
                              std::string_view field = "/Resource") {
        diagnostics.push_back({.is_error = true,
                               .code = std::string(schema_validation_failed),
                               .message = std::move(message),
                               .location = state.location + std::string(field)});
    };
    for (std::uint32_t i = 0; i < program.size(); ++i) {
        const asl::State& state = program.state(asl::StateIndex{i});
        const bool is_express = type == MachineType::express || is_in_express_child(program, state);
        if (state.distributed.has_value() && is_express)
            complain(state, "Express state machine does not support Map state in DISTRIBUTED mode",
                     "");
        if (state.type != asl::StateType::task) continue;
        std::string refused;
        if (is_express) refused = express_complaint(state.resource);
        if (!refused.empty()) {
            complain(state, std::move(refused));
        } else if (!port_.knows(state.resource)) {
            complain(state, "The resource provided " + state.resource.arn +
                                " is not recognized. The value is not a valid resource ARN, or the "
                                "resource is not available in this region.");
        }
    }
    return diagnostics;
}

std::vector<asl::Diagnostic> StateMachines::diagnose(std::string_view definition,
                                                     MachineType type) const {
    asl::Program::Compiled compiled = asl::Program::compile(definition);
    std::vector<asl::Diagnostic> diagnostics = std::move(compiled.diagnostics);
    if (auto problem = label_problem(definition); problem.has_value()) {
        diagnostics.push_back({.is_error = true,
                               .code = std::string(schema_validation_failed),
                               .message = std::move(problem->message),
                               .location = std::move(problem->location)});
    }
    if (compiled.program != nullptr) {
        for (auto& diagnostic : diagnose_program(*compiled.program, type)) {
            diagnostics.push_back(std::move(diagnostic));
        }
    }
    if (const auto document = json::Document::parse(definition); document.has_value()) {
        for (auto& warning : asl::find_warnings(document->root()))
            diagnostics.push_back(std::move(warning));
    }
    return diagnostics;
}

std::string definition_complaint(const std::vector<asl::Diagnostic>& diagnostics) {
    std::string text = "Invalid State Machine Definition: '";
    std::string_view separator;
    for (const asl::Diagnostic& diagnostic : diagnostics) {
        if (!diagnostic.is_error) continue;
        text.append(separator).append(diagnostic.code).append(": ").append(diagnostic.message);
        if (!diagnostic.location.empty()) text.append(" at ").append(diagnostic.location);
        separator = ", ";
    }
    return text.append("'");
}

Result<std::shared_ptr<const asl::Program>> StateMachines::compile(std::string_view definition,
                                                                   MachineType type) const {
    if (const auto problem = label_problem(definition); problem.has_value()) {
        return Error(errors::invalid_definition, asl::label_complaint(*problem, definition));
    }
    asl::Program::Compiled compiled = asl::Program::compile(definition);
    std::vector<asl::Diagnostic> complaints;
    if (compiled.program == nullptr) {
        complaints = std::move(compiled.diagnostics);
    } else {
        complaints = diagnose_program(*compiled.program, type);
    }
    if (!complaints.empty()) {
        return Error(errors::invalid_definition, definition_complaint(complaints));
    }
    return std::move(compiled.program);
}

Result<StateMachinePtr> StateMachines::make_unstored(std::string_view definition,
                                                     std::string_view role_arn,
                                                     bool is_mocked) const {
    asl::Program::Compiled compiled = asl::Program::compile(definition);
    std::vector<asl::Diagnostic>& complaints = compiled.diagnostics;
    auto program = std::move(compiled.program);
    if (program != nullptr && !is_mocked)
        complaints = diagnose_program(*program, MachineType::standard);
    if (program == nullptr || (!is_mocked && !complaints.empty()))
        return Error(errors::invalid_definition, definition_complaint(complaints));
    auto machine = std::make_shared<StateMachine>();
    machine->name = make_uuid();
    machine->arn = identity_.arn("states", "stateMachine:" + machine->name);
    machine->role_arn = role_arn;
    machine->definition = definition;
    machine->type = MachineType::express;
    machine->created = machine->updated = clock_.now();
    machine->program = std::move(program);
    return StateMachinePtr(std::move(machine));
}

Result<StateMachinePtr> StateMachines::find(std::string_view arn) const {
    SW_TRY(Routed found, find_routed(arn));
    return std::move(found.machine);
}

Result<StateMachines::Routed> StateMachines::find_routed(std::string_view arn) const {
    const auto does_not_exist = [&] {
        return Error(errors::state_machine_does_not_exist,
                     "State Machine Does Not Exist: '" + std::string(arn) + "'");
    };
    const std::shared_lock lock(mutex_);
    MachinePtr machine = find_machine(arn);
    std::string_view qualifier;
    if (machine == nullptr) {
        SW_TRY(const StatesArn parsed, parse_arn(arn, ArnKind::state_machine));
        qualifier = parsed.qualifier;
        machine = qualifier.empty() ? nullptr : find_machine(parsed.unqualified);
        if (machine == nullptr) return does_not_exist();
    }
    if (machine->status == StateMachineStatus::deleting) {
        return Error(errors::state_machine_deleting,
                     "State Machine is being deleted: '" + machine->arn + "'");
    }
    RevisionPtr revision = machine->current();
    MachineQualifier called_by;
    if (!qualifier.empty()) {
        const std::optional<std::uint32_t> number = route(*machine, qualifier);
        if (!number.has_value()) return does_not_exist();
        revision = machine->revisions[machine->versions.at(*number).revision - 1];
        called_by.version = *number;
        if (machine->aliases.contains(qualifier)) called_by.alias = qualifier;
    }
    if (revision->program ==
        nullptr) {  // accepted by another release of this program, refused by this one
        return Error(errors::invalid_definition,
                     definition_complaint(asl::Program::compile(revision->definition).diagnostics));
    }
    return Routed{std::move(revision), std::move(called_by)};
}

std::optional<std::uint32_t> StateMachines::route(const Machine& machine,
                                                  std::string_view qualifier) const {
    std::string_view number_text = qualifier;
    if (const auto alias = machine.aliases.find(qualifier); alias != machine.aliases.end()) {
        auto left = static_cast<std::int64_t>(random_of_thread().next() % 100);
        for (const AliasRoute& candidate : alias->second.routes) {
            number_text = std::string_view(candidate.version_arn).substr(machine.arn.size() + 1);
            left -= candidate.weight;
            if (left < 0) break;
        }
    }
    std::uint32_t number = 0;
    const char* const end = number_text.data() + number_text.size();
    const auto [parsed_to, error] = std::from_chars(number_text.data(), end, number);
    if (error != std::errc{} || parsed_to != end || !machine.versions.contains(number))
        return std::nullopt;
    return number;
}

}  // namespace stepwell::flow
