#include "api/dynamodb_expressions.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "base/errors.hpp"
#include "base/try.hpp"
#include "item/errors.hpp"
#include "item/value_json.hpp"

namespace stepwell::api::dynamodb {

namespace {

using item::Node;
using item::Op;
using item::Path;
using item::Value;
namespace invalid = item::errors;

// --- Expressions

Result<item::Placeholders> read_placeholders(Input& input) {
    std::optional<item::Placeholders::Names> names;
    std::optional<item::Map> values;
    if (const auto found = input.object("ExpressionAttributeNames")) {
        names.emplace();
        for (const json::Member& member : found->members()) {
            const json::Value name(&member.value);
            if (!name.is_string()) {
                return Error{errors::serialization,
                             "ExpressionAttributeNames can not be converted to a map of strings"};
            }
            names->insert_or_assign(std::string(member.key), std::string(name.string()));
        }
    }
    if (const auto found = input.object("ExpressionAttributeValues")) {
        values.emplace();
        for (const json::Member& member : found->members()) {
            auto value = item::read_value(json::Value(&member.value));
            if (!value.has_value()) {
                if (!value.error().is(errors::validation)) return value.error();
                return invalid::invalid(
                    "ExpressionAttributeValues contains invalid value: " + value.error().message() +
                    " for key " + std::string(member.key));
            }
            values->insert_or_assign(std::string(member.key), *std::move(value));
        }
    }
    if (const auto error = input.error()) return *error;
    return item::Placeholders::make(std::move(names), std::move(values));
}

std::string joined(const std::vector<std::string_view>& names, std::string_view between) {
    std::string text;
    for (const std::string_view name : names) text.append(text.empty() ? "" : between).append(name);
    return text;
}

// Parameters of both kinds do not go together, and placeholders need an expression.
Result<> check_combination(Input& input, ExpressionKinds kinds) {
    std::vector<std::string_view> expressions;
    std::vector<std::string_view> others;
    std::vector<std::string_view> with_values;
    const auto note = [&](bool is_used, std::string_view expression,
                          std::initializer_list<std::string_view> legacy) {
        if (!is_used) return;
        if (input.has(expression)) expressions.push_back(expression);
        if (expression != "ProjectionExpression") with_values.push_back(expression);
        for (const std::string_view name : legacy) {
            if (input.has(name)) others.push_back(name);
        }
    };
    note(kinds.projection, "ProjectionExpression", {"AttributesToGet"});
    note(kinds.update, "UpdateExpression", {"AttributeUpdates"});
    note(kinds.condition, "ConditionExpression", {"Expected", "ConditionalOperator"});
    note(kinds.filter, "FilterExpression", {"QueryFilter", "ScanFilter", "ConditionalOperator"});
    note(kinds.key_condition, "KeyConditionExpression", {"KeyConditions"});
    if (!expressions.empty() && !others.empty()) {
        return invalid::invalid(
            "Can not use both expression and non-expression parameters in the same request: "
            "Non-expression parameters: {" +
            joined(others, ", ") + "} Expression parameters: {" + joined(expressions, ", ") + "}");
    }
    if (expressions.empty() && input.has("ExpressionAttributeNames")) {
        return invalid::invalid(
            "ExpressionAttributeNames can only be specified when using expressions");
    }
    const bool takes_values = std::any_of(with_values.begin(), with_values.end(),
                                          [&](std::string_view name) { return input.has(name); });
    if (!takes_values && input.has("ExpressionAttributeValues")) {
        return invalid::invalid(
            "ExpressionAttributeValues can only be specified when using expressions: " +
            joined(with_values, " and ") + (with_values.size() > 1 ? " are null" : " is null"));
    }
    return {};
}

// --- What was there before expressions

struct Comparison {
    std::string_view name;
    Op op;
    std::size_t values_min;
    std::size_t values_max;
    std::string_view types;  // with spaces around
};
constexpr std::string_view scalars = " S N B ";
constexpr std::string_view all_types = " S N B BOOL NULL SS NS BS L M ";
constexpr std::size_t in_values_max = 100;
constexpr std::array comparisons = {Comparison{"EQ", Op::equal, 1, 1, all_types},
                                    Comparison{"NE", Op::not_equal, 1, 1, all_types},
                                    Comparison{"LE", Op::less_equal, 1, 1, scalars},
                                    Comparison{"LT", Op::less, 1, 1, scalars},
                                    Comparison{"GE", Op::greater_equal, 1, 1, scalars},
                                    Comparison{"GT", Op::greater, 1, 1, scalars},
                                    Comparison{"NOT_NULL", Op::attribute_exists, 0, 0, all_types},
                                    Comparison{"NULL", Op::attribute_not_exists, 0, 0, all_types},
                                    Comparison{"CONTAINS", Op::contains, 1, 1, all_types},
                                    Comparison{"NOT_CONTAINS", Op::negation, 1, 1, all_types},
                                    Comparison{"BEGINS_WITH", Op::begins_with, 1, 1, " S B "},
                                    Comparison{"IN", Op::in, 1, in_values_max, all_types},
                                    Comparison{"BETWEEN", Op::between, 2, 2, scalars}};

Node node_of(Op op, const std::string& attribute, std::vector<Value> values) {
    if (op == Op::negation) {
        Node node{.op = op};
        node.args.push_back(node_of(Op::contains, attribute, std::move(values)));
        return node;
    }
    Node path{.op = Op::path};
    path.path.push_back({attribute, {}});
    Node node{.op = op};
    node.args.push_back(std::move(path));
    for (Value& value : values)
        node.args.push_back(Node{.op = Op::value, .value = std::move(value)});
    return node;
}

Result<> check_values(const Comparison& comparison, const std::vector<Value>& values) {
    const std::string name(comparison.name);
    if (values.size() < comparison.values_min || values.size() > comparison.values_max) {
        return invalid::invalid_value("Invalid number of argument(s) for the " + name +
                                      " ComparisonOperator");
    }
    for (const Value& value : values) {
        const std::string type(item::name_of(value.type));
        if (value.type != values[0].type) {
            return invalid::invalid_value(
                "AttributeValues inside AttributeValueList must be of same type");
        }
        if (comparison.types.find(" " + type + " ") == std::string_view::npos) {
            return invalid::invalid_value("ComparisonOperator " + name + " is not valid for " +
                                          type + " AttributeValue type");
        }
    }
    if (comparison.op == Op::between && *item::compare(values[0], values[1]) > 0) {
        return invalid::invalid(
            "The BETWEEN condition was provided a range where the lower bound is greater than the "
            "upper bound");
    }
    return {};
}

Result<Node> read_comparison(Input& input, const std::string& attribute) {
    const auto name = input.text("ComparisonOperator");
    const auto list = input.array("AttributeValueList");
    if (const auto error = input.error()) return *error;
    const auto found = std::find_if(comparisons.begin(), comparisons.end(),
                                    [&](const Comparison& each) { return each.name == name; });
    if (found == comparisons.end()) {
        input.complain("ComparisonOperator", name,
                       name.has_value()
                           ? "Member must satisfy enum value set: [IN, NULL, BETWEEN, LT, "
                             "NOT_CONTAINS, EQ, GT, NOT_NULL, NE, LE, BEGINS_WITH, GE, CONTAINS]"
                           : "Member must not be null");
        return *input.error();
    }
    std::vector<Value> values;
    if (list.has_value()) {
        for (const json::Node& each : list->elements()) {
            SW_TRY(Value value, item::read_value(json::Value(&each)));
            values.push_back(std::move(value));
        }
    } else if (input.has("Value")) {
        SW_TRY(Value value, item::read_value(*input.object("Value")));
        values.push_back(std::move(value));
    }
    if (const auto checked = check_values(*found, values); !checked.has_value())
        return checked.error();
    return node_of(found->op, attribute, std::move(values));
}

// One member of Expected.
Result<Node> read_expectation(Input& input, const std::string& attribute) {
    if (input.has("ComparisonOperator")) {
        if (input.has("Exists")) {
            return invalid::invalid_value(
                "Exists and ComparisonOperator cannot be used together for Attribute: " +
                attribute);
        }
        return read_comparison(input, attribute);
    }
    if (input.has("AttributeValueList")) {
        return invalid::invalid_value(
            "AttributeValueList can only be used with a ComparisonOperator for Attribute: " +
            attribute);
    }
    const auto exists = input.boolean("Exists");
    const auto value = input.object("Value");
    if (const auto error = input.error()) return *error;
    if (exists.value_or(true) != value.has_value()) {
        return invalid::invalid_value(
            value.has_value()
                ? "Value cannot be used when Exists is false for Attribute: " + attribute
                : "Value must be provided when Exists is " +
                      std::string(exists.has_value() ? "true" : "null") +
                      " for Attribute: " + attribute);
    }
    if (!value.has_value()) return node_of(Op::attribute_not_exists, attribute, {});
    SW_TRY(Value read, item::read_value(*value));
    std::vector<Value> values;
    values.push_back(std::move(read));
    return node_of(Op::equal, attribute, std::move(values));
}

using ReadPart = Result<Node> (*)(Input&, const std::string&);

// A map of conditions by attribute; nothing when there is none.
Result<std::optional<Node>> read_conditions(Input& input, std::string_view name, ReadPart read) {
    const auto found = input.object(name);
    const bool any =
        name != "KeyConditions" && input.one_of("ConditionalOperator", {"OR", "AND"}) == "OR";
    if (const auto error = input.error()) return *error;
    if (!found.has_value() || found->size() == 0) return std::optional<Node>{};
    Node all{.op = any ? Op::any_of : Op::all_of};
    for (const json::Member& member : found->members()) {
        const json::Value value(&member.value);
        Input part(value, input, "");
        SW_TRY(Node node, read(part, std::string(member.key)));
        all.args.push_back(std::move(node));
    }
    return std::optional<Node>(std::move(all));
}

Result<item::UpdateAction> read_attribute_update(Input& input, const std::string& attribute) {
    using Kind = item::UpdateAction::Kind;
    const auto name = input.one_of("Action", {"ADD", "DELETE", "PUT"}).value_or("PUT");
    const auto value = input.object("Value");
    if (const auto error = input.error()) return *error;
    item::UpdateAction action;
    action.path.push_back({attribute, {}});
    action.kind = name == "PUT" ? Kind::set : name == "ADD" ? Kind::add : Kind::erase;
    if (!value.has_value()) {
        if (action.kind != Kind::erase) {
            return invalid::invalid_value(
                "Only DELETE action is allowed when no attribute value "
                "is specified");
        }
        action.kind = Kind::remove;
        return action;
    }
    SW_TRY(action.value.value, item::read_value(*value));
    const Value& read = action.value.value;
    const bool fits = action.kind == Kind::set || read.is_set() ||
                      (action.kind == Kind::add && read.type == item::Type::n);
    if (fits) return action;
    return invalid::invalid_value(std::string(name) + " action is not supported for the type " +
                                  std::string(item::name_of(read.type)));
}

Result<std::optional<item::Update>> read_attribute_updates(Input& input) {
    const auto found = input.object("AttributeUpdates");
    if (const auto error = input.error()) return *error;
    if (!found.has_value()) return std::optional<item::Update>{};
    item::Update update;
    for (const json::Member& member : found->members()) {
        Input part(json::Value(&member.value), input, "");
        SW_TRY(item::UpdateAction action, read_attribute_update(part, std::string(member.key)));
        update.actions.push_back(std::move(action));
    }
    return std::optional<item::Update>(std::move(update));
}

Result<std::optional<std::vector<Path>>> read_attributes_to_get(Input& input) {
    const auto found = input.array("AttributesToGet");
    if (const auto error = input.error()) return *error;
    if (!found.has_value()) return std::optional<std::vector<Path>>{};
    std::vector<Path> paths;
    for (const json::Node& node : found->elements()) {
        const json::Value name(&node);
        if (!name.is_string())
            return Error{errors::serialization, "AttributesToGet is a list of strings"};
        paths.push_back({{std::string(name.string()), {}}});
        if (std::count(paths.begin(), paths.end(), paths.back()) > 1) {
            return invalid::invalid_value("Duplicate value in attribute name: " +
                                          std::string(name.string()));
        }
    }
    return std::optional(std::move(paths));
}

Result<> read_legacy(Input& input, ExpressionKinds kinds, Expressions& read) {
    if (kinds.condition && !read.condition.has_value()) {
        SW_TRY(read.condition, read_conditions(input, "Expected", read_expectation));
    }
    if (kinds.update && !read.update.has_value()) {
        SW_TRY(read.update, read_attribute_updates(input));
    }
    if (kinds.key_condition && !read.key_condition.has_value()) {
        SW_TRY(read.key_condition, read_conditions(input, "KeyConditions", read_comparison));
    }
    if (kinds.filter && !read.filter.has_value()) {
        const std::string_view name = kinds.key_condition ? "QueryFilter" : "ScanFilter";
        SW_TRY(read.filter, read_conditions(input, name, read_comparison));
    }
    if (kinds.projection && !read.projection.has_value()) {
        SW_TRY(read.projection, read_attributes_to_get(input));
    }
    return {};
}

}  // namespace

Result<Expressions> read_expressions(Input& input, ExpressionKinds kinds) {
    if (const auto checked = check_combination(input, kinds); !checked.has_value())
        return checked.error();
    SW_TRY(item::Placeholders placeholders, read_placeholders(input));
    Expressions read;
    const auto condition = [&](std::string_view name) -> Result<std::optional<Node>> {
        const auto text = input.text(name);
        if (const auto error = input.error()) return *error;
        if (!text.has_value()) return std::optional<Node>{};
        SW_TRY(Node node, item::parse_condition(*text, name, placeholders));
        return std::optional<Node>(std::move(node));
    };
    if (kinds.update) {
        if (const auto text = input.text("UpdateExpression")) {
            SW_TRY(read.update, item::parse_update(*text, placeholders));
        }
    }
    if (kinds.condition) {
        SW_TRY(read.condition, condition("ConditionExpression"));
    }
    if (kinds.key_condition) {
        SW_TRY(read.key_condition, condition("KeyConditionExpression"));
    }
    if (kinds.filter) {
        SW_TRY(read.filter, condition("FilterExpression"));
    }
    if (kinds.projection) {
        if (const auto text = input.text("ProjectionExpression")) {
            SW_TRY(read.projection, item::parse_projection(*text, placeholders));
        }
    }
    if (const auto error = input.error()) return *error;
    if (const auto checked = placeholders.check_all_used(); !checked.has_value())
        return checked.error();
    if (const auto done = read_legacy(input, kinds, read); !done.has_value()) return done.error();
    return read;
}

}  // namespace stepwell::api::dynamodb
