#include "asl/context_object.hpp"

#include <array>

#include "base/time_text.hpp"
#include "json/writer.hpp"

namespace stepwell::asl {

std::optional<ContextField> find_context_field(std::span<const std::string_view> names) {
    using enum ContextField;
    struct Known {
        std::array<std::string_view, 3> names;
        ContextField field;
    };
    static constexpr std::array<Known, 12> known{
        {{{"Execution", "Id"}, execution_id},
         {{"Execution", "Input"}, execution_input},
         {{"Execution", "Name"}, execution_name},
         {{"Execution", "RoleArn"}, execution_role_arn},
         {{"Execution", "StartTime"}, execution_start_time},
         {{"State", "EnteredTime"}, state_entered_time},
         {{"State", "Name"}, state_name},
         {{"StateMachine", "Id"}, state_machine_id},
         {{"StateMachine", "Name"}, state_machine_name},
         {{"Task", "Token"}, task_token},
         {{"Map", "Item", "Index"}, map_item_index},
         {{"Map", "Item", "Value"}, map_item_value}}};
    for (const Known& candidate : known) {
        const std::size_t size = candidate.names[2].empty() ? 2 : 3;
        if (names.size() == size &&
            std::equal(names.begin(), names.end(), candidate.names.begin())) {
            return candidate.field;
        }
    }
    return std::nullopt;
}

bool append_context_field(std::string& out, ContextField field, const ContextObject& context) {
    const auto string = [&](std::string_view text) {
        json::append_string(out, text);
        return true;
    };
    const auto payload = [&](const Payload* value) {
        if (value == nullptr || value->is_absent()) return false;
        out.append(value->text());
        return true;
    };
    switch (field) {
        case ContextField::execution_id:
            return string(context.arn());
        case ContextField::execution_input:
            return payload(context.execution_input);
        case ContextField::execution_name:
            return string(context.name());
        case ContextField::execution_role_arn:
            return string(context.role_arn);
        case ContextField::execution_start_time:
            return string(iso8601(context.start_time));
        case ContextField::state_entered_time:
            return string(iso8601(context.entered_time));
        case ContextField::state_name:
            return string(context.state_name);
        case ContextField::state_machine_id:
            return string(context.state_machine_id);
        case ContextField::state_machine_name:
            return string(context.state_machine_name);
        case ContextField::task_token:
            return !context.task_token.empty() && string(context.task_token);
        case ContextField::map_item_index:
            if (!context.map_item_index) return false;
            out += std::to_string(*context.map_item_index);
            return true;
        case ContextField::map_item_value:
            return payload(context.map_item_value);
    }
    return false;
}

void append_context_object(std::string& out, const Scope& scope) {
    const ContextObject& context = scope.context;
    const StateType type = scope.state.type;
    json::Writer writer;
    writer.begin_object();
    writer.key("Execution").begin_object().member("Id", context.arn());
    if (context.execution_input != nullptr)
        writer.member_raw("Input", context.execution_input->text());
    writer.member("StartTime", iso8601(context.start_time)).member("Name", context.name());
    writer.member("RoleArn", context.role_arn);
    if (!context.is_express) writer.member_integer("RedriveCount", context.redrive_count);
    if (context.redrive_count > 0) writer.member("RedriveTime", iso8601(context.redrive_time));
    writer.end_object();
    writer.key("StateMachine").begin_object().member("Id", context.state_machine_id);
    writer.member("Name", context.state_machine_name).end_object();
    writer.key("State").begin_object().member("Name", context.state_name);
    writer.member("EnteredTime", iso8601(context.entered_time));
    if (type == StateType::task || type == StateType::parallel || type == StateType::map) {
        writer.member_integer("RetryCount", context.retry_count);
    }
    writer.end_object();
    if (!context.task_token.empty())
        writer.key("Task").begin_object().member("Token", context.task_token).end_object();
    if (context.map_item_index) {
        writer.key("Map").begin_object().key("Item").begin_object().member_integer(
            "Index", *context.map_item_index);
        if (context.map_item_value != nullptr)
            writer.member_raw("Value", context.map_item_value->text());
        writer.end_object().end_object();
    }
    writer.end_object();
    out.append(writer.text());
}

}  // namespace stepwell::asl
