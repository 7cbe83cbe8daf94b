// Error kinds of DynamoDB.
// source  Amazon DynamoDB API Reference
#pragma once

#include <string>
#include <string_view>

#include <stepwell/result.hpp>

#include "base/errors.hpp"

namespace stepwell::item::errors {

inline constexpr ErrorKind conditional_check_failed{"ConditionalCheckFailedException", 400, {}};
inline constexpr ErrorKind idempotent_parameter_mismatch{
    "IdempotentParameterMismatchException", 400, {}};
inline constexpr ErrorKind resource_in_use{"ResourceInUseException", 400, {}};
inline constexpr ErrorKind resource_not_found{"ResourceNotFoundException", 400, {}};
inline constexpr ErrorKind transaction_canceled{"TransactionCanceledException", 400, {}};

inline Error invalid(std::string message) {
    return {stepwell::errors::validation, std::move(message)};
}
/// "One or more parameter values were invalid: ..."
inline Error invalid_value(std::string_view what) {
    return invalid("One or more parameter values were invalid: " + std::string(what));
}
inline Error key_mismatch() {
    return invalid("The provided key element does not match the schema");
}
inline Error condition_failed() {
    return {conditional_check_failed, "The conditional request failed"};
}
inline Error no_such_resource() { return {resource_not_found, "Requested resource not found"}; }
inline Error no_such_table(std::string_view name) {
    return {resource_not_found,
            "Requested resource not found: Table: " + std::string(name) + " not found"};
}

}  // namespace stepwell::item::errors
