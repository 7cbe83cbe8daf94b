// The fields of JSONata states: JSON in which a string "{% ... %}" is an expression. Parsed once.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "asl/evaluation.hpp"
#include "asl/jsonata/expression.hpp"

namespace stepwell::asl {

/// What `$states` has beside `input` and `context`.
enum class QueryExtra : std::uint8_t { none, result, error_output };

/// What a JSONata state's expressions see, and how much they may take: all that are evaluated with
/// one of these share its steps. A step takes some 50 ns, so that no state, whatever its
/// expressions, holds its shard for much more than 200 ms; and there are 16 steps for each byte of
/// the largest input.
///
/// threads  one
class QueryEvaluation {
 public:
    static constexpr std::size_t steps_max = 4'000'000;

    explicit QueryEvaluation(const Scope& scope) : evaluation_(scope, scope.input) {}
    /// With `$states.result` or `$states.errorOutput`; `value` must live as long as this.
    QueryEvaluation(const Scope& scope, QueryExtra extra, const Payload& value)
        : evaluation_(scope, scope.input), extra_(extra), extra_payload_(&value) {}

    /// Appends the value of an expression in the field at `location` ("Output/total").
    ///
    /// errors  States.QueryEvaluationError: it failed, gave nothing, or a function
    Evaluated<void> append(const jsonata::Expression& expression, const std::string& location,
                           std::string& out);

    const Scope& scope() const noexcept { return evaluation_.scope(); }
    Evaluation& evaluation() noexcept { return evaluation_; }
    /// States.QueryEvaluationError in the field at `location`, in AWS's words.
    Failure failure(std::string_view detail, const std::string& location) const;

 private:
    void bind(const jsonata::Expression& expression);
    void bind_states(std::string_view member);
    json::Value extra();

    Evaluation evaluation_;
    QueryExtra extra_ = QueryExtra::none;
    const Payload* extra_payload_ = nullptr;
    std::optional<json::Document> extra_document_;
    std::size_t steps_left_ = steps_max;
    std::vector<jsonata::BoundVariable> bound_;  // for the expression that is evaluated now
    std::vector<jsonata::NamedValue> states_;    // what bound_ has under "states"
};

/// One field of a JSONata state, compiled: literal text with expressions between.
///
/// threads  any; immutable
class Query {
 public:
    struct Problem {
        std::string message;
        std::string location;  ///< in the state: "Output/total"
    };
    /// Compiles the field at `location`; problems are added to `problems`. `extra` is what it will
    /// be evaluated with.
    static Query compile(json::Value value, const std::string& location, QueryExtra extra,
                         std::vector<Problem>& problems);
    /// Whether a text is an expression.
    static bool is_expression(std::string_view text);
    static bool is_expression(json::Value value) {
        return value.is_string() && is_expression(value.string());
    }

    /// Its value. One without expressions gives the same bytes each time.
    Evaluated<Payload> render(QueryEvaluation& evaluation) const;
    /// The same, parsed.
    Evaluated<json::Document> read(QueryEvaluation& evaluation) const;

    /// "The JSONata expression '...' specified for the field '...' returned an unexpected result
    /// type ...": of a field that is one expression, `expected` is the JSON type it has to have.
    Failure unexpected(const QueryEvaluation& evaluation, std::string_view expected,
                       json::Value found) const;

    const std::string& location() const noexcept { return location_; }
    /// The variables that it refers to, `states` not among them.
    std::vector<std::string_view> variables() const;

 private:
    struct Hole {
        std::string before;  ///< the literal text in front of it
        jsonata::Expression expression;
        std::string location;
    };
    struct Compilation {
        QueryExtra extra;
        std::vector<Problem>& problems;
        std::string literal = {};
    };

    void add(json::Value value, const std::string& location, Compilation& compilation);
    void add_expression(std::string_view text, const std::string& location,
                        Compilation& compilation);

    std::string location_;
    std::vector<Hole> holes_;
    std::string after_;  // the literal text behind the last hole
    Payload constant_;   // of one without holes
};

/// All queries of one JSONata state.
struct Queries {
    struct Rule {
        Query condition;
        StateIndex next;
        std::optional<Query> assign;
        std::optional<Query> output;
    };
    struct Catcher {
        std::optional<Query> assign;
        std::optional<Query> output;
    };

    std::optional<Query> arguments;
    std::optional<Query> assign;
    std::optional<Query> output;
    std::optional<Query> timeout_seconds;  ///< of a Task
    std::optional<Query> heartbeat_seconds;
    std::optional<Query> seconds;  ///< of a Wait
    std::optional<Query> timestamp;
    std::optional<Query> error;  ///< of a Fail
    std::optional<Query> cause;
    std::optional<Query> items;  ///< of a Map
    std::optional<Query> item_selector;
    std::optional<Query> max_concurrency;
    std::vector<Rule> rules;  ///< of a Choice
    std::vector<Catcher> catchers;
};

}  // namespace stepwell::asl
