#include "asl/query.hpp"

#include <algorithm>

#include "base/assert.hpp"
#include "base/limits.hpp"
#include "json/writer.hpp"

namespace stepwell::asl {

namespace {

constexpr std::string_view opening = "{%";
constexpr std::string_view closing = "%}";
constexpr std::size_t cause_bytes_max = 32'768;  // AWS's, as the next
constexpr std::size_t location_bytes_max = 256;

std::string_view name_of(json::Kind kind) {
    switch (kind) {
        case json::Kind::null:
            return "null";
        case json::Kind::boolean:
            return "boolean";
        case json::Kind::number:
            return "number";
        case json::Kind::string:
            return "string";
        case json::Kind::array:
            return "array";
        case json::Kind::object:
            return "object";
    }
    SW_PANIC("a value of no known kind");
}

// The text without white space around it.
std::string_view trimmed(std::string_view text) {
    constexpr std::string_view space = " \t\r\n";
    const std::size_t first = text.find_first_not_of(space);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(space) - first + 1);
}

// "The JSONata expression '1 + 1' specified for the field 'Output' "
std::string named(const jsonata::Expression& expression, const std::string& location) {
    return "The JSONata expression '" + std::string{expression.text()} +
           "' specified for the field '" + location + "' ";
}

// A text that is longer than it may be loses its end, no character halved.
void limit(std::string& text, std::size_t bytes_max) {
    if (text.size() <= bytes_max) return;
    std::size_t size = bytes_max;
    while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80) --size;
    text.resize(size);
}

// A place in the value at `location`. Short whatever the keys are: each value in it has one.
std::string inside(std::string_view location, std::string_view part) {
    std::string place{location};
    place.append(part.substr(0, location_bytes_max + 1));
    limit(place, location_bytes_max);
    return place;
}

// What is wrong with the surroundings that an expression wants; empty when nothing is.
std::string wrong_reference(const jsonata::Expression& expression, QueryExtra extra) {
    if (expression.input_use()) {
        return "'$', '$$' and names without a variable in front of them are not available at the "
               "top level of an expression; use '$states.input'";
    }
    for (const jsonata::VariableReference& reference : expression.references()) {
        if (reference.variable != "states") continue;
        const bool is_missing =
            (reference.member == "result" && extra != QueryExtra::result) ||
            (reference.member == "errorOutput" && extra != QueryExtra::error_output);
        if (is_missing)
            return "'$states." + std::string{reference.member} + "' is not available in this field";
    }
    return {};
}

}  // namespace

// ---- evaluation
// -----------------------------------------------------------------------------------

Failure QueryEvaluation::failure(std::string_view detail, const std::string& location) const {
    Failure failure{std::string{Failure::query_evaluation_error}, cause_in_state(scope(), detail),
                    location};
    limit(failure.cause, cause_bytes_max);
    return failure;
}

json::Value QueryEvaluation::extra() {
    if (!extra_document_) extra_document_ = json::Document::of(*extra_payload_);
    return extra_document_->root();
}

// Adds to states_ what a reference to that member (none: to the whole) needs.
void QueryEvaluation::bind_states(std::string_view member) {
    const auto add = [&](std::string_view name, auto&& value) {
        if (!member.empty() && member != name) return;
        const bool is_there =
            std::any_of(states_.begin(), states_.end(),
                        [&](const jsonata::NamedValue& each) { return each.name == name; });
        if (!is_there) states_.push_back({name, value()});
    };
    add("input", [&] { return evaluation_.root(); });
    if (extra_ == QueryExtra::result) add("result", [&] { return extra(); });
    if (extra_ == QueryExtra::error_output) add("errorOutput", [&] { return extra(); });
    add("context", [&] { return evaluation_.context(); });
}

void QueryEvaluation::bind(const jsonata::Expression& expression) {
    bound_.clear();
    states_.clear();
    bool has_states = false;
    for (const jsonata::VariableReference& reference : expression.references()) {
        if (reference.variable == "states") {
            has_states = true;
            bind_states(reference.member);
            continue;
        }
        const bool is_bound = std::any_of(
            bound_.begin(), bound_.end(),
            [&](const jsonata::BoundVariable& each) { return each.name == reference.variable; });
        if (is_bound) continue;
        if (const auto value = evaluation_.variable(reference.variable))
            bound_.push_back({reference.variable, *value});
    }
    if (has_states) bound_.push_back({"states", std::span<const jsonata::NamedValue>{states_}});
}

