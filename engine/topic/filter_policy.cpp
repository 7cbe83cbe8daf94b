#include "topic/filter_policy.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <functional>
#include <map>

#include "base/try.hpp"
#include "json/value.hpp"
#include "topic/errors.hpp"

namespace stepwell::topic {

namespace {

using Leaf = FilterPolicy::Leaf;
using Leaves = std::multimap<std::string, Leaf, std::less<>>;

constexpr std::size_t keys_max = 5;
constexpr std::uint64_t combinations_max = 150;
constexpr std::size_t alternatives_max =
    150;  // $or inside $or multiplies; AWS's bound on combinations holds for it
constexpr std::size_t depth_max = 32;

Error refuse(const std::string& why) { return {errors::invalid_parameter, "FilterPolicy: " + why}; }

std::string lower(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return out;
}

Leaf leaf_of(json::Value value) {
    switch (value.kind()) {
        case json::Kind::string:
            return {Leaf::Kind::text, std::string(value.string())};
        case json::Kind::number:
            return {Leaf::Kind::number, {}, value.number()};
        case json::Kind::boolean:
            return {Leaf::Kind::boolean, {}, value.boolean() ? 1.0 : 0.0};
        default:
            return {};
    }
}

std::optional<double> number_in(std::string_view text) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::string join(std::string_view parent, std::string_view key) {
    std::string path(parent);
    if (!path.empty()) path.push_back('.');
    return path.append(key);
}

// Every scalar of a body by its path; elements of arrays count for the path of their array.
void collect(json::Value value, const std::string& path, Leaves& leaves) {
    for (const json::Member& member : value.members()) {
        collect(json::Value(&member.value), join(path, member.key), leaves);
    }
    for (const json::Node& node : value.elements()) collect(json::Value(&node), path, leaves);
    if (!value.is_object() && !value.is_array()) leaves.emplace(path, leaf_of(value));
}

void collect(const MessageAttribute& attribute, Leaves& leaves) {
    if (attribute.is_binary()) return;
    if (attribute.data_type == "String.Array") {
        const auto array = json::Document::parse(attribute.value);
        if (!array.has_value() || !array->root().is_array()) return;
        for (const json::Node& node : array->root().elements()) {
            leaves.emplace(attribute.name, leaf_of(json::Value(&node)));
        }
        return;
    }
    Leaf leaf{Leaf::Kind::text, attribute.value};
    if (attribute.data_type.starts_with("Number")) {
        if (const auto number = number_in(attribute.value); number.has_value()) {
            leaf = {Leaf::Kind::number, {}, *number};
        }
    }
    leaves.emplace(attribute.name, std::move(leaf));
}

}  // namespace

/// Turns a policy's JSON into alternatives.
class FilterPolicy::Parser {
 public:
    explicit Parser(FilterScope scope) : scope_(scope) {}

    Result<std::vector<Alternative>> parse(json::Value policy) {
        if (policy.size() > keys_max) return refuse("Filter policy can not have more than 5 keys");
        std::vector<Alternative> alternatives{{}};
        std::uint64_t combinations = 1;
        if (const auto done = object(policy, "", 1, combinations, alternatives);
            !done.has_value()) {
            return done.error();
        }
        if (combinations > combinations_max) return refuse("Filter policy is too complex");
        return alternatives;
    }

 private:
    Result<> object(json::Value value, const std::string& path, std::size_t depth,
                    std::uint64_t& combinations, std::vector<Alternative>& alternatives) {
        if (depth > depth_max || alternatives.size() > alternatives_max ||
            combinations > combinations_max) {
            return refuse("Filter policy is too complex");
        }
        if (depth > 1 && scope_ == FilterScope::message_attributes) {
            return Error{
                errors::invalid_parameter,
                "Filter policy scope MessageAttributes does not support nested filter policy"};
        }
        for (const json::Member& member : value.members()) {
            const json::Value child(&member.value);
            Result<> done;
            if (member.key == "$or" && child.is_array() && child.size() > 1) {
                done = either(child, path, depth, combinations, alternatives);
            } else if (child.is_object()) {
                done = object(child, join(path, member.key), depth + 1, combinations, alternatives);
            } else if (child.is_array()) {
                combinations *= std::max<std::uint64_t>(1, child.size()) * depth;
                done = rule(child, join(path, member.key), alternatives);
            } else {
                return refuse("\"" + std::string(member.key) + "\" must be an object or an array");
            }
            if (!done.has_value()) return done.error();
        }
        return {};
    }

