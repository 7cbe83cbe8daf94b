#include "api/mock_shapes.hpp"

#include <algorithm>
#include <string>

#include "base/errors.hpp"

namespace stepwell::api::mock_shapes {

namespace {

using json::Value;

Error misfit(std::string_view what) {
    return Error(errors::validation, "Mock result schema validation error: " + std::string(what));
}
Error misfit(std::string_view field, std::string_view problem) {
    return misfit("Field '" + std::string(field) + "' " + std::string(problem));
}

Result<> check_value(std::uint16_t index, std::string_view field, Value value,
                     Strictness strictness);

// The depth is bounded by that of the value, which is a parsed document's.
Result<> check_structure(const Shape& shape, std::string_view field, Value value,
                         Strictness strictness) {
    if (!value.is_object()) return misfit(field, "must be an object");
    const auto own = members().subspan(shape.first, shape.count);
    for (const Member& member : own) {
        if (strictness == Strictness::complete && member.is_required && !value.find(member.name))
            return misfit("Required field '" + std::string(member.name) + "' is missing");
    }
    for (const json::Member& given : value.members()) {
        const auto known = std::find_if(own.begin(), own.end(),
                                        [&](const Member& m) { return m.name == given.key; });
        if (known == own.end()) continue;
        const auto checked = check_value(known->shape, given.key, Value{&given.value}, strictness);
        if (!checked) return checked;
    }
    return {};
}

Result<> check_elements(const Shape& shape, std::string_view field, Value value,
                        Strictness strictness) {
    for (const json::Node& element : value.elements()) {
        const auto checked = check_value(shape.first, field, Value{&element}, strictness);
        if (!checked) return checked;
    }
    for (const json::Member& member : value.members()) {
        const auto checked = check_value(shape.first, field, Value{&member.value}, strictness);
        if (!checked) return checked;
    }
    return {};
}

Result<> check_string(const Shape& shape, std::string_view field, Value value) {
    if (!value.is_string()) return misfit(field, "must be a string");
    if (shape.count == 0) return {};
    const auto allowed = values().subspan(shape.first, shape.count);
    if (std::find(allowed.begin(), allowed.end(), value.string()) != allowed.end()) return {};
    return misfit(field, "is not an expected value");
}

Result<> check_number(const Shape& shape, std::string_view field, Value value) {
    if (!value.is_number()) return misfit(field, "must be a number");
    const double number = value.number();
    if (shape.min != no_bound && number < static_cast<double>(shape.min))
        return misfit(field, "is less than the minimum value");
    if (shape.max != no_bound && number > static_cast<double>(shape.max))
        return misfit(field, "exceeds the maximum value");
    return {};
}

Result<> check_value(std::uint16_t index, std::string_view field, Value value,
                     Strictness strictness) {
    const Shape& shape = shapes()[index];
    switch (shape.kind) {
        case Kind::any:
            return {};
        case Kind::structure:
            return check_structure(shape, field, value, strictness);
        case Kind::list:
            if (!value.is_array()) return misfit(field, "must be an array");
            return check_elements(shape, field, value, strictness);
        case Kind::map:
            if (!value.is_object()) return misfit(field, "must be an object");
            return check_elements(shape, field, value, strictness);
        case Kind::string:
            return check_string(shape, field, value);
        case Kind::boolean:
            if (!value.is_boolean()) return misfit(field, "must be a boolean");
            return {};
        case Kind::number:
            return check_number(shape, field, value);
    }
    return {};
}

}  // namespace

Result<> check(std::string_view operation, Value result, Strictness strictness) {
    const auto all = operations();
    const auto known = std::lower_bound(all.begin(), all.end(), operation,
                                        [](const OperationOutput& output, std::string_view name) {
                                            return output.operation < name;
                                        });
    if (known == all.end() || known->operation != operation) return {};
    if (!result.is_object())
        return Error(errors::validation, "Mock result must be a valid JSON object");
    return check_value(known->shape, "", result, strictness);
}

}  // namespace stepwell::api::mock_shapes
