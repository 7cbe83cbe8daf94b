#include "asl/lone_state.hpp"

#include <set>

#include "json/writer.hpp"

namespace stepwell::asl {

using json::Value;

namespace {

void add_target(std::set<std::string_view>& targets, Value object, std::string_view field) {
    const auto target = object.find(field);
    if (target && target->is_string()) targets.insert(target->string());
}

// Where a state may go: Next, Default, and the Next of its choices and catchers.
std::set<std::string_view> targets_of(Value state) {
    std::set<std::string_view> targets;
    add_target(targets, state, "Next");
    add_target(targets, state, "Default");
    for (const std::string_view list : {"Choices", "Catch"}) {
        const auto elements = state.find(list);
        if (!elements) continue;
        for (const json::Node& element : elements->elements())
            add_target(targets, Value{&element}, "Next");
    }
    return targets;
}

LoneState alone(Value state, std::string_view name, std::optional<Value> query_language) {
    std::set<std::string_view> targets = targets_of(state);
    targets.erase(name);
    json::Writer writer;
    writer.begin_object().member("StartAt", name);
    if (query_language) writer.member_raw("QueryLanguage", query_language->raw());
    writer.key("States").begin_object().member_raw(name, state.raw());
    for (const std::string_view target : targets)
        writer.member_raw(target, R"({"Type":"Succeed"})");
    writer.end_object().end_object();
    return {writer.take(), std::string{name}};
}

// `machine` has States: the definition, a branch, or the processor of a Map. Its depth is that of a
// parsed document, so bounded.
std::optional<Value> find_state(Value machine, std::string_view name) {
    const auto states = machine.find("States");
    if (!states) return std::nullopt;
    if (const auto found = states->find(name)) return found;
    for (const json::Member& member : states->members()) {
        const Value state{&member.value};
        for (const std::string_view processor : {"ItemProcessor", "Iterator"}) {
            const auto inner = state.find(processor);
            if (!inner) continue;
            if (const auto found = find_state(*inner, name)) return found;
        }
        const auto branches = state.find("Branches");
        if (!branches) continue;
        for (const json::Node& branch : branches->elements()) {
            if (const auto found = find_state(Value{&branch}, name)) return found;
        }
    }
    return std::nullopt;
}

}  // namespace

LoneState lone_state(Value state) { return alone(state, "StateName", std::nullopt); }

std::optional<LoneState> lone_state(Value definition, std::string_view name) {
    const auto state = find_state(definition, name);
    if (!state) return std::nullopt;
    return alone(*state, name, definition.find("QueryLanguage"));
}

}  // namespace stepwell::asl
