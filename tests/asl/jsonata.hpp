// Evaluating JSONata expressions in tests.
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "asl/jsonata/expression.hpp"
#include "json/value.hpp"

namespace stepwell::asl::jsonata::testing {

/// How an evaluation is run, and over what.
struct Setting {
    std::string_view input = {};      ///< JSON; empty: none
    std::string_view variables = {};  ///< an object of them; empty: none
    Dialect dialect = Dialect::jsonata;
    Options options = {};
};

/// The result as compact JSON, "undefined", "function", or the error's code.
inline std::string evaluate(std::string_view text, const Setting& setting = {}) {
    ExpressionError error;
    const auto expression = Expression::compile(text, setting.dialect, error);
    if (!expression) return std::string{error.code};
    std::optional<json::Document> input;
    if (!setting.input.empty()) input = *json::Document::parse(setting.input);
    std::optional<json::Document> variables;
    if (!setting.variables.empty()) variables = *json::Document::parse(setting.variables);
    std::vector<BoundVariable> bound;
    if (variables) {
        for (const json::Member& member : variables->root().members()) {
            bound.push_back({member.key, json::Value{&member.value}});
        }
    }
    std::optional<json::Value> root;
    if (input) root = input->root();
    const Answer answer = expression->evaluate(root, bound, setting.options);
    switch (answer.kind) {
        case Answer::Kind::value:
            return answer.json;
        case Answer::Kind::undefined:
            return "undefined";
        case Answer::Kind::function:
            return "function";
        case Answer::Kind::error:
            return std::string{answer.error.code};
    }
    return {};
}

inline std::string evaluate(std::string_view text, std::string_view input) {
    return evaluate(text, Setting{.input = input});
}

}  // namespace stepwell::asl::jsonata::testing
