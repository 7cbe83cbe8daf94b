// The fields of each type of state.
#include <array>

#include "asl/compiler.hpp"

namespace stepwell::asl {

using json::Value;

namespace {

constexpr std::array<std::string_view, 8> type_names{"Task",    "Pass", "Choice",   "Wait",
                                                     "Succeed", "Fail", "Parallel", "Map"};

// Which types of states a field belongs to, and to which query language.
enum class Language : std::uint8_t { both, jsonpath, jsonata };
struct FieldRule {
    std::string_view name;
    Language language;
    std::string_view types;  // a letter a type: T(ask) P(ass) C(hoice) W(ait) S(ucceed) F(ail) L
                             // (Parallel) M(ap)
};
constexpr std::string_view type_letters = "TPCWSFLM";

constexpr auto field_rules = std::to_array<FieldRule>({
    {"Type", Language::both, "TPCWSFLM"},
    {"Comment", Language::both, "TPCWSFLM"},
    {"QueryLanguage", Language::both, "TPCWSFLM"},
    {"InputPath", Language::jsonpath, "TPCWSLM"},
    {"OutputPath", Language::jsonpath, "TPCWSLM"},
    {"Output", Language::jsonata, "TPCWSLM"},
    {"Assign", Language::both, "TPCWLM"},
    {"Next", Language::both, "TPWLM"},
    {"End", Language::both, "TPWLM"},
    {"Parameters", Language::jsonpath, "TPLM"},
    {"Arguments", Language::jsonata, "TL"},
    {"ResultPath", Language::jsonpath, "TPLM"},
    {"ResultSelector", Language::jsonpath, "TLM"},
    {"Retry", Language::both, "TLM"},
    {"Catch", Language::both, "TLM"},
    {"Resource", Language::both, "T"},
    {"Credentials", Language::both, "T"},
    {"TimeoutSeconds", Language::both, "T"},
    {"TimeoutSecondsPath", Language::jsonpath, "T"},
    {"HeartbeatSeconds", Language::both, "T"},
    {"HeartbeatSecondsPath", Language::jsonpath, "T"},
    {"Result", Language::jsonpath, "P"},
    {"Choices", Language::both, "C"},
    {"Default", Language::both, "C"},
    {"Seconds", Language::both, "W"},
    {"SecondsPath", Language::jsonpath, "W"},
    {"Timestamp", Language::both, "W"},
    {"TimestampPath", Language::jsonpath, "W"},
    {"Error", Language::both, "F"},
    {"ErrorPath", Language::jsonpath, "F"},
    {"Cause", Language::both, "F"},
    {"CausePath", Language::jsonpath, "F"},
    {"Branches", Language::both, "L"},
    {"ItemProcessor", Language::both, "M"},
    {"Iterator", Language::both, "M"},
    {"Items", Language::jsonata, "M"},
    {"ItemsPath", Language::jsonpath, "M"},
    {"ItemSelector", Language::both, "M"},
    {"ItemReader", Language::both, "M"},
    {"ItemBatcher", Language::both, "M"},
    {"ResultWriter", Language::both, "M"},
    {"MaxConcurrency", Language::both, "M"},
    {"MaxConcurrencyPath", Language::jsonpath, "M"},
    {"ToleratedFailurePercentage", Language::both, "M"},
    {"ToleratedFailurePercentagePath", Language::jsonpath, "M"},
    {"ToleratedFailureCount", Language::both, "M"},
    {"ToleratedFailureCountPath", Language::jsonpath, "M"},
    {"Label", Language::both, "M"},
});

const FieldRule* find_rule(std::string_view name) {
    const auto found = std::find_if(field_rules.begin(), field_rules.end(),
                                    [&](const FieldRule& rule) { return rule.name == name; });
    return found == field_rules.end() ? nullptr : &*found;
}

}  // namespace

std::string_view name_of(StateType type) noexcept {
    return type_names[static_cast<std::size_t>(type)];
}

void Compiler::compile_state(const Fields& fields, Scope& scope, State& state) {
    scope.graph.is_terminal[scope.place()] = true;  // until it is known to go on
    fields.require({"Type"});
    const auto type_name = fields.string("Type");
    if (!type_name) return;
    const auto known = std::find(type_names.begin(), type_names.end(), *type_name);
    if (known == type_names.end()) {
        return fields.wrong("Type",
                            "The field 'Type' should have one of these values: "
                            "[Task, Wait, Pass, Succeed, Fail, Choice, Parallel, Map]");
    }
    state.type = static_cast<StateType>(known - type_names.begin());
    fields.string("Comment");
    bool is_language_refused = false;
    state.query_language = state_language(fields, is_language_refused);
    check_fields(fields, state.type, state.query_language, is_language_refused);
    auto expressions = std::make_shared<Expressions>();
    compile_transition(fields, scope, state);
    if (state.query_language == QueryLanguage::jsonata) {
        expressions->queries = std::make_unique<Queries>();
        compile_queries(fields, state, *expressions->queries);
    } else {
        compile_common(fields, state.type, *expressions);
    }
    switch (state.type) {
        case StateType::task:
            compile_task(fields, scope, state, *expressions);
            break;
        case StateType::pass:
            compile_pass(fields, *expressions);
            break;
        case StateType::choice:
            compile_choice(fields, scope, state, *expressions);
            break;
        case StateType::wait:
            fields.exactly_one({"SecondsPath", "Seconds", "TimestampPath", "Timestamp"});
            if (state.query_language == QueryLanguage::jsonpath) compile_wait(fields, *expressions);
            break;
        case StateType::succeed:
            break;
        case StateType::fail:
            if (state.query_language == QueryLanguage::jsonpath) compile_fail(fields, *expressions);
            break;
        case StateType::parallel:
        case StateType::map:
            compile_retry(fields, state);
            compile_catch(fields, scope, state, *expressions);
            if (state.type == StateType::parallel) {
                compile_parallel(fields, state);
            } else {
                compile_map(fields, state, *expressions);
            }
            break;
    }
    expressions->visit_references([&](const Reference& reference) {
        if (reference.root() == Reference::Root::variable)
            variables_[state.name].insert(reference.variable());
    });
    state.expressions = std::move(expressions);
}

QueryLanguage Compiler::state_language(const Fields& fields, bool& is_refused) {
    const auto value = fields.any("QueryLanguage");
    if (!value) return language_;
    const auto name = fields.string("QueryLanguage");
    if (name && *name != "JSONPath" && *name != "JSONata") {
        fields.wrong("QueryLanguage", "Value should be one of the following: [JSONPath, JSONata]");
    }
    if (!name || *name != "JSONPath") return QueryLanguage::jsonata;
    if (language_ == QueryLanguage::jsonata) {
        fields.wrong(
            "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine");
        is_refused = true;
    }
    return QueryLanguage::jsonpath;
}

void Compiler::check_fields(const Fields& fields, StateType type, QueryLanguage language,
                            bool is_language_refused) {
    const char letter = type_letters[static_cast<std::size_t>(type)];
    const bool is_jsonpath = language == QueryLanguage::jsonpath;
    const Language other = is_jsonpath ? Language::jsonata : Language::jsonpath;
    for (const json::Member& member : fields.object().members()) {
        const FieldRule* const rule = find_rule(member.key);
        if (rule == nullptr || rule->types.find(letter) == std::string_view::npos) {
            fields.wrong("Field '" + std::string{member.key} + "' is not supported");
        } else if (rule->language == other && !is_language_refused) {
            const std::string_view own = is_jsonpath ? "JSONPath" : "JSONata";
            const std::string_view needed = is_jsonpath ? "JSONata" : "JSONPath";
            fields.wrong("The QueryLanguage is set to '" + std::string{own} + "', but field '" +
                         std::string{member.key} + "' is only supported for the '" +
                         std::string{needed} + "' QueryLanguage");
        }
    }
}

void Compiler::compile_transition(const Fields& fields, Scope& scope, State& state) {
    if (state.type == StateType::succeed || state.type == StateType::fail) {
        state.is_end = true;
        return;
    }
    if (state.type == StateType::choice) {
        scope.graph.is_terminal[scope.place()] = false;
        return;
    }
    state.is_end = fields.boolean("End").value_or(false);
    if (state.is_end && fields.has("Next")) {
        fields.wrong("There should only be one of the following fields: [Next, End]");
    } else if (!state.is_end && !fields.has("Next")) {
        return fields.wrong(
            "This object should have only one of the following fields: [Next, End]");
    }
    scope.graph.is_terminal[scope.place()] = state.is_end;
    if (const auto next = target(fields, "Next", scope)) state.next = *next;
}

void Compiler::compile_common(const Fields& fields, StateType type, Expressions& expressions) {
    if (type == StateType::fail) return;
    expressions.input_path = selecting_path(fields, "InputPath");
    expressions.output_path = selecting_path(fields, "OutputPath");
    if (type != StateType::succeed) expressions.assign = assignment(fields);
    if (type == StateType::choice || type == StateType::wait || type == StateType::succeed) return;
    if (type != StateType::map) expressions.parameters = payload_template(fields, "Parameters");
    expressions.result_path = result_path(fields);
    if (type != StateType::pass)
        expressions.result_selector = payload_template(fields, "ResultSelector");
}

void Compiler::compile_pass(const Fields& fields, Expressions& expressions) {
    if (const auto result = fields.any("Result"))
        expressions.result = Payload::trusted(result->raw());
}

void Compiler::compile_task(const Fields& fields, Scope& scope, State& state,
                            Expressions& expressions) {
    fields.require({"Resource"});
    if (const auto text = fields.string("Resource")) {
        auto resource = Resource::parse(*text);
        if (resource) {
            state.resource = std::move(*resource);
            state.wants_token = state.resource.pattern != Pattern::request_response ||
                                state.resource.kind == ResourceKind::activity;
        } else if (!text->starts_with("arn:")) {
            fields.wrong("Resource", "Value is not a valid resource ARN");
        } else {
            fields.wrong(
                "Resource",
                "The resource provided " + std::string{*text} +
                    " is not recognized. The value is not a valid resource ARN, or the resource "
                    "is not available in this region.");
        }
    }
    if (const auto credentials = fields.object("Credentials")) {
        const Fields inner{*credentials, fields.at("Credentials"), diagnostics_};
        if (!inner.has("RoleArn") && !inner.has("RoleArn.$")) {
            inner.wrong("The field 'RoleArn' is required but was missing");
        }
    }
    fields.at_most_one({"TimeoutSeconds", "TimeoutSecondsPath"});
    fields.at_most_one({"HeartbeatSeconds", "HeartbeatSecondsPath"});
    if (state.query_language == QueryLanguage::jsonpath) {
        expressions.timeout_seconds = fields.integer("TimeoutSeconds", 1, seconds_max);
        expressions.heartbeat_seconds = fields.integer("HeartbeatSeconds", 1, seconds_max);
        expressions.timeout_seconds_path = reference_path(fields, "TimeoutSecondsPath");
        expressions.heartbeat_seconds_path = reference_path(fields, "HeartbeatSecondsPath");
        if (expressions.timeout_seconds && expressions.heartbeat_seconds &&
            *expressions.heartbeat_seconds >= *expressions.timeout_seconds) {
            fields.wrong("HeartbeatSeconds",
                         "HeartbeatSeconds must be smaller than TimeoutSeconds");
        }
    }
    compile_retry(fields, state);
    compile_catch(fields, scope, state, expressions);
}

void Compiler::compile_choice(const Fields& fields, Scope& scope, const State& state,
                              Expressions& expressions) {
    fields.require({"Choices"});
    if (const auto choices = fields.array("Choices")) {
        for (std::size_t i = 0; i < choices->size(); ++i) {
            const std::string location = fields.at("Choices") + "[" + std::to_string(i) + "]";
            const Value value = (*choices)[i];
            if (!value.is_object()) {
                diagnostics_.schema("Expected value of type [OBJECT]", location);
                continue;
            }
            const Fields rule{value, location, diagnostics_};
            rule.require({"Next"});
            const auto next = target(rule, "Next", scope);
            if (state.query_language == QueryLanguage::jsonata) {
                compile_query_rule(rule, state, next, *expressions.queries);
                continue;
            }
            if (rule.has("Condition")) {
                rule.wrong(
                    "The QueryLanguage is set to 'JSONPath', but field 'Condition' is only "
                    "supported for the 'JSONata' QueryLanguage");
                continue;
            }
            auto condition = Condition::compile(rule, false, diagnostics_);
            auto assign = assignment(rule);
            if (condition && next)
                expressions.choices.push_back({std::move(*condition), *next, std::move(assign)});
        }
    }
    expressions.default_next = target(fields, "Default", scope);
}

void Compiler::compile_wait(const Fields& fields, Expressions& expressions) {
    expressions.seconds = fields.integer("Seconds", 0, seconds_max);
    expressions.seconds_path = reference_path(fields, "SecondsPath");
    expressions.timestamp_path = reference_path(fields, "TimestampPath");
    if (const auto text = fields.string("Timestamp")) {
        expressions.timestamp = Timestamp::parse(*text);
        if (!expressions.timestamp)
            fields.wrong("Timestamp", "String does not match RFC3339 timestamp");
    }
}

void Compiler::compile_fail(const Fields& fields, Expressions& expressions) {
    fields.at_most_one({"Error", "ErrorPath"});
    fields.at_most_one({"Cause", "CausePath"});
    if (const auto error = fields.string("Error")) expressions.error = *error;
    if (const auto cause = fields.string("Cause")) expressions.cause = *cause;
    expressions.error_path = expression(fields, "ErrorPath");
    expressions.cause_path = expression(fields, "CausePath");
}

}  // namespace stepwell::asl
