#include "event/pattern.hpp"

#include <algorithm>
#include <array>

#include "base/try.hpp"
#include "event/errors.hpp"

namespace stepwell::event {

namespace {

constexpr std::size_t depth_max = 100;
constexpr std::array<std::string_view, 5> numeric_operators = {"=", "<", "<=", ">", ">="};

Error bad_pattern(std::string_view reason) {
    return {errors::invalid_event_pattern,
            "Event pattern is not valid. Reason: " + std::string(reason)};
}

std::string in_lower_case(std::string_view text) {
    std::string lower(text);
    for (char& c : lower) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    }
    return lower;
}

// Linear but for the last star that may have to be tried again: bounded by text times pattern.
bool matches_wildcard(std::string_view pattern, std::string_view text) {
    std::size_t p = 0;
    std::size_t t = 0;
    std::size_t star = std::string_view::npos;
    std::size_t star_text = 0;
    while (t < text.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            star_text = t;
        } else if (p < pattern.size() && pattern[p] == text[t]) {
            ++p;
            ++t;
        } else if (star != std::string_view::npos) {
            p = star + 1;
            t = ++star_text;
        } else {
            return false;
        }
    }
    while (p < pattern.size() && pattern[p] == '*') ++p;
    return p == pattern.size();
}

bool compares(std::string_view op, double value, double operand) {
    if (op == "=") return value == operand;
    if (op == "<") return value < operand;
    if (op == "<=") return value <= operand;
    return op == ">" ? value > operand : value >= operand;
}

}  // namespace

class Pattern::Reader {
 public:
    static Result<Pattern> read(json::Value object, std::size_t depth) {
        if (depth > depth_max) return bad_pattern("Event pattern is nested too deeply");
        if (!object.is_object()) return bad_pattern("Filter is not an object");
        if (object.size() == 0) return bad_pattern("Empty objects are not allowed");
        Pattern pattern;
        for (const json::Member& member : object.members()) {
            const json::Value value(&member.value);
            if (member.key == "$or" && value.is_array()) {
                std::vector<Pattern> choices;
                for (const json::Node& node : value.elements()) {
                    SW_TRY(Pattern choice, read(json::Value(&node), depth + 1));
                    choices.push_back(std::move(choice));
                }
                pattern.either_.push_back(std::move(choices));
                continue;
            }
            SW_TRY(Field field, read_field(std::string(member.key), value, depth));
            pattern.fields_.push_back(std::move(field));
        }
        return pattern;
    }

 private:
    static Result<Field> read_field(std::string name, json::Value value, std::size_t depth) {
        Field field{std::move(name), {}, {}};
        if (value.is_object()) {
            SW_TRY(Pattern inner, read(value, depth + 1));
            field.inner.push_back(std::move(inner));
            return field;
        }
        if (!value.is_array())
            return bad_pattern("\"" + field.name + "\" must be an object or an array");
        if (value.size() == 0) return bad_pattern("Empty arrays are not allowed");
        for (const json::Node& node : value.elements()) {
            const json::Value each(&node);
            const auto but = each.find("anything-but");
            if (but.has_value()) {
                SW_TRY(std::vector<Condition> excluded, read_but(*but));
                field.any_of.but.push_back(std::move(excluded));
            } else {
                SW_TRY(Condition condition, read_condition(each));
                field.any_of.conditions.push_back(std::move(condition));
            }
        }
        return field;
    }

    static Result<std::vector<Condition>> read_but(json::Value value) {
        std::vector<Condition> excluded;
        if (value.is_object()) {  // {"prefix": ["a", "b"]}
            if (value.size() != 1) return bad_pattern("Unsupported anything-but pattern");
            const json::Member& member = value.members().front();
            const json::Value operand(&member.value);
            if (!operand.is_array()) {
                SW_TRY(Condition condition, read_operator(member.key, operand));
                excluded.push_back(std::move(condition));
            }
            for (const json::Node& node : operand.elements()) {
                SW_TRY(Condition condition, read_operator(member.key, json::Value(&node)));
                excluded.push_back(std::move(condition));
            }
        } else if (value.is_array()) {
            for (const json::Node& node : value.elements()) {
                SW_TRY(Condition condition, read_condition(json::Value(&node)));
                excluded.push_back(std::move(condition));
            }
        } else {
            SW_TRY(Condition condition, read_condition(value));
            excluded.push_back(std::move(condition));
        }
        if (excluded.empty())
            return bad_pattern(
                "Value of anything-but must be an array or single string/number value.");
        return excluded;
    }

    static Result<Condition> read_condition(json::Value value) {
        if (value.is_array())
            return bad_pattern("Match value must be String, number, true, false, or null");
        if (!value.is_object()) {
            if (value.is_string())
                return Condition{Equals{std::string(value.string()), 0, value.kind()}};
            return Condition{Equals{std::string(value.raw()),
                                    value.is_number() ? value.number() : 0, value.kind()}};
        }
        if (value.size() != 1) return bad_pattern("Only one key allowed in match expression");
        const json::Member& member = value.members().front();
        return read_operator(member.key, json::Value(&member.value));
    }

