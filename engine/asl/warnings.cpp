#include "asl/warnings.hpp"

#include <string>
#include <string_view>

namespace stepwell::asl {

using json::Value;

namespace {

bool looks_like_path(std::string_view text) {
    return text == "$" || text.starts_with("$.") || text.starts_with("$[") ||
           text.starts_with("$$.");
}
bool looks_like_call(std::string_view text) {
    return text.starts_with("States.") && text.find('(') != std::string_view::npos &&
           text.ends_with(')');
}

bool is_text(Value value, bool (*looks)(std::string_view)) {
    return value.is_string() && looks(value.string());
}

// The depths of all of these are that of a parsed document, so bounded.
class Finder {
 public:
    std::vector<Diagnostic> found;

    void look_at_machine(Value machine, const std::string& location, std::string_view language) {
        const auto states = machine.find("States");
        if (!states) return;
        for (const json::Member& member : states->members()) {
            look_at_state(Value{&member.value}, location + "/States/" + std::string(member.key),
                          language);
        }
    }

 private:
    void look_at_state(Value state, const std::string& at, std::string_view language) {
        const auto own = state.find("QueryLanguage");
        const std::string_view used = own && own->is_string() ? own->string() : language;
        if (used == "JSONPath") look_at_fields(state, at);
        for (const std::string_view name : {"ItemProcessor", "Iterator"}) {
            if (const auto inner = state.find(name))
                look_at_machine(*inner, at + "/" + std::string(name), language);
        }
        const auto branches = state.find("Branches");
        if (!branches) return;
        std::size_t index = 0;
        for (const json::Node& branch : branches->elements()) {
            look_at_machine(Value{&branch}, at + "/Branches[" + std::to_string(index++) + "]",
                            language);
        }
    }

    void look_at_fields(Value state, const std::string& at) {
        for (const std::string_view name : {"Parameters", "ItemSelector", "ResultSelector"}) {
            if (const auto parsed = state.find(name))
                look_at_template(*parsed, at + "/" + std::string(name));
        }
        for (const std::string_view name : {"Error", "Cause"}) {
            const auto value = state.find(name);
            if (value && is_text(*value, looks_like_path)) no_path(at + "/" + std::string(name));
        }
        if (const auto result = state.find("Result"); result && has_path(*result)) {
            warn("PASS_RESULT_IS_STATIC", "Attempt to use a path in the result of a pass state.",
                 at + "/Result");
        }
        const auto choices = state.find("Choices");
        if (!choices) return;
        std::size_t index = 0;
        for (const json::Node& rule : choices->elements())
            look_at_rule(Value{&rule}, at + "/Choices[" + std::to_string(index++) + "]");
    }

    void look_at_template(Value value, const std::string& at) {
        std::size_t index = 0;
        for (const json::Node& element : value.elements())
            look_at_template(Value{&element}, at + "[" + std::to_string(index++) + "]");
        for (const json::Member& member : value.members()) {
            const Value inner{&member.value};
            const std::string there = at + "/" + std::string(member.key);
            const bool is_bare = !member.key.ends_with(".$") && (is_text(inner, looks_like_path) ||
                                                                 is_text(inner, looks_like_call));
            if (is_bare) {
                warn("NO_DOLLAR",
                     "No .$ on a field that appears to be a JSONPath or Intrinsic Function.",
                     there);
            }
            look_at_template(inner, there);
        }
    }

    void look_at_rule(Value rule, const std::string& at) {
        for (const json::Member& member : rule.members()) {
            const Value value{&member.value};
            const std::string there = at + "/" + std::string(member.key);
            if (member.key == "Not") look_at_rule(value, there);
            if (member.key == "And" || member.key == "Or") {
                std::size_t index = 0;
                for (const json::Node& inner : value.elements())
                    look_at_rule(Value{&inner}, there + "[" + std::to_string(index++) + "]");
            }
            const bool is_comparison = member.key.starts_with("String") ||
                                       member.key.starts_with("Timestamp") ||
                                       member.key.starts_with("Numeric");
            if (is_comparison && !member.key.ends_with("Path") && is_text(value, looks_like_path))
                no_path(there);
        }
    }

    static bool has_path(Value value) {
        if (is_text(value, looks_like_path)) return true;
        for (const json::Node& element : value.elements()) {
            if (has_path(Value{&element})) return true;
        }
        for (const json::Member& member : value.members()) {
            if (has_path(Value{&member.value})) return true;
        }
        return false;
    }

    void no_path(const std::string& location) {
        warn("NO_PATH", "Field value looks like a path, but field name does not end with 'Path'.",
             location);
    }
    void warn(std::string_view code, std::string_view message, const std::string& location) {
        found.push_back({false, std::string(code), std::string(message), location});
    }
};

}  // namespace

std::vector<Diagnostic> find_warnings(Value definition) {
    Finder finder;
    const auto language = definition.find("QueryLanguage");
    finder.look_at_machine(definition, "",
                           language && language->is_string() ? language->string() : "JSONPath");
    return std::move(finder.found);
}

}  // namespace stepwell::asl
