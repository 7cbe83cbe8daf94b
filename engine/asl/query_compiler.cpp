// The fields of JSONata states.
#include "asl/compiler.hpp"

namespace stepwell::asl {

using json::Value;

namespace {

bool is_expression(const Fields& fields, std::string_view field) {
    const auto value = fields.any(field);
    return value && Query::is_expression(*value);
}

}  // namespace

// Any JSON, expressions in it.
std::optional<Query> Compiler::query(const Fields& fields, std::string_view field,
                                     const State& state, QueryExtra extra) {
    const auto value = fields.any(field);
    if (!value) return std::nullopt;
    // Inside the state: "Arguments", "Catch[0]/Output".
    std::vector<Query::Problem> problems;
    auto query =
        Query::compile(*value, fields.at(field).substr(state.location.size() + 1), extra, problems);
    for (const Query::Problem& problem : problems)
        diagnostics_.schema(problem.message, state.location + "/" + problem.location);
    for (const std::string_view variable : query.variables())
        variables_[state.name].insert(std::string{variable});
    return query;
}

std::optional<Query> Compiler::integer_query(const Fields& fields, std::string_view field,
                                             const State& state, std::int64_t min) {
    const bool is_good =
        is_expression(fields, field) || fields.integer(field, min, seconds_max).has_value();
    return is_good ? query(fields, field, state, QueryExtra::none) : std::nullopt;
}

std::optional<Query> Compiler::string_query(const Fields& fields, std::string_view field,
                                            const State& state) {
    if (!fields.string(field)) return std::nullopt;
    return query(fields, field, state, QueryExtra::none);
}

std::optional<Query> Compiler::assignment_query(const Fields& fields, const State& state,
                                                QueryExtra extra) {
    const auto value = fields.object("Assign");
    if (!value) return std::nullopt;
    for (const json::Member& member : value->members())
        check_variable_name(member.key, fields.at("Assign") + "/" + std::string{member.key});
    return query(fields, "Assign", state, extra);
}

void Compiler::compile_queries(const Fields& fields, const State& state, Queries& queries) {
    const bool has_result = state.type == StateType::task || state.type == StateType::parallel ||
                            state.type == StateType::map;
    const QueryExtra extra = has_result ? QueryExtra::result : QueryExtra::none;
    if (state.type != StateType::fail) queries.output = query(fields, "Output", state, extra);
    if (state.type != StateType::fail && state.type != StateType::succeed)
        queries.assign = assignment_query(fields, state, extra);
    switch (state.type) {
        case StateType::task:
            queries.arguments = query(fields, "Arguments", state, QueryExtra::none);
            queries.timeout_seconds = integer_query(fields, "TimeoutSeconds", state, 1);
            queries.heartbeat_seconds = integer_query(fields, "HeartbeatSeconds", state, 1);
            query(fields, "Credentials", state, QueryExtra::none);  // checked, not used
            break;
        case StateType::parallel:
            queries.arguments = query(fields, "Arguments", state, QueryExtra::none);
            break;
        case StateType::wait:
            queries.seconds = integer_query(fields, "Seconds", state, 0);
            queries.timestamp = string_query(fields, "Timestamp", state);
            if (queries.timestamp && !is_expression(fields, "Timestamp") &&
                !Timestamp::parse(fields.any("Timestamp")->string()))
                fields.wrong("Timestamp", "String does not match RFC3339 timestamp");
            break;
        case StateType::fail:
            queries.error = string_query(fields, "Error", state);
            queries.cause = string_query(fields, "Cause", state);
            break;
        case StateType::map:
            if (const auto items = fields.any("Items");
                items && !items->is_array() && !Query::is_expression(*items)) {
                fields.wrong("Items", "Expected value of type [ARRAY]");
            } else {
                queries.items = query(fields, "Items", state, QueryExtra::none);
            }
            queries.item_selector = query(fields, "ItemSelector", state, QueryExtra::none);
            queries.max_concurrency = integer_query(fields, "MaxConcurrency", state, 0);
            break;
        case StateType::pass:
        case StateType::choice:
        case StateType::succeed:
            break;
    }
}

// One element of Choices.
void Compiler::compile_query_rule(const Fields& rule, const State& state,
                                  std::optional<StateIndex> next, Queries& queries) {
    rule.allow({"Condition", "Next", "Assign", "Output", "Comment"});
    rule.require({"Condition"});
    const bool is_good = is_expression(rule, "Condition") || rule.boolean("Condition").has_value();
    auto condition = is_good ? query(rule, "Condition", state, QueryExtra::none) : std::nullopt;
    auto assign = assignment_query(rule, state, QueryExtra::none);
    auto output = query(rule, "Output", state, QueryExtra::none);
    if (condition && next)
        queries.rules.push_back(
            {std::move(*condition), *next, std::move(assign), std::move(output)});
}

// One element of Catch.
void Compiler::compile_query_catcher(const Fields& catcher, const State& state, Queries& queries) {
    auto assign = assignment_query(catcher, state, QueryExtra::error_output);
    auto output = query(catcher, "Output", state, QueryExtra::error_output);
    queries.catchers.push_back({std::move(assign), std::move(output)});
}

}  // namespace stepwell::asl
