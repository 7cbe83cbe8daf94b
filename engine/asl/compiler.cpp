// The whole definition: its shape, its states in turn, and how they hang together.
#include "asl/compiler.hpp"

#include <algorithm>

#include "base/assert.hpp"
#include "base/limits.hpp"

namespace stepwell::asl {

using json::Value;

Program::Compiled Program::compile(std::string_view definition) {
    return Compiler{}.compile(definition);
}

Program::Compiled Compiler::compile(std::string_view definition) {
    auto program = std::make_shared<Program>();
    const bool is_blank = definition.find_first_not_of(" \t\r\n") == std::string_view::npos;
    const auto document = json::Document::parse(definition);
    if (is_blank || (document && !document->root().is_object())) {
        diagnostics_.schema("Definition must be a valid JSON object", "");
    } else if (!document) {
        syntax_error(definition);
    } else {
        compile_definition(document->root(), *program);
    }
    Program::Compiled compiled;
    compiled.diagnostics = diagnostics_.take();
    std::move(missing_targets_.begin(), missing_targets_.end(),
              std::back_inserter(compiled.diagnostics));
    if (compiled.diagnostics.empty()) compiled.program = std::move(program);
    return compiled;
}

namespace {

// The place of an error as AWS's parser writes it: the text (its first 500 characters), line and
// column.
std::string source_location(std::string_view text, std::size_t offset) {
    constexpr std::size_t shown_max = 500;
    std::string location = "[Source: (String)\"" + std::string{text.substr(0, shown_max)} + "\"";
    if (text.size() > shown_max)
        location += "[truncated " + std::to_string(text.size() - shown_max) + " chars]";
    const std::string_view before = text.substr(0, offset);
    const auto line = std::count(before.begin(), before.end(), '\n') + 1;
    const std::size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0
    return location + "; line: " + std::to_string(line) +
           ", column: " + std::to_string(offset - line_start + 1) + "]";
}

bool is_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

}  // namespace

void Compiler::syntax_error(std::string_view definition) {
    const auto error = json::find_syntax_error(definition);
    SW_ASSERT(error.has_value());
    std::size_t offset = error->offset.value_or(definition.size());
    std::string message = error->reason;
    std::size_t end = offset;
    while (end < definition.size() && is_word(definition[end])) ++end;
    if (end > offset && error->reason.starts_with("Unexpected '")) {
        message = "Unrecognized token '" + std::string{definition.substr(offset, end - offset)} +
                  "': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or "
                  "'false')";
        offset = end;
    }
    const std::string location = source_location(definition, offset);
    diagnostics_.add(diagnostic_code::invalid_json_description, message + "\n at " + location,
                     location);
}

void Compiler::compile_definition(Value definition, Program& program) {
    const Fields fields{definition, "", diagnostics_};
    if (const auto value = fields.any("QueryLanguage")) {
        const auto name = fields.string("QueryLanguage");
        if (name && *name != "JSONPath" && *name != "JSONata") {
            fields.wrong("QueryLanguage",
                         "Value should be one of the following: [JSONPath, JSONata]");
        }
        const bool is_jsonpath = value->is_string() && value->string() == "JSONPath";
        language_ = is_jsonpath ? QueryLanguage::jsonpath : QueryLanguage::jsonata;
    }
    fields.string("Comment");
    if (const auto version = fields.string("Version"); version && *version != "1.0") {
        fields.wrong("Version", "Value should be one of the following: [1.0]");
    }
    program.timeout_seconds_ = fields.integer("TimeoutSeconds", 0, 99'999'999);
    program.query_language_ = language_;
    Fields{definition, "/", diagnostics_}.allow(
        {"Comment", "QueryLanguage", "StartAt", "TimeoutSeconds", "Version", "States"});
    const Machine machine = compile_machine(fields, true);
    check_variable_scopes();
    program.states_.assign(std::make_move_iterator(states_.begin()),
                           std::make_move_iterator(states_.end()));
    program.by_name_.resize(program.states_.size());
    for (std::uint32_t i = 0; i < program.size(); ++i) program.by_name_[i] = StateIndex{i};
    std::stable_sort(
        program.by_name_.begin(), program.by_name_.end(),
        [&](StateIndex a, StateIndex b) { return program.state(a).name < program.state(b).name; });
    program.start_at_ = machine.start_at;
    program.variable_references_ = std::move(variables_);
}

Compiler::Machine Compiler::compile_machine(const Fields& fields, bool is_whole) {
    Machine machine;
    const Fields root{fields.object(), fields.location().empty() ? "/" : fields.location(),
                      diagnostics_};
    root.require({"StartAt", "States"});
    const auto start = fields.string("StartAt");
    const auto states = fields.object("States");
    if (!states) return machine;
    if (states->size() == 0) {
        fields.wrong("States", "Value cannot be empty");
        return machine;
    }
    machine.first = StateIndex{static_cast<std::uint32_t>(states_.size())};
    std::unordered_map<std::string_view, StateIndex> indices;
    for (const json::Member& member : states->members()) {
        const auto place = static_cast<std::uint32_t>(indices.size());
        indices.try_emplace(member.key, StateIndex{machine.first.value + place});
    }
    machine.size = indices.size();
    states_.resize(states_.size() + machine.size);
    VariableScope* const outer_scope = scope_;
    scope_ = &scopes_.emplace_back();
    scope_->outer = outer_scope;
    if (outer_scope != nullptr) scope_->place_in_outer = outer_scope->place;
    Graph& graph = scope_->graph;
    graph.next.resize(machine.size);
    graph.is_terminal.resize(machine.size);
    const auto found = start ? indices.find(*start) : indices.end();
    if (found != indices.end()) machine.start_at = found->second;
    if (start && found == indices.end()) {
        missing_targets_.push_back({true, std::string{diagnostic_code::missing_transition_target},
                                    "Missing 'Next' target: " + std::string{*start},
                                    fields.at("StartAt")});
    }
    for (const json::Member& member : states->members()) {
        const Value value = *states->find(member.key);
        if (value.node() != &member.value) continue;  // of a repeated name the last one counts
        Scope scope{indices, graph, machine.first, indices.at(member.key)};
        scope_->place = scope.place();
        State& state = states_[scope.current.value];
        state.name = member.key;
        state.location = fields.at("States") + "/" + state.name;
        if (!value.is_object()) {
            diagnostics_.schema("Expected value of type [OBJECT]", state.location);
            graph.is_terminal[scope.place()] = true;
            continue;
        }
        compile_state(Fields{value, state.location, diagnostics_}, scope, state);
    }
    scope_ = outer_scope;
    if (start) check_graph(machine, graph, fields.at("States"), found != indices.end(), is_whole);
    return machine;
}

void Compiler::check_graph(const Machine& machine, const Graph& graph, const std::string& location,
                           bool has_start, bool is_whole) {
    // Only the whole definition has to end somewhere; where it does not, what is unreachable does
    // not matter.
    const bool has_end = std::find(graph.is_terminal.begin(), graph.is_terminal.end(), true) !=
                         graph.is_terminal.end();
    if (is_whole && !has_end) {
        missing_targets_.push_back({true, std::string{diagnostic_code::missing_end_state},
                                    "Workflow has no terminal state", ""});
        return;
    }
    std::vector<bool> is_reached(machine.size);
    std::vector<std::size_t> open;
    const auto reach = [&](std::size_t place) {
        if (is_reached[place]) return;
        is_reached[place] = true;
        open.push_back(place);
    };
    if (has_start) reach(machine.start_at.value - machine.first.value);
    while (!open.empty()) {
        const std::size_t place = open.back();
        open.pop_back();
        for (const std::size_t next : graph.next[place]) reach(next);
    }
    for (std::size_t i = 0; i < machine.size; ++i) {
        if (is_reached[i]) continue;
        const std::string& name = states_[machine.first.value + i].name;
        missing_targets_.push_back({true, std::string{diagnostic_code::missing_transition_target},
                                    "State \"" + name + "\" is not reachable.",
                                    location + "/" + name});
    }
}

bool Compiler::VariableScope::assigns_before(std::size_t to, const std::string& name) const {
    std::vector<bool> is_reached(graph.next.size());
    std::vector<std::size_t> open;
    for (const Assigned& each : assigned) {
        if (each.name == name) open.push_back(each.place);
    }
    while (!open.empty()) {
        const std::size_t from = open.back();
        open.pop_back();
        for (const std::size_t next : graph.next[from]) {
            if (next == to) return true;
            if (is_reached[next]) continue;
            is_reached[next] = true;
            open.push_back(next);
        }
    }
    return false;
}

// A branch or an iteration may read the variables around it, and assign none of their names. What
// is assigned around it only when it is over is no concern of it: AWS takes that.
void Compiler::check_variable_scopes() {
    for (const VariableScope& scope : scopes_) {
        for (const VariableScope::Assigned& inner : scope.assigned) {
            const VariableScope* at = &scope;
            while (at->outer != nullptr &&
                   !at->outer->assigns_before(at->place_in_outer, inner.name))
                at = at->outer;
            if (at->outer == nullptr) continue;
            diagnostics_.add(
                diagnostic_code::invalid_variable_name,
                "Cannot assign to variable '" + inner.name + "': it belongs to an outer scope.",
                inner.location);
        }
    }
}

std::optional<StateIndex> Compiler::target(const Fields& fields, std::string_view field,
                                           Scope& scope) {
    const auto name = fields.string(field);
    if (!name) return std::nullopt;
    const auto found = scope.indices.find(*name);
    if (found == scope.indices.end()) {
        missing_targets_.push_back({true, std::string{diagnostic_code::missing_transition_target},
                                    "Missing 'Next' target: " + std::string{*name},
                                    fields.at(field)});
        return std::nullopt;
    }
    scope.graph.next[scope.place()].push_back(found->second.value - scope.first.value);
    return found->second;
}

Compiler::Machine Compiler::compile_inner_machine(Value value, const std::string& location,
                                                  VariableSharing sharing) {
    constexpr std::size_t depth_max = 32;
    Machine machine;
    if (!value.is_object()) {
        diagnostics_.schema("Expected value of type [OBJECT]", location);
        return machine;
    }
    if (depth_ == depth_max) {
        diagnostics_.schema("Nested too deeply", location);
        return machine;
    }
    ++depth_;
    const Fields inner{value, location, diagnostics_};
    if (inner.has("QueryLanguage")) inner.wrong("Field 'QueryLanguage' is not supported");
    VariableScope* const outer_scope = scope_;
    if (sharing == VariableSharing::isolated) scope_ = nullptr;
    machine = compile_machine(inner, false);
    scope_ = outer_scope;
    --depth_;
    return machine;
}

void Compiler::compile_parallel(const Fields& fields, State& state) {
    fields.require({"Branches"});
    const auto branches = fields.array("Branches");
    if (!branches) return;
    for (std::size_t i = 0; i < branches->size(); ++i) {
        const std::string location = fields.at("Branches") + "[" + std::to_string(i) + "]";
        state.branches.push_back(
            compile_inner_machine((*branches)[i], location, VariableSharing::shared).start_at);
    }
}

namespace {

bool is_distributed(Value processor) {
    const auto config = processor.find("ProcessorConfig");
    const auto mode = config ? config->find("Mode") : std::nullopt;
    return mode && mode->is_string() && mode->string() == "DISTRIBUTED";
}

}  // namespace

void Compiler::compile_map(const Fields& fields, State& state, Expressions& expressions) {
    fields.exactly_one({"ItemProcessor", "Iterator"});
    for (const std::string_view name : {"ItemProcessor", "Iterator"}) {
        const auto processor = fields.any(name);
        if (!processor) continue;
        const auto sharing =
            is_distributed(*processor) ? VariableSharing::isolated : VariableSharing::shared;
        state.branches.push_back(
            compile_inner_machine(*processor, fields.at(name), sharing).start_at);
        if (processor->is_object()) {
            compile_processor_config(Fields{*processor, fields.at(name), diagnostics_}, fields,
                                     state);
        }
    }
    if (state.distributed.has_value()) compile_map_run(fields, state, expressions);
    fields.at_most_one({"ItemSelector", "Parameters"});
    fields.at_most_one({"MaxConcurrency", "MaxConcurrencyPath"});
    if (state.query_language == QueryLanguage::jsonata) return;
    constexpr std::int64_t concurrency_max = 99'999'999;
    expressions.items_path = items_path(fields);
    expressions.item_selector =
        payload_template(fields, fields.has("ItemSelector") ? "ItemSelector" : "Parameters");
    expressions.max_concurrency = fields.integer("MaxConcurrency", 0, concurrency_max);
    expressions.max_concurrency_path = reference_path(fields, "MaxConcurrencyPath");
}

void Compiler::compile_processor_config(const Fields& processor, const Fields& map, State& state) {
    const auto config = processor.object("ProcessorConfig");
    const auto given = config ? config->find("Mode") : std::nullopt;
    const bool is_inline = !given || (given->is_string() && given->string() == "INLINE");
    for (const std::string_view name :
         {"ItemReader", "ItemBatcher", "ResultWriter", "ToleratedFailurePercentage",
          "ToleratedFailurePercentagePath", "ToleratedFailureCount", "ToleratedFailureCountPath",
          "Label"}) {
        if (is_inline && map.has(name)) {
            map.wrong(name, "Field '" + std::string{name} +
                                "' is only supported for Map states in DISTRIBUTED mode");
        }
    }
    if (!config) return;
    const Fields fields{*config, processor.at("ProcessorConfig"), diagnostics_};
    const auto mode = fields.string("Mode");
    if (mode && *mode != "INLINE" && *mode != "DISTRIBUTED") {
        fields.wrong("Mode", "Value should be one of the following: [INLINE, DISTRIBUTED]");
    }
    if (is_distributed(processor.object())) state.distributed.emplace();
    const auto type = fields.string("ExecutionType");
    if (type && *type != "STANDARD" && *type != "EXPRESS") {
        fields.wrong("ExecutionType", "Value should be one of the following: [STANDARD, EXPRESS]");
    }
    if (state.distributed.has_value())
        state.distributed->has_express_children = type && *type == "EXPRESS";
}

}  // namespace stepwell::asl