    static Result<Condition> read_operator(std::string_view name, json::Value operand) {
        if (name == "exists") {
            if (operand.is_boolean()) return Condition{Exists{operand.boolean()}};
            return bad_pattern("exists match pattern must be either true or false.");
        }
        if (name == "numeric") return read_numeric(operand);
        using Way = Text::Way;
        const std::pair<std::string_view, Way> ways[] = {{"prefix", Way::prefix},
                                                         {"suffix", Way::suffix},
                                                         {"equals-ignore-case", Way::ignoring_case},
                                                         {"wildcard", Way::wildcard}};
        for (const auto& [way_name, way] : ways) {
            if (name != way_name) continue;
            if (!operand.is_string())
                return bad_pattern(std::string(name) + " match pattern must be a string");
            const std::string_view text = operand.string();
            return Condition{
                Text{way, way == Way::ignoring_case ? in_lower_case(text) : std::string(text)}};
        }
        return bad_pattern("Unrecognized match type " + std::string(name));
    }

    static Result<Condition> read_numeric(json::Value operand) {
        if (!operand.is_array() || operand.size() == 0)
            return bad_pattern("Value of numeric must be an array.");
        if (operand.size() % 2 != 0 || operand.size() > 4)
            return bad_pattern("Too many elements in numeric expression");
        Numeric numeric;
        for (std::size_t i = 0; i < operand.size(); i += 2) {
            const json::Value op = operand[i];
            const bool is_known =
                op.is_string() && std::find(numeric_operators.begin(), numeric_operators.end(),
                                            op.string()) != numeric_operators.end();
            if (!is_known) return bad_pattern("Unrecognized numeric range operator");
            if (!operand[i + 1].is_number())
                return bad_pattern("Value of numeric operator must be numeric");
            numeric.all.emplace_back(op.string(), operand[i + 1].number());
        }
        return Condition{std::move(numeric)};
    }
};

Result<Pattern> Pattern::parse(std::string_view text) {
    if (text.size() > bytes_max) return bad_pattern("Event pattern is too long");
    const auto document = json::Document::parse(text);
    if (!document.has_value()) return bad_pattern(document.error().message());
    return Reader::read(document->root(), 1);
}

bool Pattern::holds(const Condition& condition, json::Value value) {
    if (const auto* const equals = std::get_if<Equals>(&condition.test)) {
        if (equals->kind != value.kind()) return false;
        if (value.is_number()) return value.number() == equals->number;
        return value.is_string() ? value.string() == equals->raw : value.raw() == equals->raw;
    }
    if (const auto* const text = std::get_if<Text>(&condition.test)) {
        if (!value.is_string()) return false;
        switch (text->way) {
            case Text::Way::prefix:
                return value.string().starts_with(text->text);
            case Text::Way::suffix:
                return value.string().ends_with(text->text);
            case Text::Way::ignoring_case:
                return in_lower_case(value.string()) == text->text;
            case Text::Way::wildcard:
                return matches_wildcard(text->text, value.string());
        }
    }
    if (const auto* const numeric = std::get_if<Numeric>(&condition.test)) {
        return value.is_number() &&
               std::all_of(numeric->all.begin(), numeric->all.end(), [&](const auto& each) {
                   return compares(each.first, value.number(), each.second);
               });
    }
    return std::get<Exists>(condition.test).must_exist;
}

// Of an array's elements one has to fit.
bool Pattern::has(const AnyOf& any_of, json::Value value) {
    if (value.is_array()) {
        return std::any_of(value.elements().begin(), value.elements().end(),
                           [&](const json::Node& node) { return has(any_of, json::Value(&node)); });
    }
    const auto fits = [&](const Condition& condition) { return holds(condition, value); };
    return std::any_of(any_of.conditions.begin(), any_of.conditions.end(), fits) ||
           std::any_of(any_of.but.begin(), any_of.but.end(), [&](const auto& excluded) {
               return std::none_of(excluded.begin(), excluded.end(), fits);
           });
}

bool Pattern::matches_field(const Field& field, const json::Value* value) {
    if (!field.inner.empty())
        return field.inner[0].matches_object(value != nullptr && value->is_object() ? value
                                                                                    : nullptr);
    if (value != nullptr && !value->is_object()) return has(field.any_of, *value);
    // Nothing is there, or no value but an object.
    return std::any_of(field.any_of.conditions.begin(), field.any_of.conditions.end(),
                       [&](const Condition& condition) {
                           const auto* const exists = std::get_if<Exists>(&condition.test);
                           return exists != nullptr && !exists->must_exist;
                       });
}

bool Pattern::matches_object(const json::Value* object) const {
    for (const Field& field : fields_) {
        const auto value = object == nullptr ? std::nullopt : object->find(field.name);
        if (!matches_field(field, value.has_value() ? &*value : nullptr)) return false;
    }
    return std::all_of(either_.begin(), either_.end(), [&](const std::vector<Pattern>& choices) {
        return std::any_of(choices.begin(), choices.end(),
                           [&](const Pattern& choice) { return choice.matches_object(object); });
    });
}

bool Pattern::matches(json::Value event) const { return matches_object(&event); }

}  // namespace stepwell::event