    Result<> either(json::Value choices, const std::string& path, std::size_t depth,
                    std::uint64_t& combinations, std::vector<Alternative>& alternatives) {
        const std::vector<Alternative> before = alternatives;
        const std::uint64_t combinations_before = combinations;
        alternatives.clear();
        combinations = 0;
        for (const json::Node& node : choices.elements()) {
            const json::Value choice(&node);
            if (!choice.is_object()) return refuse("\"$or\" must be an array of objects");
            std::vector<Alternative> branch = before;
            std::uint64_t branch_combinations = combinations_before;
            if (const auto done = object(choice, path, depth, branch_combinations, branch);
                !done.has_value()) {
                return done.error();
            }
            combinations += branch_combinations;
            alternatives.insert(alternatives.end(), branch.begin(), branch.end());
        }
        return {};
    }

    Result<> rule(json::Value array, std::string path, std::vector<Alternative>& alternatives) {
        if (array.size() == 0) return refuse("Empty arrays are not allowed");
        Rule made{std::move(path), {}};
        for (const json::Node& node : array.elements()) {
            SW_TRY(Condition parsed, condition(json::Value(&node)));
            made.any_of.push_back(std::move(parsed));
        }
        for (Alternative& alternative : alternatives) alternative.push_back(made);
        return {};
    }

    Result<Condition> condition(json::Value value) {
        if (value.is_array()) {
            return refuse("Match value must be String, number, true, false, or null");
        }
        if (!value.is_object()) return Condition{Equals{leaf_of(value)}};
        if (value.size() != 1) return refuse("Only one key allowed in match expression");
        const json::Member& member = value.members().front();
        const json::Value operand(&member.value);
        const std::string_view name = member.key;
        if (name == "exists") {
            if (!operand.is_boolean())
                return refuse("exists match pattern must be either true or false.");
            return Condition{Exists{operand.boolean()}};
        }
        if (name == "anything-but") return anything_but(operand);
        if (name == "numeric") return numeric(operand);
        if (name != "prefix" && name != "suffix" && name != "equals-ignore-case" &&
            name != "cidr") {
            return refuse("Unrecognized match type " + std::string(name));
        }
        if (!operand.is_string())
            return refuse(std::string(name) + " match pattern must be a string");
        const std::string text(operand.string());
        if (name == "prefix") return Condition{Prefix{text}};
        if (name == "suffix") return Condition{Suffix{text}};
        if (name == "cidr") return cidr(text);
        return Condition{EqualsIgnoreCase{lower(text)}};
    }

    static Result<Condition> anything_but(json::Value operand) {
        if (operand.is_object()) {
            const auto prefix = operand.find("prefix");
            const auto suffix = operand.find("suffix");
            const auto& affix = prefix.has_value() ? prefix : suffix;
            if (operand.size() != 1 || !affix.has_value() || !affix->is_string()) {
                return refuse("Unsupported anything-but pattern");
            }
            const std::string text(affix->string());
            return prefix.has_value() ? Condition{Prefix{text, true}}
                                      : Condition{Suffix{text, true}};
        }
        AnythingBut made;
        if (!operand.is_array()) made.values.push_back(leaf_of(operand));
        for (const json::Node& node : operand.elements())
            made.values.push_back(leaf_of(json::Value(&node)));
        if (made.values.empty())
            return refuse("Value of anything-but must be an array or single string/number value.");
        return Condition{std::move(made)};
    }

    static Result<Condition> numeric(json::Value operand) {
        using Operator = Comparison::Operator;
        static const std::map<std::string_view, Operator> operators{
            {"=", Operator::equal},
            {"<", Operator::less},
            {"<=", Operator::less_or_equal},
            {">", Operator::greater},
            {">=", Operator::greater_or_equal}};
        if (!operand.is_array() || operand.size() == 0)
            return refuse("Value of numeric must be an array.");
        if (operand.size() % 2 != 0 || operand.size() > 4) {
            return refuse("Invalid member in numeric match: expected pairs of operator and number");
        }
        Numeric made;
        for (std::size_t i = 0; i < operand.size(); i += 2) {
            const auto found =
                operand[i].is_string() ? operators.find(operand[i].string()) : operators.end();
            if (found == operators.end()) return refuse("Unrecognized numeric range operator");
            if (!operand[i + 1].is_number())
                return refuse("Value of numeric operator must be numeric");
            made.all.push_back({found->second, operand[i + 1].number()});
        }
        return Condition{std::move(made)};
    }

