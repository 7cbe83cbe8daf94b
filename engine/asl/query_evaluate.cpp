#include "asl/query_evaluate.hpp"

#include <algorithm>
#include <limits>

#include "asl/assignment.hpp"
#include "asl/expressions.hpp"
#include "base/assert.hpp"
#include "base/limits.hpp"

namespace stepwell::asl::query {

namespace {

const Queries& queries_of(const Scope& scope) {
    SW_ASSERT(scope.state.expressions->queries != nullptr);
    return *scope.state.expressions->queries;
}

// Output and Assign; all expressions see the old variables. Without Output, `otherwise` goes on.
Evaluated<StateOutput> finish(QueryEvaluation& evaluation, const std::optional<Query>& assign,
                              const std::optional<Query>& output, const Payload& otherwise) {
    StateOutput finished;
    finished.variables = evaluation.scope().variables;
    if (assign) {
        auto fresh = assign->render(evaluation);
        if (!fresh) return fresh.error();
        assign_variables(evaluation.scope(), *fresh, finished);
    }
    finished.output = otherwise;
    if (output) {
        auto rendered = output->render(evaluation);
        if (!rendered) return rendered.error();
        finished.output = std::move(*rendered);
    }
    return finished;
}

// A value of the right type that is of no use.
Failure unusable(const QueryEvaluation& evaluation, const Query& query, std::string detail) {
    Failure failure = evaluation.failure("The " + query.location() + " field " + std::move(detail),
                                         query.location());
    failure.is_unusable_value = true;
    return failure;
}

struct Range {
    std::int64_t min;
    std::int64_t max;
};

Evaluated<std::int64_t> whole_number(QueryEvaluation& evaluation, const Query& query, Range range) {
    const auto document = query.read(evaluation);
    if (!document) return document.error();
    const json::Value value = document->root();
    if (!value.is_number()) return query.unexpected(evaluation, "number", value);
    const std::string shown{value.raw()};
    const auto number = value.integer();
    if (!number) return unusable(evaluation, query, "cannot be parsed as an integer: " + shown);
    if (*number >= range.min && *number <= range.max) return *number;
    return unusable(evaluation, query,
                    "must be between " + std::to_string(range.min) + " and " +
                        std::to_string(range.max) + " but was: " + shown);
}

Evaluated<std::string> text(QueryEvaluation& evaluation, const Query& query) {
    const auto document = query.read(evaluation);
    if (!document) return document.error();
    const json::Value value = document->root();
    if (!value.is_string()) return query.unexpected(evaluation, "string", value);
    return {boost::system::in_place_value, value.string()};
}

Evaluated<bool> truth(QueryEvaluation& evaluation, const Query& query) {
    const auto document = query.read(evaluation);
    if (!document) return document.error();
    const json::Value value = document->root();
    if (!value.is_boolean()) return query.unexpected(evaluation, "boolean", value);
    return value.boolean();
}

constexpr Range wait_seconds{0, 99'999'999};
constexpr Range task_seconds{1, 99'999'999};
constexpr Range concurrencies{0, std::numeric_limits<std::uint32_t>::max()};

}  // namespace

Evaluated<Payload> effective_input(const Scope& scope) {
    const Queries& queries = queries_of(scope);
    if (!queries.arguments) return scope.input;
    QueryEvaluation evaluation{scope};
    return queries.arguments->render(evaluation);
}

Evaluated<std::uint32_t> map_concurrency(const Scope& scope) {
    const Queries& queries = queries_of(scope);
    if (!queries.max_concurrency) return 0U;
    QueryEvaluation evaluation{scope};
    const auto number = whole_number(evaluation, *queries.max_concurrency, concurrencies);
    if (!number) return number.error();
    return static_cast<std::uint32_t>(*number);
}

Evaluated<MapItems> map_items(const Scope& scope) {
    const Queries& queries = queries_of(scope);
    const auto concurrency = query::map_concurrency(scope);
    if (!concurrency) return concurrency.error();
    QueryEvaluation evaluation{scope};
    auto items = queries.items ? queries.items->read(evaluation)
                               : Evaluated<json::Document>{json::Document::of(scope.input)};
    if (!items) return items.error();
    if (items->root().is_array()) return MapItems{std::move(*items), *concurrency};
    if (queries.items) return queries.items->unexpected(evaluation, "array", items->root());
    std::string detail = "Map state input must be an array but was: ";
    json::append_compact(detail, items->root());
    return evaluation.failure(detail, {});
}

Evaluated<Payload> iteration_input(const Scope& scope) {
    const Queries& queries = queries_of(scope);
    SW_ASSERT(scope.context.map_item_value != nullptr);
    if (!queries.item_selector) return *scope.context.map_item_value;
    QueryEvaluation evaluation{scope};
    return queries.item_selector->render(evaluation);
}

Evaluated<StateOutput> state_output(const Scope& scope, const Payload& result) {
    const Queries& queries = queries_of(scope);
    QueryEvaluation evaluation{scope, QueryExtra::result, result};
    return finish(evaluation, queries.assign, queries.output, result);
}

Evaluated<StateOutput> state_output(const Scope& scope) {
    const Queries& queries = queries_of(scope);
    QueryEvaluation evaluation{scope};
    return finish(evaluation, queries.assign, queries.output, scope.input);
}

Evaluated<Chosen> choose(const Scope& scope) {
    const Queries& queries = queries_of(scope);
    QueryEvaluation evaluation{scope};
    for (const Queries::Rule& rule : queries.rules) {
        const auto holds = truth(evaluation, rule.condition);
        if (!holds) return holds.error();
        if (!*holds) continue;
        auto output = finish(evaluation, rule.assign, rule.output, scope.input);
        if (!output) return output.error();
        return Chosen{rule.next, std::move(*output),
                      static_cast<std::size_t>(&rule - queries.rules.data())};
    }
    const auto& next = scope.state.expressions->default_next;
    if (!next) {
        return evaluation.evaluation().failure(
            "Failed to transition out of the state. The state does not point to a next state.");
    }
    auto output = finish(evaluation, queries.assign, queries.output, scope.input);
    if (!output) return output.error();
    return Chosen{*next, std::move(*output)};
}

Evaluated<TimePoint> wait_until(const Scope& scope, TimePoint now) {
    constexpr std::chrono::seconds delay_max{2'147'483'647};
    const Queries& queries = queries_of(scope);
    QueryEvaluation evaluation{scope};
    if (queries.seconds) {
        const auto seconds = whole_number(evaluation, *queries.seconds, wait_seconds);
        if (!seconds) return seconds.error();
        return now + std::chrono::seconds{*seconds};
    }
    SW_ASSERT(queries.timestamp.has_value());
    const auto written = text(evaluation, *queries.timestamp);
    if (!written) return written.error();
    const auto timestamp = Timestamp::parse(*written);
    if (!timestamp) {
        return unusable(
            evaluation, *queries.timestamp,
            "cannot be parsed as an ISO-8601 extended offset date-time format string: " + *written);
    }
    const TimePoint end = timestamp->rounded_up();
    if (end - now > delay_max)
        return evaluation.evaluation().failure("Wait state delay is too long.");
    return std::max(end, now);
}

Evaluated<TaskTimes> task_times(const Scope& scope) {
    const Queries& queries = queries_of(scope);
    TaskTimes times;
    if (!queries.timeout_seconds && !queries.heartbeat_seconds) return times;
    QueryEvaluation evaluation{scope};
    if (queries.timeout_seconds) {
        const auto seconds = whole_number(evaluation, *queries.timeout_seconds, task_seconds);
        if (!seconds) return seconds.error();
        times.timeout_seconds = *seconds;
    }
    if (queries.heartbeat_seconds) {
        const auto seconds = whole_number(evaluation, *queries.heartbeat_seconds, task_seconds);
        if (!seconds) return seconds.error();
        times.heartbeat_seconds = *seconds;
    }
    return times;
}

Evaluated<FailTexts> fail_texts(const Scope& scope) {
    const Queries& queries = queries_of(scope);
    QueryEvaluation evaluation{scope};
    FailTexts texts;
    if (queries.error) {
        auto error = text(evaluation, *queries.error);
        if (!error) return error.error();
        texts.error = std::move(*error);
    }
    if (queries.cause) {
        auto cause = text(evaluation, *queries.cause);
        if (!cause) return cause.error();
        texts.cause = std::move(*cause);
    }
    return texts;
}

Evaluated<StateOutput> catcher_output(const Scope& scope, std::size_t catcher,
                                      const Payload& error_object) {
    const Queries& queries = queries_of(scope);
    SW_ASSERT(catcher < queries.catchers.size());
    const Queries::Catcher& caught = queries.catchers[catcher];
    QueryEvaluation evaluation{scope, QueryExtra::error_output, error_object};
    return finish(evaluation, caught.assign, caught.output, error_object);
}

}  // namespace stepwell::asl::query
