#include "asl/condition.hpp"

#include <array>

namespace stepwell::asl {

using json::Value;

StringPattern::StringPattern(std::string_view text) {
    parts_.emplace_back();
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '*') {
            parts_.emplace_back();
            continue;
        }
        if (text[i] == '\\' && i + 1 < text.size()) ++i;
        parts_.back().push_back(text[i]);
    }
}

bool StringPattern::matches(std::string_view text) const {
    if (parts_.size() == 1) return text == parts_.front();
    const std::string& first = parts_.front();
    const std::string& last = parts_.back();
    if (text.size() < first.size() + last.size() || !text.starts_with(first) ||
        !text.ends_with(last))
        return false;
    std::string_view middle = text.substr(first.size(), text.size() - first.size() - last.size());
    for (std::size_t i = 1; i + 1 < parts_.size(); ++i) {  // each part as early as it can be
        const std::size_t at = middle.find(parts_[i]);
        if (at == std::string_view::npos) return false;
        middle.remove_prefix(at + parts_[i].size());
    }
    return true;
}

std::optional<Condition::Operator> Condition::find_operator(std::string_view name) {
    struct Named {
        std::string_view name;
        Kind kind;
    };
    static constexpr std::array<Named, 7> plain{{{"IsNull", Kind::is_null},
                                                 {"IsPresent", Kind::is_present},
                                                 {"IsNumeric", Kind::is_numeric},
                                                 {"IsString", Kind::is_string},
                                                 {"IsBoolean", Kind::is_boolean},
                                                 {"IsTimestamp", Kind::is_timestamp},
                                                 {"StringMatches", Kind::string_matches}}};
    for (const Named& candidate : plain) {
        if (candidate.name == name) return Operator{candidate.kind};
    }
    static constexpr std::array<Named, 4> types{{{"String", Kind::string},
                                                 {"Numeric", Kind::numeric},
                                                 {"Boolean", Kind::boolean},
                                                 {"Timestamp", Kind::timestamp}}};
    static constexpr std::array<std::pair<std::string_view, Relation>, 5> relations{
        {{"Equals", Relation::equals},
         {"LessThan", Relation::less},
         {"LessThanEquals", Relation::less_equals},
         {"GreaterThan", Relation::greater},
         {"GreaterThanEquals", Relation::greater_equals}}};
    for (const Named& type : types) {
        if (!name.starts_with(type.name)) continue;
        std::string_view rest = name.substr(type.name.size());
        const bool is_path = rest.ends_with("Path");
        if (is_path) rest.remove_suffix(4);
        for (const auto& [text, relation] : relations) {
            if (text != rest || (type.kind == Kind::boolean && relation != Relation::equals))
                continue;
            return Operator{type.kind, relation, is_path};
        }
    }
    return std::nullopt;
}

std::optional<Condition> Condition::compile(const Fields& rule, bool is_nested,
                                            Diagnostics& diagnostics) {
    if (is_nested && rule.has("Next")) {
        rule.wrong("Field 'Next' is not supported");
        return std::nullopt;
    }
    const auto forms = {"And", "Or", "Not", "Variable"};
    const auto count =
        std::count_if(forms.begin(), forms.end(), [&](auto form) { return rule.has(form); });
    if (count != 1) {
        rule.wrong(
            "The object must have only one of the following fields, [And, Or, Not, Variable, "
            "Condition]");
        return std::nullopt;
    }
    if (rule.has("And")) return compile_list(rule, "And", Kind::all_of, diagnostics);
    if (rule.has("Or")) return compile_list(rule, "Or", Kind::any_of, diagnostics);
    if (rule.has("Variable")) return compile_test(rule);
    const auto inner = rule.object("Not");
    if (!inner) return std::nullopt;
    auto child = compile(Fields{*inner, rule.at("Not"), diagnostics}, true, diagnostics);
    if (!child) return std::nullopt;
    Condition condition;
    condition.kind_ = Kind::negation;
    condition.children_.push_back(std::move(*child));
    return condition;
}

