// The groups of AWS Lambda's operations, and what they share.
#pragma once

#include <functional>
#include <string_view>
#include <utility>

#include "api/lambda_input.hpp"
#include "api/operation.hpp"
#include "base/errors.hpp"
#include "function/event_source_mappings.hpp"
#include "function/functions.hpp"
#include "json/writer.hpp"

namespace stepwell::api::lambda {

void register_functions(OperationTable& table, function::Functions& functions);
void register_invoke(OperationTable& table, function::Functions& functions);
void register_access(OperationTable& table, function::Functions& functions);
void register_mappings(OperationTable& table, function::Functions& functions,
                       function::EventSourceMappings& mappings);

/// Adds an operation whose body is a JSON object. `read` takes the input apart and notes problems
/// in it; `act` runs only when there was none.
template <class Read, class Act>
void add(OperationTable& table, std::string_view name, Read read, Act act) {
    table.add("lambda", name, [read, act](Call call, Respond respond) {
        auto document =
            json::Document::parse(call.body.empty() ? "{}" : std::string_view(call.body));
        if (!document.has_value())
            return respond(Error(errors::serialization, document.error().message()));
        if (!document->root().is_object())
            return respond(Error(errors::serialization, "The request is not a JSON object"));
        std::optional<Error> problem;
        auto input = read(LambdaInput(document->root(), problem));
        if (problem) return respond(*std::move(problem));
        act(std::move(input), call.context, std::move(respond));
    });
}

/// Reads the input of operations that say no more than which function they mean.
inline function::FunctionName read_name(const LambdaInput& input) { return input.function_name(); }

/// An answer of which nothing but that it succeeded is said.
inline UniqueFunction<void(Result<>)> respond_empty(Respond respond) {
    return [respond = std::move(respond)](Result<> result) mutable {
        if (!result.has_value()) return respond(result.error());
        respond(Reply{});
    };
}

}  // namespace stepwell::api::lambda
