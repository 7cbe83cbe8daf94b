// Event patterns: which events a rule wants.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <stepwell/result.hpp>

#include "json/value.hpp"

namespace stepwell::event {

/// A pattern, checked and taken apart once.
///
/// threads  immutable; any
/// source   Amazon EventBridge User Guide, "Comparison operators for use in event patterns"
class Pattern {
 public:
    static constexpr std::size_t bytes_max = 4096;

    /// errors   InvalidEventPatternException: no object of arrays and objects, an operator that is
    /// unknown or malformed, longer or deeper than a pattern may be
    static Result<Pattern> parse(std::string_view text);

    bool matches(json::Value event) const;

 private:
    struct Equals {
        std::string raw;  ///< of a number, a boolean or null: its JSON
        double number = 0;
        json::Kind kind = json::Kind::string;
    };
    struct Text {
        enum class Way : std::uint8_t { prefix, suffix, ignoring_case, wildcard };
        Way way = Way::prefix;
        std::string text;
    };
    struct Exists {
        bool must_exist = true;
    };
    struct Numeric {
        std::vector<std::pair<std::string, double>> all;  ///< operator and operand
    };
    struct Condition {
        std::variant<Equals, Text, Exists, Numeric> test;
    };
    struct AnyOf {
        std::vector<Condition> conditions;
        /// Of anything-but: none of the conditions holds.
        std::vector<std::vector<Condition>> but;
    };
    struct Field {
        std::string name;
        std::vector<Pattern> inner;  ///< one: of an object; empty: of a value
        AnyOf any_of;
    };

    class Reader;
    static bool holds(const Condition& condition, json::Value value);
    static bool has(const AnyOf& any_of, json::Value value);
    bool matches_object(const json::Value* object) const;
    static bool matches_field(const Field& field, const json::Value* value);

    std::vector<Field> fields_;
    std::vector<std::vector<Pattern>> either_;  ///< of each $or one has to match
};

}  // namespace stepwell::event