std::optional<Condition> Condition::compile_list(const Fields& rule, std::string_view name,
                                                 Kind kind, Diagnostics& diagnostics) {
    const auto list = rule.array(name);
    if (!list) return std::nullopt;
    Condition condition;
    condition.kind_ = kind;
    bool is_good = true;
    for (std::size_t i = 0; i < list->size(); ++i) {
        const Fields inner{(*list)[i], rule.at(name) + "[" + std::to_string(i) + "]", diagnostics};
        auto child = compile(inner, true, diagnostics);
        is_good &= child.has_value();
        if (child) condition.children_.push_back(std::move(*child));
    }
    return is_good ? std::optional{std::move(condition)} : std::nullopt;
}

namespace {

// A path in a Choice rule.
std::optional<Reference> compile_path(const Fields& rule, std::string_view name) {
    const auto text = rule.string(name);
    if (!text) return std::nullopt;
    auto reference = Reference::parse_whole(*text);
    if (!reference) {
        const bool has_root = text->starts_with('$');
        rule.wrong(
            name, has_root ? "Value is not a Reference Path"
                           : "Value is not a Reference Path: Reference path didn't start with '$'");
    }
    return reference;
}

}  // namespace

std::optional<Condition> Condition::compile_test(const Fields& rule) {
    std::string_view name;
    std::optional<Operator> op;
    std::string found;
    std::size_t count = 0;
    for (const json::Member& member : rule.object().members()) {
        const auto candidate = find_operator(member.key);
        if (candidate) {
            op = candidate;
            name = member.key;
            found.append(count++ == 0 ? "" : ", ").append(member.key);
        } else if (member.key != "Variable" && member.key != "Next" && member.key != "Comment" &&
                   member.key != "Assign" && member.key != "Output") {
            rule.wrong("Field '" + std::string{member.key} + "' is not supported");
            return std::nullopt;
        }
    }
    if (count != 1) {
        rule.wrong(count == 0
                       ? "A comparison operator is required"
                       : "There should only be one of the following fields: [" + found + "]");
        return std::nullopt;
    }
    Condition condition;
    condition.kind_ = op->kind;
    condition.relation_ = op->relation;
    condition.variable_ = compile_path(rule, "Variable");
    auto operand = compile_operand(rule, name, *op);
    if (!condition.variable_ || !operand) return std::nullopt;
    condition.operand_ = std::move(*operand);
    return condition;
}

std::optional<Condition::Operand> Condition::compile_operand(const Fields& rule,
                                                             std::string_view name, Operator op) {
    if (op.is_path) {
        auto path = compile_path(rule, name);
        return path ? std::optional<Operand>{std::move(*path)} : std::nullopt;
    }
    const Value value = *rule.any(name);
    const bool wants_string =
        op.kind == Kind::string || op.kind == Kind::string_matches || op.kind == Kind::timestamp;
    if (wants_string && !rule.string(name)) return std::nullopt;
    if (op.kind == Kind::numeric && !value.is_number()) {
        rule.wrong(name, "Expected value of type [NUMBER]");
        return std::nullopt;
    }
    if (!wants_string && op.kind != Kind::numeric && !rule.boolean(name)) return std::nullopt;
    if (op.kind == Kind::string_matches) return Operand{StringPattern{value.string()}};
    if (op.kind == Kind::timestamp) {
        const auto timestamp = Timestamp::parse(value.string());
        if (!timestamp) rule.wrong(name, "String does not match RFC3339 timestamp");
        return timestamp ? std::optional<Operand>{*timestamp} : std::nullopt;
    }
    auto document = json::Document::parse(value.raw());
    if (!document) return std::nullopt;
    return Operand{std::make_shared<const json::Document>(std::move(*document))};
}