Evaluated<void> QueryEvaluation::append(const jsonata::Expression& expression,
                                        const std::string& location, std::string& out) {
    bind(expression);
    jsonata::Options options;
    options.steps_max = steps_left_;
    options.now = scope().now;
    options.random = scope().random;
    const jsonata::Answer answer = expression.evaluate(std::nullopt, bound_, options);
    steps_left_ -= std::min(steps_left_, answer.steps);
    switch (answer.kind) {
        case jsonata::Answer::Kind::value:
            out.append(answer.json);
            return {};
        case jsonata::Answer::Kind::undefined:
            return failure(named(expression, location) + "returned nothing (undefined).", location);
        case jsonata::Answer::Kind::function:
            return failure(named(expression, location) + "returned an unsupported result type.",
                           location);
        case jsonata::Answer::Kind::error:
            break;
    }
    return failure(named(expression, location) + "threw an error during evaluation. " +
                       std::string{answer.error.code} + ": " + answer.error.message,
                   location);
}

// ---- a field
// --------------------------------------------------------------------------------------

bool Query::is_expression(std::string_view text) {
    return text.size() >= opening.size() + closing.size() && text.starts_with(opening) &&
           text.ends_with(closing);
}

Query Query::compile(json::Value value, const std::string& location, QueryExtra extra,
                     std::vector<Problem>& problems) {
    Query query;
    query.location_ = location;
    Compilation compilation{extra, problems};
    query.add(value, location, compilation);
    query.after_ = std::move(compilation.literal);
    if (query.holes_.empty()) query.constant_ = Payload::trusted(query.after_);
    return query;
}

void Query::add(json::Value value, const std::string& location, Compilation& compilation) {
    std::string& literal = compilation.literal;
    if (value.is_array()) {
        literal.push_back('[');
        for (std::size_t i = 0; i < value.size(); ++i) {
            if (i != 0) literal.push_back(',');
            add(value[i], inside(location, "[" + std::to_string(i) + "]"), compilation);
        }
        literal.push_back(']');
    } else if (value.is_object()) {
        literal.push_back('{');
        bool is_first = true;
        for (const json::Member& member : value.members()) {
            if (!std::exchange(is_first, false)) literal.push_back(',');
            json::append_string(literal, member.key);
            literal.push_back(':');
            add(json::Value{&member.value}, inside(inside(location, "/"), member.key), compilation);
        }
        literal.push_back('}');
    } else if (is_expression(value)) {
        add_expression(value.string(), location, compilation);
    } else {
        // White space around it makes it a text like any other; half of it is a slip.
        if (value.is_string() &&
            (value.string().starts_with(opening) || value.string().ends_with(closing))) {
            compilation.problems.push_back(
                {"A JSONata expression must start with '{%' and end with '%}'", location});
        }
        literal.append(value.raw());
    }
}

void Query::add_expression(std::string_view text, const std::string& location,
                           Compilation& compilation) {
    text.remove_prefix(opening.size());
    text.remove_suffix(closing.size());
    jsonata::ExpressionError error;
    auto expression =
        jsonata::Expression::compile(trimmed(text), jsonata::Dialect::step_functions, error);
    if (!expression) {
        compilation.problems.push_back({"The value must be a valid JSONata expression: " +
                                            std::string{error.code} + ": " + error.message,
                                        location});
        return;
    }
    if (std::string wrong = wrong_reference(*expression, compilation.extra); !wrong.empty())
        compilation.problems.push_back({std::move(wrong), location});
    holes_.push_back({std::exchange(compilation.literal, {}), std::move(*expression), location});
}

Evaluated<Payload> Query::render(QueryEvaluation& evaluation) const {
    if (holes_.empty()) return constant_;
    std::string out;
    for (const Hole& hole : holes_) {
        out.append(hole.before);
        if (auto done = evaluation.append(hole.expression, hole.location, out); !done)
            return done.error();
        if (out.size() > limits::payload_bytes_max) return evaluation.evaluation().too_large();
    }
    out.append(after_);
    return Payload::trusted(out);
}

Evaluated<json::Document> Query::read(QueryEvaluation& evaluation) const {
    auto rendered = render(evaluation);
    if (!rendered) return rendered.error();
    return json::Document::of(std::move(*rendered));
}

Failure Query::unexpected(const QueryEvaluation& evaluation, std::string_view expected,
                          json::Value found) const {
    SW_ASSERT(!holes_.empty());  // literals are checked when they are compiled
    std::string detail = named(holes_.front().expression, location_);
    detail += "returned an unexpected result type. Expected '";
    detail.append(expected).append("', but was '").append(name_of(found.kind()));
    detail += "' for value: ";
    json::append_compact(detail, found);
    return evaluation.failure(detail, location_);
}

std::vector<std::string_view> Query::variables() const {
    std::vector<std::string_view> names;
    for (const Hole& hole : holes_) {
        for (const jsonata::VariableReference& reference : hole.expression.references()) {
            if (reference.variable != "states") names.push_back(reference.variable);
        }
    }
    return names;
}

}  // namespace stepwell::asl
