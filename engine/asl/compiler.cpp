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
    Machine machine = compile_machine(fields, true);
    program.states_ = std::move(machine.states);
    program.by_name_.resize(program.states_.size());
    for (std::uint32_t i = 0; i < program.size(); ++i) program.by_name_[i] = StateIndex{i};
    std::sort(program.by_name_.begin(), program.by_name_.end(), [&](StateIndex a, StateIndex b) {
        return program.state(a).name < program.state(b).name;
    });
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
    std::unordered_map<std::string_view, StateIndex> indices;
    for (const json::Member& member : states->members()) {
        indices.try_emplace(member.key, StateIndex{static_cast<std::uint32_t>(indices.size())});
    }
    machine.states.resize(indices.size());
    Graph graph{std::vector<std::vector<StateIndex>>(indices.size()),
                std::vector<bool>(indices.size())};
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
        const StateIndex index = indices.at(member.key);
        State& state = machine.states[index.value];
        state.name = member.key;
        const std::string location = fields.at("States") + "/" + state.name;
        if (!value.is_object()) {
            diagnostics_.schema("Expected value of type [OBJECT]", location);
            graph.is_terminal[index.value] = true;
            continue;
        }
        Scope scope{indices, graph, index};
        compile_state(Fields{value, location, diagnostics_}, scope, state);
    }
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
    std::vector<bool> is_reached(machine.states.size());
    std::vector<StateIndex> open;
    if (has_start) {
        open.push_back(machine.start_at);
        is_reached[machine.start_at.value] = true;
    }
    while (!open.empty()) {
        const StateIndex index = open.back();
        open.pop_back();
        for (const StateIndex next : graph.next[index.value]) {
            if (is_reached[next.value]) continue;
            is_reached[next.value] = true;
            open.push_back(next);
        }
    }
    for (std::size_t i = 0; i < machine.states.size(); ++i) {
        if (is_reached[i]) continue;
        const std::string& name = machine.states[i].name;
        missing_targets_.push_back({true, std::string{diagnostic_code::missing_transition_target},
                                    "State \"" + name + "\" is not reachable.",
                                    location + "/" + name});
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
    scope.graph.next[scope.current.value].push_back(found->second);
    return found->second;
}

void Compiler::compile_nested(const Fields& fields, StateType type) {
    constexpr std::size_t depth_max = 32;
    const auto machine = [&](Value value, const std::string& location) {
        if (!value.is_object())
            return diagnostics_.schema("Expected value of type [OBJECT]", location);
        if (++depth_ > depth_max) return diagnostics_.schema("Nested too deeply", location);
        const Fields inner{value, location, diagnostics_};
        if (inner.has("QueryLanguage")) inner.wrong("Field 'QueryLanguage' is not supported");
        compile_machine(inner, false);
        --depth_;
    };
    if (type == StateType::parallel) {
        fields.require({"Branches"});
        if (const auto branches = fields.array("Branches")) {
            for (std::size_t i = 0; i < branches->size(); ++i) {
                machine((*branches)[i], fields.at("Branches") + "[" + std::to_string(i) + "]");
            }
        }
    } else {
        fields.exactly_one({"ItemProcessor", "Iterator"});
        for (const std::string_view name : {"ItemProcessor", "Iterator"}) {
            if (const auto processor = fields.any(name)) machine(*processor, fields.at(name));
        }
    }
    diagnostics_.add(
        diagnostic_code::not_supported,
        std::string{name_of(type)} + " states are not executed by this version of Stepwell",
        fields.at("Type"));
}

}  // namespace stepwell::asl