namespace {

// As Java compares strings: by UTF-16 code units, in which characters beyond U+FFFF come before
// U+E000.
int compare(std::string_view a, std::string_view b) {
    const auto [left, right] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
    if (left == a.end() || right == b.end()) return left != a.end() ? 1 : right != b.end() ? -1 : 0;
    const auto x = static_cast<unsigned char>(*left);
    const auto y = static_cast<unsigned char>(*right);
    const bool is_swapped =
        std::min(x, y) >= 0xEE && std::min(x, y) < 0xF0 && std::max(x, y) >= 0xF0;
    return (x < y) != is_swapped ? -1 : 1;
}

std::optional<Timestamp> timestamp_of(Value value) {
    return value.is_string() ? Timestamp::parse(value.string()) : std::nullopt;
}

int sign(auto a, auto b) { return a < b ? -1 : a > b ? 1 : 0; }

int compare_numbers(Value a, Value b) {
    const auto left = a.integer();
    const auto right = b.integer();
    return left && right ? sign(*left, *right) : sign(a.number(), b.number());
}

}  // namespace

bool Condition::has_type(Value value) const {
    switch (kind_) {
        case Kind::is_null:
            return value.is_null();
        case Kind::is_numeric:
            return value.is_number();
        case Kind::is_string:
            return value.is_string();
        case Kind::is_boolean:
            return value.is_boolean();
        case Kind::is_timestamp:
            return timestamp_of(value).has_value();
        default:
            return true;
    }
}

bool Condition::relates(Value value, Value operand) const {
    int order = 0;
    if (kind_ == Kind::string) {
        if (!value.is_string() || !operand.is_string()) return false;
        order = compare(value.string(), operand.string());
    } else if (kind_ == Kind::numeric) {
        if (!value.is_number() || !operand.is_number()) return false;
        order = compare_numbers(value, operand);
    } else if (kind_ == Kind::boolean) {
        if (!value.is_boolean() || !operand.is_boolean()) return false;
        order = sign(value.boolean(), operand.boolean());
    } else {
        const auto left = timestamp_of(value);
        const auto* literal = std::get_if<Timestamp>(&operand_);
        const auto right = literal != nullptr ? std::optional{*literal} : timestamp_of(operand);
        if (!left || !right) return false;
        order = *left < *right ? -1 : *left > *right ? 1 : 0;
    }
    switch (relation_) {
        case Relation::equals:
            return order == 0;
        case Relation::less:
            return order < 0;
        case Relation::less_equals:
            return order <= 0;
        case Relation::greater:
            return order > 0;
        case Relation::greater_equals:
            return order >= 0;
    }
    return false;
}

namespace {

Failure invalid_path(const Evaluation& evaluation, const Reference& reference) {
    return evaluation.failure("Invalid path '" + reference.text() +
                              "': The choice state's condition path references an invalid value.");
}

}  // namespace

Evaluated<bool> Condition::holds(Evaluation& evaluation) const {
    if (kind_ == Kind::all_of || kind_ == Kind::any_of) {
        const bool decisive = kind_ == Kind::any_of;
        for (const Condition& child : children_) {
            auto result = child.holds(evaluation);
            if (!result) return result;
            if (*result == decisive) return decisive;
        }
        return !decisive;
    }
    if (kind_ == Kind::negation) {
        auto result = children_.front().holds(evaluation);
        if (!result) return result;
        return !*result;
    }
    const auto value = variable_->find(evaluation);
    if (kind_ == Kind::is_present)
        return value.has_value() == std::get<Literal>(operand_)->root().boolean();
    if (!value) return invalid_path(evaluation, *variable_);
    return holds_for(evaluation, *value);
}

Evaluated<bool> Condition::holds_for(Evaluation& evaluation, Value value) const {
    if (const auto* pattern = std::get_if<StringPattern>(&operand_)) {
        return value.is_string() && pattern->matches(value.string());
    }
    if (std::holds_alternative<Timestamp>(operand_)) return relates(value, value);
    if (const auto* path = std::get_if<Reference>(&operand_)) {
        const auto operand = path->find(evaluation);
        if (!operand) return invalid_path(evaluation, *path);
        return relates(value, *operand);
    }
    const Value literal = std::get<Literal>(operand_)->root();
    if (kind_ >= Kind::string) return relates(value, literal);
    return has_type(value) == literal.boolean();
}

void Condition::visit_references(const std::function<void(const Reference&)>& visit) const {
    if (variable_) visit(*variable_);
    if (const auto* path = std::get_if<Reference>(&operand_)) visit(*path);
    for (const Condition& child : children_) child.visit_references(visit);
}

}  // namespace stepwell::asl
