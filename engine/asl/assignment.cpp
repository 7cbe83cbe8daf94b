#include "asl/assignment.hpp"

#include "json/writer.hpp"

namespace stepwell::asl {

void assign_variables(const Scope& scope, const Payload& fresh_object, StateOutput& output) {
    const json::Document fresh = json::Document::of(fresh_object);
    json::Writer variables;
    json::Writer assigned;
    variables.begin_object();
    assigned.begin_object();
    if (!scope.variables.is_absent()) {
        const json::Document old = json::Document::of(scope.variables);
        for (const json::Member& member : old.root().members()) {
            if (!fresh.root().find(member.key))
                variables.member_raw(member.key, json::Value{&member.value}.raw());
        }
    }
    for (const json::Member& member : fresh.root().members()) {
        std::string text;
        json::append_compact(text, json::Value{&member.value});
        variables.member_raw(member.key, text);
        assigned.member(member.key, text);
    }
    output.variables = Payload::trusted(variables.end_object().text());
    output.assigned_variables = Payload::trusted(assigned.end_object().text());
}

}  // namespace stepwell::asl
