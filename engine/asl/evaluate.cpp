#include "asl/evaluate.hpp"

#include <algorithm>
#include <limits>

#include "asl/assignment.hpp"
#include "asl/expressions.hpp"
#include "asl/query_evaluate.hpp"
#include "base/assert.hpp"
#include "json/writer.hpp"

namespace stepwell::asl {

void throw_exception_from_error(const Failure& failure, const boost::source_location&) {
    SW_PANIC(failure.cause.c_str());
}

namespace {

const Payload& empty_object() {
    static const Payload object = Payload::trusted("{}");
    return object;
}

bool is_jsonata(const Scope& scope) noexcept {
    return scope.state.query_language == QueryLanguage::jsonata;
}

// InputPath or OutputPath of `payload`.
Evaluated<Payload> select(const Scope& scope, const SelectingPath& path, const Payload& payload) {
    if (path.is_null) return empty_object();
    if (!path.reference) return payload;
    Evaluation evaluation{scope, payload};
    std::string out;
    std::string reason;
    if (path.reference->append(evaluation, out, &reason)) return Payload::trusted(out);
    return evaluation.failure("Invalid path '" + path.reference->text() + "' : " + reason);
}

Evaluated<Payload> render(const Scope& scope, const std::optional<Template>& parsed,
                          const Payload& payload) {
    if (!parsed) return payload;
    Evaluation evaluation{scope, payload};
    return parsed->render(evaluation);
}

// What Assign adds to the variables; all its expressions see the old ones.
Evaluated<void> assign(const Scope& scope, const std::optional<Template>& parsed,
                       const Payload& seen, StateOutput& output) {
    output.variables = scope.variables;
    if (!parsed) return {};
    Evaluation evaluation{scope, seen};
    auto rendered = parsed->render(evaluation);
    if (!rendered) return rendered.error();
    assign_variables(scope, *rendered, output);
    return {};
}

// ResultPath, OutputPath and Assign: what every state with a result does at its end. `seen` is `$`
// in Assign.
Evaluated<StateOutput> finish(const Scope& scope, const Payload& result, const Payload& seen) {
    const Expressions& expressions = *scope.state.expressions;
    StateOutput output;
    if (auto done = assign(scope, expressions.assign, seen, output); !done) return done.error();
    auto placed = expressions.result_path.place(scope, scope.input, result);
    if (!placed) return placed.error();
    if (scope.trace != nullptr) {
        scope.trace->after_result_selector = result;
        scope.trace->after_result_path = *placed;
    }
    auto selected = select(scope, expressions.output_path, *placed);
    if (!selected) return selected.error();
    output.output = std::move(*selected);
    return output;
}

// The end of a state without a result: OutputPath of its selected input, and Assign.
Evaluated<StateOutput> pass_on(const Scope& scope, const Payload& input,
                               const std::optional<Template>& assignment) {
    StateOutput output;
    if (auto done = assign(scope, assignment, input, output); !done) return done.error();
    auto selected = select(scope, scope.state.expressions->output_path, input);
    if (!selected) return selected.error();
    output.output = std::move(*selected);
    return output;
}

Evaluated<json::Value> value_at(Evaluation& evaluation, const Reference& reference) {
    std::string reason;
    const auto value = reference.find(evaluation, &reason);
    if (!value) return evaluation.failure("Invalid path '" + reference.text() + "' : " + reason);
    return *value;
}

// A value as messages show it: a string bare, all else as JSON.
std::string shown_in_message(json::Value value) {
    if (value.is_string()) return std::string(value.string());
    std::string shown;
    json::append_compact(shown, value);
    return shown;
}

// The whole number that a ...Path field names.
Evaluated<std::int64_t> seconds_at(const Scope& scope, const Reference& reference,
                                   std::string_view field, const Payload& input) {
    Evaluation evaluation{scope, input};
    const auto value = value_at(evaluation, reference);
    if (!value) return value.error();
    const std::string shown = shown_in_message(*value);
    const std::string named = "The " + std::string{field} + " parameter ";
    const std::string assignment = reference.text() + " == " + shown;
    const auto seconds = value->integer();
    if (!seconds)
        return evaluation.failure(named + "cannot be parsed as a long value: " + assignment);
    if (*seconds < 0)
        return evaluation.failure(named + "references a negative value: " + assignment);
    return *seconds;
}

// The number of iterations that MaxConcurrencyPath names.
Evaluated<std::int64_t> concurrency_at(Evaluation& evaluation, const Reference& reference) {
    const auto value = value_at(evaluation, reference);
    if (!value) return value.error();
    const std::string shown = shown_in_message(*value);
    const auto concurrency = value->integer();
    if (!concurrency) {
        return evaluation.failure("The MaxConcurrencyPath field refers to value \"" + shown +
                                  "\" which is not a valid integer: " + reference.text());
    }
    if (*concurrency < 0) {
        return evaluation.failure("Expected non-negative integer for MaxConcurrency, got " + shown +
                                  " instead.");
    }
    constexpr std::int64_t max = std::numeric_limits<std::uint32_t>::max();
    return std::min(*concurrency, max);
}

Evaluated<std::uint32_t> concurrency_of(const Scope& scope, const Payload& input) {
    const Expressions& expressions = *scope.state.expressions;
    if (!expressions.max_concurrency_path)
        return static_cast<std::uint32_t>(expressions.max_concurrency.value_or(0));
    Evaluation evaluation{scope, input};
    const auto concurrency = concurrency_at(evaluation, *expressions.max_concurrency_path);
    if (!concurrency) return concurrency.error();
    return static_cast<std::uint32_t>(*concurrency);
}

// A text that a Fail's ErrorPath or CausePath names.
Evaluated<std::string> text_at(const Scope& scope, const Expression& expression,
                               std::string_view field) {
    Evaluation evaluation{scope, scope.input};
    std::string out;
    if (auto done = append_expression(evaluation, expression, field, out); !done)
        return done.error();
    const json::Value value = evaluation.keep(out);
    if (value.is_string()) return {boost::system::in_place_value, value.string()};
    return evaluation.failure("The JSONPath '" + text_of(expression) +
                              "' specified for the field '" + std::string{field} +
                              "' must reference a string value");
}

// InputPath of the state's input.
Evaluated<Payload> select_input(const Scope& scope) {
    auto selected = select(scope, scope.state.expressions->input_path, scope.input);
    if (selected && scope.trace != nullptr) scope.trace->after_input_path = *selected;
    return selected;
}

}  // namespace

Evaluated<Payload> effective_input(const Scope& scope) {
    if (is_jsonata(scope)) return query::effective_input(scope);
    auto selected = select_input(scope);
    if (!selected) return selected;
    auto rendered = render(scope, scope.state.expressions->parameters, *selected);
    if (rendered && scope.trace != nullptr) scope.trace->after_parameters = *rendered;
    return rendered;
}

Evaluated<MapItems> map_items(const Scope& scope) {
    if (is_jsonata(scope)) return query::map_items(scope);
    const Expressions& expressions = *scope.state.expressions;
    auto input = select_input(scope);
    if (!input) return input.error();
    const auto concurrency = concurrency_of(scope, *input);
    if (!concurrency) return concurrency.error();
    Evaluation evaluation{scope, *input};
    Payload items = *input;
    std::string shown = "$";
    if (expressions.items_path) {
        const Reference& path = *expressions.items_path;
        std::string text;
        std::string reason;
        if (!path.append(evaluation, text, &reason))
            return evaluation.failure("Invalid path '" + path.text() + "' : " + reason);
        items = Payload::trusted(text);
        // AWS shows a path into the context object without its second `$`.
        const bool is_context = path.root() == Reference::Root::context;
        shown = is_context ? path.text().substr(1) : path.text();
    }
    json::Document document = json::Document::of(std::move(items));
    if (!document.root().is_array())
        return evaluation.failure("Reference path \"" + shown + "\" must point to array.");
    return MapItems{std::move(document), *concurrency};
}

Evaluated<std::uint32_t> map_concurrency(const Scope& scope) {
    if (is_jsonata(scope)) return query::map_concurrency(scope);
    const auto input = select_input(scope);
    if (!input) return input.error();
    return concurrency_of(scope, *input);
}

Evaluated<Payload> iteration_input(const Scope& scope) {
    if (is_jsonata(scope)) return query::iteration_input(scope);
    const Expressions& expressions = *scope.state.expressions;
    SW_ASSERT(scope.context.map_item_value != nullptr);
    if (!expressions.item_selector) return *scope.context.map_item_value;
    auto input = select(scope, expressions.input_path, scope.input);
    if (!input) return input;
    return render(scope, expressions.item_selector, *input);
}

Evaluated<StateOutput> state_output(const Scope& scope, const Payload& result) {
    if (is_jsonata(scope)) return query::state_output(scope, result);
    auto shaped = render(scope, scope.state.expressions->result_selector, result);
    if (!shaped) return shaped.error();
    return finish(scope, *shaped, result);
}

Evaluated<StateOutput> state_output(const Scope& scope) {
    if (is_jsonata(scope)) return query::state_output(scope);
    const Expressions& expressions = *scope.state.expressions;
    if (scope.state.type == StateType::pass) {
        auto effective = effective_input(scope);
        if (!effective) return effective.error();
        if (expressions.result.is_absent()) return finish(scope, *effective, *effective);
        if (scope.trace != nullptr) *scope.trace = Trace{.result = expressions.result};
        return finish(scope, expressions.result, expressions.result);
    }
    auto selected = select_input(scope);
    if (!selected) return selected.error();
    return pass_on(scope, *selected, expressions.assign);
}

Evaluated<Chosen> choose(const Scope& scope) {
    if (is_jsonata(scope)) return query::choose(scope);
    const Expressions& expressions = *scope.state.expressions;
    auto selected = select_input(scope);
    if (!selected) return selected.error();
    Evaluation evaluation{scope, *selected};
    for (const ChoiceRule& rule : expressions.choices) {
        auto holds = rule.condition.holds(evaluation);
        if (!holds) return holds.error();
        if (!*holds) continue;
        auto output = pass_on(scope, *selected, rule.assign);
        if (!output) return output.error();
        const auto index = static_cast<std::size_t>(&rule - expressions.choices.data());
        return Chosen{rule.next, std::move(*output), index};
    }
    if (!expressions.default_next) {
        return evaluation.failure(
            "Failed to transition out of the state. The state does not point to a next state.");
    }
    auto output = pass_on(scope, *selected, expressions.assign);
    if (!output) return output.error();
    return Chosen{*expressions.default_next, std::move(*output)};
}

ChoiceShape choice_shape(const State& state) noexcept {
    const Expressions& expressions = *state.expressions;
    const std::size_t rules = expressions.queries == nullptr ? expressions.choices.size()
                                                             : expressions.queries->rules.size();
    return {rules, expressions.default_next.has_value()};
}

Evaluated<TimePoint> wait_until(const Scope& scope, TimePoint now) {
    if (is_jsonata(scope)) return query::wait_until(scope, now);
    constexpr std::int64_t delay_seconds_max = 2'147'483'647;
    const Expressions& expressions = *scope.state.expressions;
    auto input = select_input(scope);
    if (!input) return input.error();
    Evaluation evaluation{scope, *input};
    const auto too_long = [&] { return evaluation.failure("Wait state delay is too long."); };
    if (expressions.seconds || expressions.seconds_path) {
        auto seconds = expressions.seconds
                           ? Evaluated<std::int64_t>{*expressions.seconds}
                           : seconds_at(scope, *expressions.seconds_path, "SecondsPath", *input);
        if (!seconds) return seconds.error();
        if (*seconds > delay_seconds_max) return too_long();
        return now + std::chrono::seconds{*seconds};
    }
    auto timestamp = expressions.timestamp;
    if (expressions.timestamp_path) {
        const Reference& path = *expressions.timestamp_path;
        const auto value = value_at(evaluation, path);
        if (!value) return value.error();
        timestamp = value->is_string() ? Timestamp::parse(value->string()) : std::nullopt;
        if (!timestamp) {
            return evaluation.failure(
                "The TimestampPath parameter does not reference a valid ISO-8601 extended offset "
                "date-time format "
                "string: " +
                path.text() + " == " + shown_in_message(*value));
        }
    }
    SW_ASSERT(timestamp.has_value());
    const TimePoint end = timestamp->rounded_up();
    if (end - now > std::chrono::seconds{delay_seconds_max}) return too_long();
    return std::max(end, now);
}

Evaluated<TaskTimes> task_times(const Scope& scope) {
    if (is_jsonata(scope)) return query::task_times(scope);
    const Expressions& expressions = *scope.state.expressions;
    TaskTimes times{expressions.timeout_seconds, expressions.heartbeat_seconds};
    if (!expressions.timeout_seconds_path && !expressions.heartbeat_seconds_path) return times;
    auto input = select(scope, expressions.input_path, scope.input);
    if (!input) return input.error();
    if (expressions.timeout_seconds_path) {
        auto seconds =
            seconds_at(scope, *expressions.timeout_seconds_path, "TimeoutSecondsPath", *input);
        if (!seconds) return seconds.error();
        times.timeout_seconds = *seconds;
    }
    if (expressions.heartbeat_seconds_path) {
        auto seconds =
            seconds_at(scope, *expressions.heartbeat_seconds_path, "HeartbeatSecondsPath", *input);
        if (!seconds) return seconds.error();
        times.heartbeat_seconds = *seconds;
    }
    return times;
}

Evaluated<FailTexts> fail_texts(const Scope& scope) {
    if (is_jsonata(scope)) return query::fail_texts(scope);
    const Expressions& expressions = *scope.state.expressions;
    FailTexts texts{expressions.error, expressions.cause};
    if (expressions.error_path) {
        auto error = text_at(scope, *expressions.error_path, "ErrorPath");
        if (!error) return error.error();
        texts.error = std::move(*error);
    }
    if (expressions.cause_path) {
        auto cause = text_at(scope, *expressions.cause_path, "CausePath");
        if (!cause) return cause.error();
        texts.cause = std::move(*cause);
    }
    return texts;
}

Evaluated<StateOutput> catcher_output(const Scope& scope, std::size_t catcher,
                                      std::string_view error, std::string_view cause) {
    json::Writer writer;
    writer.begin_object().member("Error", error).member("Cause", cause).end_object();
    const Payload error_object = Payload::trusted(writer.text());
    if (is_jsonata(scope)) return query::catcher_output(scope, catcher, error_object);
    SW_ASSERT(catcher < scope.state.expressions->catchers.size());
    const CatcherExpressions& expressions = scope.state.expressions->catchers[catcher];
    StateOutput output;
    if (auto done = assign(scope, expressions.assign, error_object, output); !done)
        return done.error();
    auto placed = expressions.result_path.place(scope, scope.input, error_object);
    if (!placed) return placed.error();
    output.output = std::move(*placed);
    return output;
}

}  // namespace stepwell::asl
