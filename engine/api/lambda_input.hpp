// Reading the inputs of AWS Lambda's operations.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <stepwell/result.hpp>

#include "api/operation.hpp"
#include "function/configuration.hpp"
#include "json/value.hpp"

namespace stepwell::api {

/// One call's input, or a structure inside it. Getters note the first member that has the wrong
/// type or is missing, and give a value to go on with; after the last one `problem` tells it. A
/// member that is null counts as absent.
///
/// threads  one; valid as long as the document
class LambdaInput {
 public:
    /// `object` is a JSON object; `problem` is where complaints go.
    LambdaInput(json::Value object, std::optional<Error>& problem)
        : object_(object), problem_(&problem) {}

    bool has(std::string_view name) const { return find(name).has_value(); }
    /// Empty when it is missing.
    std::string text(std::string_view name) const {
        return optional_text(name).value_or(std::string());
    }
    std::string needed_text(std::string_view name) const;
    std::optional<std::string> optional_text(std::string_view name) const;
    std::optional<std::int64_t> optional_integer(std::string_view name) const;
    std::optional<bool> optional_flag(std::string_view name) const;
    std::optional<LambdaInput> structure(std::string_view name) const;
    std::optional<std::vector<std::string>> optional_texts(std::string_view name) const;
    std::optional<function::Variables> optional_map(std::string_view name) const;
    /// A structure or list as it was written; empty when it is missing.
    std::string raw(std::string_view name) const;

    /// The function that the member names; with the member Qualifier, if there is one.
    function::FunctionName function_name(std::string_view name = "FunctionName") const;

    void complain(Error error) const;

 private:
    std::optional<json::Value> find(std::string_view name) const;
    void mistyped(std::string_view name, std::string_view wanted) const;

    json::Value object_;
    std::optional<Error>* problem_;
};

}  // namespace stepwell::api
