#include "api/event_bridge.hpp"

#include <algorithm>
#include <cmath>

#include "api/sqs_sns_fields.hpp"
#include "base/base64.hpp"
#include "base/errors.hpp"
#include "base/try.hpp"
#include "event/errors.hpp"
#include "json/writer.hpp"

namespace stepwell::api {

namespace event_bridge {

namespace {

using event::Rule;
using event::Rules;
using event::Target;
namespace invalid = event::errors;

constexpr std::size_t entries_max = 10;
constexpr std::int64_t list_max = 100;

struct EventBridge {
    Rules& rules;
    Storage& storage;
    const Identity& identity;
};
using Handler = void (*)(EventBridge& bridge, Fields& fields, Respond respond);

Error missing(std::string_view name) {
    std::string lower(name);
    if (!lower.empty() && lower[0] >= 'A' && lower[0] <= 'Z')
        lower[0] = static_cast<char>(lower[0] + 32);
    return invalid::invalid("1 validation error detected: Value null at '" + lower +
                            "' failed to satisfy constraint: Member must not be null");
}

Operation operation(const std::shared_ptr<EventBridge>& bridge, Handler handler) {
    return [bridge, handler](const Call& call, Respond respond) {
        const auto document = parse_request(call.body);
        if (!document.has_value()) return respond(document.error());
        Fields fields(document->root(), missing);
        handler(*bridge, fields, std::move(respond));
    };
}

event::Completion<> answer_with(Respond respond, std::string body) {
    return [respond = std::move(respond), body = std::move(body)](const Result<>& done) mutable {
        if (!done.has_value()) return respond(done.error());
        respond(Reply{std::move(body)});
    };
}

// The bus of a control operation has to be the one that there is.
void check_bus(const EventBridge& bridge, Fields& fields) {
    const std::string_view bus = fields.text("EventBusName").value_or("");
    if (!bridge.rules.is_known_bus(bus)) fields.fail(invalid::no_such_bus(bus));
}

std::string failed_entries() { return R"({"FailedEntryCount":0,"FailedEntries":[]})"; }

// --- Rules

bool is_rule_name(std::string_view name) {
    constexpr std::size_t name_max = 64;
    return !name.empty() && name.size() <= name_max &&
           std::all_of(name.begin(), name.end(), [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '.' || c == '-' || c == '_';
           });
}

void put_rule(EventBridge& bridge, Fields& fields, Respond respond) {
    Rule rule;
    rule.name = fields.required_text("Name");
    rule.pattern_text = fields.text("EventPattern").value_or("");
    const bool is_scheduled = !fields.text("ScheduleExpression").value_or("").empty();
    const std::string_view state = fields.text("State").value_or("ENABLED");
    rule.is_enabled = state != "DISABLED";
    rule.description = fields.text("Description").value_or("");
    rule.role_arn = fields.text("RoleArn").value_or("");
    check_bus(bridge, fields);
    if (fields.error().has_value()) return respond(*fields.error());
    if (!is_rule_name(rule.name)) {
        return respond(invalid::invalid(
            "1 validation error detected: Value '" + rule.name +
            "' at 'name' failed to satisfy constraint: Member must satisfy regular expression "
            "pattern: [\\.\\-_A-Za-z0-9]+"));
    }
    if (is_scheduled) {
        return respond(Error{errors::not_implemented,
                             "Rules with a ScheduleExpression are not supported by this server."});
    }
    if (rule.pattern_text.empty()) {
        return respond(
            invalid::invalid("Parameter(s) EventPattern or ScheduleExpression must be specified."));
    }
    bridge.rules.put_rule(std::move(rule),
                          [respond = std::move(respond)](const Result<std::string>& arn) mutable {
                              if (!arn.has_value()) return respond(arn.error());
                              json::Writer writer;
                              writer.begin_object().member("RuleArn", *arn).end_object();
                              respond(Reply{writer.take()});
                          });
}

void write_rule(json::Writer& writer, const EventBridge& bridge, const Rule& rule) {
    writer.member("Name", rule.name).member("Arn", bridge.rules.arn_of(rule.name));
    writer.member("EventPattern", rule.pattern_text);
    writer.member("State", rule.is_enabled ? "ENABLED" : "DISABLED");
    if (!rule.description.empty()) writer.member("Description", rule.description);
    if (!rule.role_arn.empty()) writer.member("RoleArn", rule.role_arn);
    writer.member("EventBusName", "default");
}

void describe_rule(EventBridge& bridge, Fields& fields, Respond respond) {
    const std::string_view name = fields.required_text("Name");
    check_bus(bridge, fields);
    if (fields.error().has_value()) return respond(*fields.error());
    const Result<Rule> rule = bridge.rules.rule(name);
    if (!rule.has_value()) return respond(rule.error());
    json::Writer writer;
    writer.begin_object();
    write_rule(writer, bridge, *rule);
    writer.member("CreatedBy", bridge.identity.account).end_object();
    respond(Reply{writer.take()});
}

/// Where the page begins: after the name in the token.
std::string page_start(Fields& fields) {
    const auto token = fields.text("NextToken");
    if (!token.has_value()) return {};
    auto after = base64_decode(*token);
    if (!after.has_value()) fields.fail(invalid::invalid("NextToken is not valid."));
    return after.value_or("");
}

std::size_t page_size(Fields& fields) {
    const std::int64_t limit = fields.integer("Limit").value_or(list_max);
    if (limit < 1 || limit > list_max) {
        fields.fail(invalid::invalid("1 validation error detected: Value '" +
                                     std::to_string(limit) +
                                     "' at 'limit' failed to satisfy constraint: Member must have "
                                     "value less than or equal to 100"));
    }
    return static_cast<std::size_t>(std::clamp<std::int64_t>(limit, 1, list_max));
}

void list_rules(EventBridge& bridge, Fields& fields, Respond respond) {
    const std::string_view prefix = fields.text("NamePrefix").value_or("");
    const std::string after = page_start(fields);
    const std::size_t max = page_size(fields);
    check_bus(bridge, fields);
    if (fields.error().has_value()) return respond(*fields.error());
    std::vector<Rule> rules = bridge.rules.rules(prefix, after, max + 1);
    const bool has_more = rules.size() > max;
    if (has_more) rules.pop_back();
    json::Writer writer;
    writer.begin_object().key("Rules").begin_array();
    for (const Rule& rule : rules) {
        writer.begin_object();
        write_rule(writer, bridge, rule);
        writer.end_object();
    }
    writer.end_array();
    if (has_more) writer.member("NextToken", base64_encode(rules.back().name));
    writer.end_object();
    respond(Reply{writer.take()});
}

void delete_rule(EventBridge& bridge, Fields& fields, Respond respond) {
    const std::string_view name = fields.required_text("Name");
    check_bus(bridge, fields);
    if (fields.error().has_value()) return respond(*fields.error());
    bridge.rules.delete_rule(name, answer_with(std::move(respond), "{}"));
}

void set_enabled(EventBridge& bridge, Fields& fields, Respond respond, bool is_enabled) {
    const std::string_view name = fields.required_text("Name");
    check_bus(bridge, fields);
    if (fields.error().has_value()) return respond(*fields.error());
    bridge.rules.change_rule(
        name,
        [&](Rule& rule) -> Result<> {
            rule.is_enabled = is_enabled;
            return {};
        },
        answer_with(std::move(respond), "{}"));
}
void enable_rule(EventBridge& bridge, Fields& fields, Respond respond) {
    set_enabled(bridge, fields, std::move(respond), true);
}
void disable_rule(EventBridge& bridge, Fields& fields, Respond respond) {
    set_enabled(bridge, fields, std::move(respond), false);
}

// --- Targets

Result<> check_target(const EventBridge& bridge, const Target& target) {
    if (!target.arn.starts_with("arn:")) {
        return invalid::invalid("Parameter " + target.arn +
                                " is not valid. Reason: Provided Arn is not in correct format.");
    }
    if (!bridge.rules.knows_target(target.arn)) {
        return Error{errors::not_implemented,
                     "Targets like " + target.arn + " are not supported by this server."};
    }
    if (target.input.has_value() && target.input_path.has_value()) {
        return invalid::invalid(
            "Only one of Input, InputPath, or InputTransformer must be "
            "provided for target " +
            target.id + ".");
    }
    if (target.input.has_value() && json::find_syntax_error(*target.input).has_value())
        return invalid::invalid("JSON syntax error in Input for target " + target.id + ".");
    if (target.input_path.has_value() && !event::is_input_path(*target.input_path)) {
        return Error{errors::not_implemented,
                     "An InputPath is names with dots between in this server, as in $.detail.id."};
    }
    return {};
}

Result<Target> read_target(const EventBridge& bridge, json::Value value) {
    Fields fields(value, missing);
    Target target;
    target.id = fields.required_text("Id");
    target.arn = fields.required_text("Arn");
    target.role_arn = fields.text("RoleArn").value_or("");
    if (const auto input = fields.text("Input")) target.input = *input;
    if (const auto path = fields.text("InputPath")) target.input_path = *path;
    if (const auto sqs = fields.object("SqsParameters"))
        target.message_group_id = Fields(*sqs, missing).text("MessageGroupId").value_or("");
    if (fields.error().has_value()) return *fields.error();
    for (const std::string_view name : {"InputTransformer", "DeadLetterConfig", "RetryPolicy"}) {
        if (fields.value(name).has_value()) {
            return Error{errors::not_implemented,
                         "The target's " + std::string(name) + " is not supported by this server."};
        }
    }
    if (const auto checked = check_target(bridge, target); !checked.has_value())
        return checked.error();
    return target;
}

void put_targets(EventBridge& bridge, Fields& fields, Respond respond) {
    const std::string_view name = fields.required_text("Rule");
    if (!fields.value("Targets").has_value()) fields.fail(missing("Targets"));
    check_bus(bridge, fields);
    std::vector<Target> targets;
    for (const json::Value value : fields.array("Targets")) {
        Result<Target> target = read_target(bridge, value);
        if (!target.has_value()) fields.fail(target.error());
        if (target.has_value()) targets.push_back(*std::move(target));
    }
    if (fields.error().has_value()) return respond(*fields.error());
    bridge.rules.change_rule(
        name,
        [&](Rule& rule) -> Result<> {
            for (Target& target : targets) {
                const auto found =
                    std::find_if(rule.targets.begin(), rule.targets.end(),
                                 [&](const Target& each) { return each.id == target.id; });
                if (found != rule.targets.end()) {
                    *found = std::move(target);
                } else {
                    rule.targets.push_back(std::move(target));
                }
            }
            if (rule.targets.size() <= Rules::targets_max) return {};
            return Error{invalid::limit_exceeded,
                         "The requested resource exceeds the maximum number allowed."};
        },
        answer_with(std::move(respond), failed_entries()));
}

void remove_targets(EventBridge& bridge, Fields& fields, Respond respond) {
    const std::string_view name = fields.required_text("Rule");
    if (!fields.value("Ids").has_value()) fields.fail(missing("Ids"));
    const std::vector<std::string> ids = fields.texts("Ids");
    check_bus(bridge, fields);
    if (fields.error().has_value()) return respond(*fields.error());
    bridge.rules.change_rule(
        name,
        [&](Rule& rule) -> Result<> {
            std::erase_if(rule.targets, [&](const Target& target) {
                return std::find(ids.begin(), ids.end(), target.id) != ids.end();
            });
            return {};
        },
        answer_with(std::move(respond), failed_entries()));
}

void list_targets_by_rule(EventBridge& bridge, Fields& fields, Respond respond) {
    const std::string_view name = fields.required_text("Rule");
    check_bus(bridge, fields);
    if (fields.error().has_value()) return respond(*fields.error());
    const Result<Rule> rule = bridge.rules.rule(name);
    if (!rule.has_value()) return respond(rule.error());
    json::Writer writer;
    writer.begin_object().key("Targets").begin_array();
    for (const Target& target : rule->targets) {
        writer.begin_object().member("Id", target.id).member("Arn", target.arn);
        if (!target.role_arn.empty()) writer.member("RoleArn", target.role_arn);
        if (target.input.has_value()) writer.member("Input", *target.input);
        if (target.input_path.has_value()) writer.member("InputPath", *target.input_path);
        if (!target.message_group_id.empty()) {
            writer.key("SqsParameters").begin_object();
            writer.member("MessageGroupId", target.message_group_id).end_object();
        }
        writer.end_object();
    }
    writer.end_array().end_object();
    respond(Reply{writer.take()});
}

// --- Events

event::Entry read_entry(json::Value value, bool takes_any_detail, std::optional<Error>& problem) {
    constexpr double ms_per_s = 1000;
    Fields fields(value, missing);
    event::Entry entry;
    entry.source = fields.text("Source").value_or("");
    entry.detail_type = fields.text("DetailType").value_or("");
    const auto detail = fields.value("Detail");
    if (takes_any_detail && detail.has_value() && !detail->is_string()) {
        entry.detail = detail->raw();
    } else {
        entry.detail = fields.text("Detail").value_or("");
    }
    entry.resources = fields.texts("Resources");
    entry.bus = fields.text("EventBusName").value_or("");
    const auto time = fields.value("Time");
    if (time.has_value() && time->is_number()) {
        constexpr double seconds_max = 9e12;
        const double seconds = std::clamp(time->number(), -seconds_max, seconds_max);
        entry.time = TimePoint{milliseconds{std::llround(seconds * ms_per_s)}};
    }
    if (fields.error().has_value() && !problem.has_value()) problem = fields.error();
    return entry;
}

Result<PutEventsAnswer> put_entries(Effects& effects, Rules& rules, json::Value input,
                                    bool takes_any_detail) {
    Fields fields(input, missing);
    const auto given = fields.value("Entries");
    if (!given.has_value()) return missing("Entries");
    const std::vector<json::Value> values = fields.array("Entries");
    if (fields.error().has_value()) return *fields.error();
    if (values.empty() || values.size() > entries_max) {
        return invalid::invalid(
            "1 validation error detected: Value '" + std::string(given->raw()) +
            "' at 'entries' failed to satisfy constraint: Member must have "
            "length " +
            (values.empty() ? "greater than or equal to 1" : "less than or equal to 10"));
    }
    std::optional<Error> problem;
    std::vector<event::Entry> entries;
    for (const json::Value value : values)
        entries.push_back(read_entry(value, takes_any_detail, problem));
    if (problem.has_value()) return *problem;
    PutEventsAnswer answer;
    json::Writer results;
    results.begin_array();
    for (const event::PutEntry& result : rules.put_events(effects, entries)) {
        results.begin_object();
        if (result.error_code.empty()) {
            results.member("EventId", result.event_id);
        } else {
            ++answer.failed;
            results.member("ErrorCode", result.error_code);
            results.member("ErrorMessage", result.error_message);
        }
        results.end_object();
    }
    results.end_array();
    json::Writer writer;
    writer.begin_object().member_raw("Entries", results.text());
    writer.member_integer("FailedEntryCount", static_cast<std::int64_t>(answer.failed));
    answer.body = writer.end_object().take();
    return answer;
}

Operation put_events_operation(const std::shared_ptr<EventBridge>& bridge) {
    return [bridge](const Call& call, Respond respond) {
        const auto document = parse_request(call.body);
        if (!document.has_value()) return respond(document.error());
        Effects effects;
        Result<PutEventsAnswer> answer =
            put_entries(effects, bridge->rules, document->root(), false);
        if (!answer.has_value()) return respond(answer.error());
        effects.when_durable(
            [respond = std::move(respond), body = std::move(answer->body)]() mutable {
                respond(Reply{std::move(body)});
            });
        bridge->storage.commit(std::move(effects));
    };
}

void test_event_pattern(EventBridge&, Fields& fields, Respond respond) {
    const std::string_view pattern_text = fields.required_text("EventPattern");
    const std::string_view event_text = fields.required_text("Event");
    if (fields.error().has_value()) return respond(*fields.error());
    const Result<event::Pattern> pattern = event::Pattern::parse(pattern_text);
    if (!pattern.has_value()) return respond(pattern.error());
    const auto document = json::Document::parse(event_text);
    if (!document.has_value() || !document->root().is_object()) {
        return respond(
            invalid::invalid("Parameter Event is not valid. Reason: Event is not a "
                             "valid JSON object."));
    }
    respond(
        Reply{pattern->matches(document->root()) ? R"({"Result":true})" : R"({"Result":false})"});
}

}  // namespace

}  // namespace event_bridge

Result<PutEventsAnswer> put_events(Effects& effects, event::Rules& rules, json::Value input) {
    return event_bridge::put_entries(effects, rules, input, true);
}

void register_event_bridge(OperationTable& table, event::Rules& rules, Storage& storage,
                           const Identity& identity) {
    using namespace event_bridge;
    const auto bridge = std::make_shared<EventBridge>(EventBridge{rules, storage, identity});
    const std::pair<std::string_view, Handler> handlers[] = {
        {"PutRule", put_rule},
        {"DescribeRule", describe_rule},
        {"ListRules", list_rules},
        {"DeleteRule", delete_rule},
        {"EnableRule", enable_rule},
        {"DisableRule", disable_rule},
        {"PutTargets", put_targets},
        {"RemoveTargets", remove_targets},
        {"ListTargetsByRule", list_targets_by_rule},
        {"TestEventPattern", test_event_pattern},
    };
    for (const auto& [name, handler] : handlers)
        table.add("events", name, operation(bridge, handler));
    table.add("events", "PutEvents", put_events_operation(bridge));
}

}  // namespace stepwell::api
