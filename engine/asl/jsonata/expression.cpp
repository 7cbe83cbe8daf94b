#include "asl/jsonata/expression.hpp"

#include "asl/jsonata/evaluator.hpp"
#include "asl/jsonata/parser.hpp"
#include "asl/jsonata/serialization.hpp"

namespace stepwell::asl::jsonata {

std::optional<Expression> Expression::compile(std::string_view text, Dialect dialect,
                                              ExpressionError& error) {
    std::shared_ptr<const Program> program = parse(text, dialect, error);
    if (program == nullptr) return std::nullopt;
    return Expression{std::move(program)};
}

Answer Expression::evaluate(std::optional<json::Value> input,
                            std::span<const BoundVariable> variables,
                            const Options& options) const {
    Evaluator evaluator{program_->dialect, input, variables, options};
    const Outcome<Value> result = evaluator.run(*program_->root);
    Answer answer;
    answer.steps = options.steps_max - evaluator.steps_left();
    if (!result) {
        answer.kind = Answer::Kind::error;
        answer.error = evaluator.error();
        return answer;
    }
    if (result->is_undefined()) return answer;
    if (result->is_function()) {
        answer.kind = Answer::Kind::function;
        return answer;
    }
    const Unwritable problem =
        append_json(answer.json, *result, {.bytes_max = options.text_bytes_max, .is_result = true});
    if (problem == Unwritable::no) {
        answer.kind = Answer::Kind::value;
        return answer;
    }
    answer.kind = Answer::Kind::error;
    answer.json.clear();
    answer.error =
        problem == Unwritable::out_of_range
            ? make_error("D1001", {.value = "the result"}, 0)
            : make_error("U1001", {.value = "The result is too large or nested too deeply"}, 0);
    return answer;
}

std::span<const VariableReference> Expression::references() const noexcept {
    return program_->references;
}

std::optional<std::size_t> Expression::input_use() const noexcept { return program_->input_use; }

std::string_view Expression::text() const noexcept { return program_->source; }

}  // namespace stepwell::asl::jsonata
