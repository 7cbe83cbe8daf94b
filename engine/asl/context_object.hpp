// `$$`: the context object as JSON, whole or one field of it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "asl/evaluate.hpp"

namespace stepwell::asl {

/// A field that is found without making the whole object.
enum class ContextField : std::uint8_t {
    execution_id,
    execution_input,
    execution_name,
    execution_role_arn,
    execution_start_time,
    state_entered_time,
    state_name,
    state_machine_id,
    state_machine_name,
    task_token,
    map_item_index,
    map_item_value,
};

/// The field that `names` (the members behind `$$`) name; nothing for any other path.
std::optional<ContextField> find_context_field(std::span<const std::string_view> names);

/// Appends the field's JSON text; false when it is absent now (a token outside of a task, an item
/// outside of a Map).
bool append_context_field(std::string& out, ContextField field, const ContextObject& context);

/// Appends the whole object, its members in AWS's order. Only a Task, Parallel or Map has
/// State.RetryCount.
void append_context_object(std::string& out, const Scope& scope);

}  // namespace stepwell::asl
