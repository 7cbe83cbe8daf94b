#include "api/lambda_input.hpp"

#include "base/errors.hpp"
#include "function/errors.hpp"

namespace stepwell::api {

std::optional<json::Value> LambdaInput::find(std::string_view name) const {
    const auto found = object_.find(name);
    return found && !found->is_null() ? found : std::nullopt;
}

void LambdaInput::complain(Error error) const {
    if (!problem_->has_value()) *problem_ = std::move(error);
}

void LambdaInput::mistyped(std::string_view name, std::string_view wanted) const {
    complain(Error(errors::serialization, std::string(name) + " must be " + std::string(wanted)));
}

std::string LambdaInput::needed_text(std::string_view name) const {
    auto text = optional_text(name);
    if (text) return std::move(*text);
    std::string member(name);
    if (!member.empty() && member[0] >= 'A' && member[0] <= 'Z')
        member[0] = static_cast<char>(member[0] - 'A' + 'a');
    complain(
        Error(errors::validation, "1 validation error detected: Value null at '" + member +
                                      "' failed to satisfy constraint: Member must not be null"));
    return {};
}

std::optional<std::string> LambdaInput::optional_text(std::string_view name) const {
    const auto found = find(name);
    if (!found) return std::nullopt;
    if (found->is_string()) return std::string(found->string());
    mistyped(name, "a string");
    return std::nullopt;
}

std::optional<std::int64_t> LambdaInput::optional_integer(std::string_view name) const {
    const auto found = find(name);
    if (!found) return std::nullopt;
    const auto value = found->is_number() ? found->integer() : std::nullopt;
    if (!value) mistyped(name, "an integer");
    return value;
}

std::optional<bool> LambdaInput::optional_flag(std::string_view name) const {
    const auto found = find(name);
    if (!found) return std::nullopt;
    if (found->is_boolean()) return found->boolean();
    mistyped(name, "a boolean");
    return std::nullopt;
}

std::optional<LambdaInput> LambdaInput::structure(std::string_view name) const {
    const auto found = find(name);
    if (!found) return std::nullopt;
    if (found->is_object()) return LambdaInput(*found, *problem_);
    mistyped(name, "a structure");
    return std::nullopt;
}

std::optional<std::vector<std::string>> LambdaInput::optional_texts(std::string_view name) const {
    const auto found = find(name);
    if (!found) return std::nullopt;
    std::vector<std::string> texts;
    bool is_good = found->is_array();
    for (const json::Node& node : found->elements()) {
        const json::Value element(&node);
        is_good = is_good && element.is_string();
        if (is_good) texts.emplace_back(element.string());
    }
    if (!is_good) mistyped(name, "a list of strings");
    return texts;
}

std::optional<function::Variables> LambdaInput::optional_map(std::string_view name) const {
    const auto found = find(name);
    if (!found) return std::nullopt;
    function::Variables variables;
    bool is_good = found->is_object();
    for (const json::Member& member : found->members()) {
        const json::Value value(&member.value);
        is_good = is_good && value.is_string();
        if (is_good) variables.emplace_back(std::string(member.key), std::string(value.string()));
    }
    if (!is_good) mistyped(name, "a map of strings");
    return variables;
}

std::string LambdaInput::raw(std::string_view name) const {
    const auto found = find(name);
    return found ? std::string(found->raw()) : std::string();
}

function::FunctionName LambdaInput::function_name(std::string_view name) const {
    const std::string text = needed_text(name);
    if (problem_->has_value()) return {};
    auto parsed = function::parse_function_name(text);
    if (!parsed.has_value()) {
        complain(parsed.error());
        return {};
    }
    const std::string qualifier = this->text("Qualifier");
    if (!qualifier.empty() && !parsed->qualifier.empty() && qualifier != parsed->qualifier) {
        complain(Error(function::errors::invalid_parameter_value,
                       "The derived qualifier from the function name does not match the specified "
                       "qualifier."));
    }
    if (!qualifier.empty()) parsed->qualifier = qualifier;
    return std::move(*parsed);
}

}  // namespace stepwell::api
