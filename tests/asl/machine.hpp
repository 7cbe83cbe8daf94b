// Evaluates single states of small definitions.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "asl/evaluate.hpp"
#include "json/value.hpp"

namespace stepwell::asl::testing {

/// One state named "S" that starts and ends a machine, and what its expressions see.
class OneState {
 public:
    /// `fields` are the state's, without braces: `"Type":"Pass","End":true`.
    explicit OneState(std::string_view fields, std::string_view input = "{}")
        : OneState(machine_of(fields), input, 0) {}
    /// A whole definition whose first state is meant.
    static OneState in(const std::string& definition, std::string_view input) {
        return {definition, input, 0};
    }

    OneState& with_variables(std::string_view json) {
        variables_ = *Payload::parse(json);
        return *this;
    }
    OneState& with_token(std::string_view token) {
        context_.task_token = token;
        return *this;
    }

    OneState& of_express() {
        context_.is_express = true;
        return *this;
    }

    Scope scope() const {
        return {program_->state(program_->start_at()), input_, context_, variables_, 2};
    }
    const Program& program() const { return *program_; }
    const Payload& input() const { return input_; }

    /// The output, or "ERROR: cause".
    std::string output() const { return shown(state_output(scope())); }
    std::string output_of(std::string_view result) const {
        return shown(state_output(scope(), *Payload::parse(result)));
    }
    std::string sent() const {
        const auto payload = effective_input(scope());
        return payload ? std::string{payload->text()} : shown(payload.error());
    }

    static std::string shown(const Failure& failure) {
        return failure.error + ": " + failure.cause;
    }
    static std::string shown(const Evaluated<StateOutput>& output) {
        return output ? std::string{output->output.text()} : shown(output.error());
    }

 private:
    OneState(const std::string& definition, std::string_view input, int)
        : compiled_(Program::compile(definition)),
          program_(compiled_.program),
          input_(*Payload::parse(input)) {
        for (const Diagnostic& problem : compiled_.diagnostics) {
            ADD_FAILURE() << problem.code << ": " << problem.message << " at " << problem.location;
        }
        context_.execution_id = "arn:aws:states:us-east-1:000000000000:execution:m:e";
        context_.execution_name = "e";
        context_.role_arn = "arn:aws:iam::000000000000:role/r";
        context_.state_machine_id = "arn:aws:states:us-east-1:000000000000:stateMachine:m";
        context_.state_machine_name = "m";
        context_.state_name = "S";
        context_.start_time = TimePoint{milliseconds{1'700'000'000'123}};
        context_.entered_time = TimePoint{milliseconds{1'700'000'001'456}};
        context_.execution_input = &input_;
    }
    static std::string machine_of(std::string_view fields) {
        return R"({"StartAt":"S","States":{"S":{)" + std::string{fields} + "}}}";
    }

    Program::Compiled compiled_;
    std::shared_ptr<const Program> program_;
    Payload input_;
    ContextObject context_;
    Variables variables_;
};

/// The value of an expression (a path or an intrinsic call) on `input`, or "ERROR: cause".
inline std::string value_of(std::string_view expression, std::string_view input = "{}") {
    std::string escaped;
    for (const char c : expression) {
        if (c == '"' || c == '\\') escaped.push_back('\\');
        if (c == '\n') {
            escaped += "\\n";
        } else {
            escaped.push_back(c);
        }
    }
    const OneState state{R"("Type":"Pass","Parameters":{"v.$":")" + escaped + R"("},"End":true)",
                         input};
    const auto output = state_output(state.scope());
    if (!output) return OneState::shown(output.error());
    const auto document = json::Document::of(output->output);
    return std::string{document.root().find("v")->raw()};
}

}  // namespace stepwell::asl::testing
