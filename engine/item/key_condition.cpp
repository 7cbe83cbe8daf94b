#include "item/key_condition.hpp"

#include <map>

#include "base/try.hpp"
#include "item/errors.hpp"

namespace stepwell::item {

namespace {

// A condition on one attribute: the operator with the attribute on its left, and its values.
struct Bound {
    Op op = Op::equal;
    std::vector<const Value*> values = {};
};
using Bounds = std::map<std::string, Bound, std::less<>>;

// The first key behind all those that begin so.
std::string end_of(std::string prefix) {
    while (!prefix.empty() && static_cast<unsigned char>(prefix.back()) == 0xffU) prefix.pop_back();
    if (!prefix.empty())
        prefix.back() = static_cast<char>(static_cast<unsigned char>(prefix.back()) + 1);
    return prefix;
}

Op mirrored(Op op) {
    switch (op) {
        case Op::less:
            return Op::greater;
        case Op::less_equal:
            return Op::greater_equal;
        case Op::greater:
            return Op::less;
        case Op::greater_equal:
            return Op::less_equal;
        default:
            return op;
    }
}

Result<> check_operator(const Node& condition) {
    switch (condition.op) {
        case Op::any_of:
        case Op::negation:
        case Op::in:
        case Op::not_equal:
        case Op::attribute_exists:
        case Op::attribute_not_exists:
        case Op::attribute_type:
        case Op::contains:
            return errors::invalid("Invalid operator used in KeyConditionExpression: " +
                                   std::string(name_of(condition.op)));
        case Op::between:
        case Op::begins_with:
            if (condition.args[0].op == Op::path) return {};
            return errors::invalid("Invalid condition in KeyConditionExpression: " +
                                   std::string(name_of(condition.op)) +
                                   " operator must have the key attribute as its first operand");
        default:
            return {};
    }
}

Result<> collect(const Node& condition, Bounds& bounds) {
    if (condition.op == Op::all_of) {
        for (const Node& part : condition.args) {
            if (auto done = collect(part, bounds); !done.has_value()) return done;
        }
        return {};
    }
    if (auto checked = check_operator(condition); !checked.has_value()) return checked;
    const Path* attribute = nullptr;
    Bound bound{.op = condition.op};
    for (std::size_t i = 0; i < condition.args.size(); ++i) {
        const Node& arg = condition.args[i];
        if (arg.op == Op::size) {
            return errors::invalid("KeyConditionExpressions cannot contain nested operations");
        }
        if (arg.op == Op::value) {
            bound.values.push_back(&arg.value);
            continue;
        }
        if (attribute != nullptr) {
            return errors::invalid(
                "Invalid condition in KeyConditionExpression: Multiple attribute names used in one "
                "condition");
        }
        attribute = &arg.path;
        if (i > 0) bound.op = mirrored(condition.op);
    }
    if (attribute == nullptr) {
        return errors::invalid(
            "Invalid condition in KeyConditionExpression: No key attribute specified");
    }
    if (attribute->size() > 1) {
        return errors::invalid(
            "KeyConditionExpressions cannot have conditions on nested attributes");
    }
    if (!bounds.emplace((*attribute)[0].name, std::move(bound)).second) {
        return errors::invalid("KeyConditionExpressions must only contain one condition per key");
    }
    return {};
}

Result<> check_types(const Bound& bound, const KeyAttribute& attribute) {
    for (const Value* const value : bound.values) {
        if (value->type != attribute.type) {
            return errors::invalid_value("Condition parameter type does not match schema type");
        }
        if (attribute.type != Type::n && value->text().empty() && bound.op != Op::begins_with) {
            return errors::invalid(
                "One or more parameter values are not valid. The AttributeValue for a key "
                "attribute cannot contain an empty " +
                std::string(attribute.type == Type::s ? "string" : "binary") +
                " value. Key: " + attribute.name);
        }
    }
    return {};
}

KeyRange narrowed(const std::string& hash, const Bound& bound) {
    const auto key = [&](std::size_t i) {
        std::string bytes = hash;
        append_key_part(bytes, *bound.values[i]);
        return bytes;
    };
    switch (bound.op) {
        case Op::equal:
            return {key(0), end_of(key(0))};
        case Op::less:
            return {hash, key(0)};
        case Op::less_equal:
            return {hash, end_of(key(0))};
        case Op::greater:
            return {end_of(key(0)), end_of(hash)};
        case Op::greater_equal:
            return {key(0), end_of(hash)};
        case Op::between:
            return {key(0), end_of(key(1))};
        default: {
            std::string prefix = hash;
            append_key_prefix(prefix, *bound.values[0]);
            return {prefix, end_of(prefix)};
        }
    }
}

}  // namespace

Result<KeyRange> key_range(const Node& condition, const KeySchema& keys) {
    Bounds bounds;
    if (const auto done = collect(condition, bounds); !done.has_value()) return done.error();
    const auto hash = bounds.find(keys.hash.name);
    if (bounds.size() > 2) return errors::invalid("Query key condition not supported");
    const auto missed = [](const std::string& name) {
        return errors::invalid("Query condition missed key schema element: " + name);
    };
    if (hash == bounds.end()) return missed(keys.hash.name);
    if (hash->second.op != Op::equal) return errors::invalid("Query key condition not supported");
    if (const auto checked = check_types(hash->second, keys.hash); !checked.has_value())
        return checked.error();
    std::string prefix;
    append_key_part(prefix, *hash->second.values[0]);
    if (bounds.size() == 1) return KeyRange{prefix, end_of(prefix)};
    if (!keys.range.has_value()) return errors::invalid("Query key condition not supported");
    const auto range = bounds.find(keys.range->name);
    if (range == bounds.end()) return missed(keys.range->name);
    if (const auto checked = check_types(range->second, *keys.range); !checked.has_value())
        return checked.error();
    if (range->second.op == Op::begins_with && keys.range->type == Type::n) {
        return errors::invalid_value(
            "ComparisonOperator BEGINS_WITH is not valid for N AttributeValue type");
    }
    return narrowed(prefix, range->second);
}

}  // namespace stepwell::item