    static Result<Condition> cidr(const std::string& text) {
        const std::size_t slash = text.find('/');
        const std::string address = text.substr(0, slash);
        const int family = address.find(':') == std::string::npos ? AF_INET : AF_INET6;
        Cidr made;
        made.network.resize(family == AF_INET ? 4 : 16);
        const auto bits =
            slash == std::string::npos ? std::nullopt : number_in(text.substr(slash + 1));
        const auto bits_max = static_cast<double>(made.network.size() * 8);
        if (inet_pton(family, address.c_str(), made.network.data()) != 1 || !bits.has_value() ||
            *bits < 0 || *bits > bits_max) {
            return refuse("Malformed CIDR, one '/' required");
        }
        made.bits = static_cast<std::uint32_t>(*bits);
        return Condition{std::move(made)};
    }

    const FilterScope scope_;
};

Result<FilterPolicy> FilterPolicy::parse(std::string_view text, FilterScope scope) {
    const auto document = json::Document::parse(text);
    if (!document.has_value()) return refuse("failed to parse JSON.");
    if (!document->root().is_object()) return refuse("Filter policy must be a JSON object");
    FilterPolicy policy;
    policy.scope_ = scope;
    SW_TRY(policy.any_of_, Parser(scope).parse(document->root()));
    return policy;
}

bool FilterPolicy::holds(const Condition& condition, const Leaf& leaf) {
    const bool is_text = leaf.kind == Leaf::Kind::text;
    if (const auto* equals = std::get_if<Equals>(&condition)) return equals->value == leaf;
    if (const auto* same = std::get_if<EqualsIgnoreCase>(&condition)) {
        return is_text && lower(leaf.text) == same->lower;
    }
    if (const auto* prefix = std::get_if<Prefix>(&condition)) {
        return is_text && leaf.text.starts_with(prefix->text) != prefix->is_negated;
    }
    if (const auto* suffix = std::get_if<Suffix>(&condition)) {
        return is_text && leaf.text.ends_with(suffix->text) != suffix->is_negated;
    }
    if (const auto* but = std::get_if<AnythingBut>(&condition)) {
        return std::find(but->values.begin(), but->values.end(), leaf) == but->values.end();
    }
    if (const auto* numeric = std::get_if<Numeric>(&condition)) {
        if (leaf.kind != Leaf::Kind::number) return false;
        const auto fits = [value = leaf.number](const Comparison& c) {
            switch (c.op) {
                case Comparison::Operator::equal:
                    return value == c.operand;
                case Comparison::Operator::less:
                    return value < c.operand;
                case Comparison::Operator::less_or_equal:
                    return value <= c.operand;
                case Comparison::Operator::greater:
                    return value > c.operand;
                case Comparison::Operator::greater_or_equal:
                    return value >= c.operand;
            }
            return false;
        };
        return std::all_of(numeric->all.begin(), numeric->all.end(), fits);
    }
    if (const auto* cidr = std::get_if<Cidr>(&condition)) {
        std::array<unsigned char, 16> address{};
        const int family = cidr->network.size() == 4 ? AF_INET : AF_INET6;
        if (!is_text || inet_pton(family, leaf.text.c_str(), address.data()) != 1) return false;
        for (std::uint32_t bit = 0; bit < cidr->bits; ++bit) {
            const unsigned int mask = 0x80U >> bit % 8;
            if (((address[bit / 8] ^ cidr->network[bit / 8]) & mask) != 0) return false;
        }
        return true;
    }
    return std::get<Exists>(condition).must_exist;  // there is a leaf
}

bool FilterPolicy::matches(const std::vector<MessageAttribute>& attributes,
                           std::string_view body) const {
    Leaves leaves;
    if (scope_ == FilterScope::message_attributes) {
        for (const MessageAttribute& attribute : attributes) collect(attribute, leaves);
    } else {
        const auto document = json::Document::parse(body);
        if (!document.has_value() || !document->root().is_object()) return false;
        collect(document->root(), "", leaves);
    }
    const auto rule_holds = [&](const Rule& rule) {
        const auto range = leaves.equal_range(rule.path);
        return std::any_of(rule.any_of.begin(), rule.any_of.end(), [&](const auto& c) {
            const auto* exists = std::get_if<Exists>(&c);
            if (range.first == range.second) return exists != nullptr && !exists->must_exist;
            return std::any_of(range.first, range.second,
                               [&](const auto& leaf) { return holds(c, leaf.second); });
        });
    };
    return std::any_of(any_of_.begin(), any_of_.end(), [&](const Alternative& alternative) {
        return std::all_of(alternative.begin(), alternative.end(), rule_holds);
    });
}

}  // namespace stepwell::topic
