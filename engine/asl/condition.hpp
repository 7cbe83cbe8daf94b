// The condition of a Choice rule in JSONPath states.
//
// source  AWS Step Functions Developer Guide, "Choice workflow state"
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "asl/fields.hpp"
#include "asl/reference.hpp"
#include "asl/timestamp.hpp"

namespace stepwell::asl {

/// A pattern of StringMatches: `*` stands for any characters, `\*` for a star, `\\` for a
/// backslash.
class StringPattern {
 public:
    explicit StringPattern(std::string_view text);
    bool matches(std::string_view text) const;

 private:
    std::vector<std::string> parts_;  // literal texts between the stars; one part: no star
};

/// A test of one value, or And, Or, Not of others.
///
/// threads  any; immutable
class Condition {
 public:
    /// Compiles a rule, or one nested in it. Nothing plus diagnostics when it is wrong.
    static std::optional<Condition> compile(const Fields& rule, bool is_nested,
                                            Diagnostics& diagnostics);

    /// Whether it holds. A value of another type than the operator's does not. The failure is
    /// AWS's: a path that leads nowhere, except under IsPresent.
    Evaluated<bool> holds(Evaluation& evaluation) const;

    void visit_references(const std::function<void(const Reference&)>& visit) const;

 private:
    enum class Kind : std::uint8_t {
        all_of,
        any_of,
        negation,
        is_null,
        is_present,
        is_numeric,
        is_string,
        is_boolean,
        is_timestamp,
        string,
        string_matches,
        numeric,
        boolean,
        timestamp,
    };
    enum class Relation : std::uint8_t { equals, less, less_equals, greater, greater_equals };
    struct Operator {
        Kind kind;
        Relation relation = Relation::equals;
        bool is_path = false;
    };
    using Literal = std::shared_ptr<const json::Document>;
    using Operand = std::variant<std::monostate, Literal, Reference, StringPattern, Timestamp>;

    static std::optional<Operator> find_operator(std::string_view name);
    static std::optional<Condition> compile_list(const Fields& rule, std::string_view name,
                                                 Kind kind, Diagnostics& diagnostics);
    static std::optional<Condition> compile_test(const Fields& rule);
    static std::optional<Operand> compile_operand(const Fields& rule, std::string_view name,
                                                  Operator op);

    Evaluated<bool> holds_for(Evaluation& evaluation, json::Value value) const;
    bool has_type(json::Value value) const;
    bool relates(json::Value value, json::Value operand) const;

    Kind kind_ = Kind::all_of;
    Relation relation_ = Relation::equals;
    std::vector<Condition> children_;    // of all_of, any_of, negation
    std::optional<Reference> variable_;  // of a test
    Operand operand_;                    // of a test
};

}  // namespace stepwell::asl
