// Versions and aliases of state machines.
#include "api/step_functions_operations.hpp"
#include "flow/state_machines.hpp"

namespace stepwell::api::step_functions {

namespace {

constexpr std::size_t routes_max = 2;

/// "[RoutingConfigurationListItem(stateMachineVersionArn=..., weight=...), ...]", as AWS's messages
/// show the list.
std::string shown_routes(const std::vector<flow::AliasRoute>& routes) {
    std::string text = "[";
    for (const flow::AliasRoute& route : routes) {
        if (text.size() > 1) text += ", ";
        text.append("RoutingConfigurationListItem(stateMachineVersionArn=")
            .append(route.version_arn);
        text.append(", weight=").append(std::to_string(route.weight)).append(")");
    }
    return text + "]";
}

std::vector<flow::AliasRoute> read_routes(const Parameters& parameters, bool is_required) {
    std::vector<flow::AliasRoute> routes;
    for (const Parameters& given : parameters.structures("routingConfiguration", is_required)) {
        flow::AliasRoute route;
        route.version_arn = given.text("stateMachineVersionArn", arn_limits);
        route.weight = static_cast<std::uint32_t>(given.integer("weight", {.min = 0, .max = 100}));
        routes.push_back(std::move(route));
    }
    if (parameters.has("routingConfiguration") && routes.empty()) {
        parameters.complain("routingConfiguration", "[]",
                            "Member must have length greater than or equal to 1");
    }
    if (routes.size() > routes_max) {
        parameters.complain("routingConfiguration", shown_routes(routes),
                            "Member must have length less than or equal to 2");
    }
    return routes;
}

void write_version(json::Writer& out, const flow::ListedVersion& version) {
    out.member("stateMachineVersionArn", version.arn);
    write_date(out, "creationDate", version.creation_date);
}

}  // namespace

void publish_state_machine_version(const Parts& parts, Call call, Respond respond) {
    const auto parameters = Parameters::parse(call.body);
    if (!parameters) return respond(parameters.error());
    flow::PublishVersionInput input;
    input.state_machine_arn = parameters->text("stateMachineArn", arn_limits);
    input.revision_id = parameters->optional_text("revisionId", {});
    input.description = parameters->optional_text("description", description_limits).value_or("");
    if (auto checked = parameters->check(); !checked) return respond(checked.error());
    parts.machines.publish_version(
        std::move(input), answer_later<flow::ListedVersion>(std::move(respond), write_version));
}

void delete_state_machine_version(const Parts& parts, Call call, Respond respond) {
    const auto parameters = Parameters::parse(call.body);
    if (!parameters) return respond(parameters.error());
    const std::string arn = parameters->text("stateMachineVersionArn", long_arn_limits);
    if (auto checked = parameters->check(); !checked) return respond(checked.error());
    parts.machines.delete_version(arn, answer_nothing_later(std::move(respond)));
}

void list_state_machine_versions(const Parts& parts, Call call, Respond respond) {
    const auto parameters = Parameters::parse(call.body);
    if (!parameters) return respond(parameters.error());
    const std::string arn = parameters->text("stateMachineArn", arn_limits);
    const flow::PageRequest request = read_page_request(*parameters);
    if (auto checked = parameters->check(); !checked) return respond(checked.error());
    answer_result(respond, parts.machines.list_versions(arn, request),
                  [](json::Writer& out, const flow::Page<flow::ListedVersion>& page) {
                      out.key("stateMachineVersions").begin_array();
                      for (const flow::ListedVersion& version : page.items) {
                          out.begin_object();
                          write_version(out, version);
                          out.end_object();
                      }
                      out.end_array();
                      write_next_token(out, page.next_token);
                  });
}

void create_state_machine_alias(const Parts& parts, Call call, Respond respond) {
    const auto parameters = Parameters::parse(call.body);
    if (!parameters) return respond(parameters.error());
    flow::CreateAliasInput input;
    input.name = parameters->text("name", alias_name_limits);
    input.description = parameters->optional_text("description", description_limits).value_or("");
    input.routes = read_routes(*parameters, true);
    if (auto checked = parameters->check(); !checked) return respond(checked.error());
    parts.machines.create_alias(
        std::move(input),
        answer_later<flow::StateMachineAlias>(
            std::move(respond), [](json::Writer& out, const flow::StateMachineAlias& alias) {
                out.member("stateMachineAliasArn", alias.arn);
                write_date(out, "creationDate", alias.created);
            }));
}

void update_state_machine_alias(const Parts& parts, Call call, Respond respond) {
    const auto parameters = Parameters::parse(call.body);
    if (!parameters) return respond(parameters.error());
    flow::UpdateAliasInput input;
    input.alias_arn = parameters->text("stateMachineAliasArn", arn_limits);
    input.description = parameters->optional_text("description", description_limits);
    if (parameters->has("routingConfiguration")) input.routes = read_routes(*parameters, false);
    if (auto checked = parameters->check(); !checked) return respond(checked.error());
    parts.machines.update_alias(
        std::move(input),
        answer_later<flow::StateMachineAlias>(
            std::move(respond), [](json::Writer& out, const flow::StateMachineAlias& alias) {
                write_date(out, "updateDate", alias.updated);
            }));
}

void describe_state_machine_alias(const Parts& parts, Call call, Respond respond) {
    const auto parameters = Parameters::parse(call.body);
    if (!parameters) return respond(parameters.error());
    const std::string arn = parameters->text("stateMachineAliasArn", arn_limits);
    if (auto checked = parameters->check(); !checked) return respond(checked.error());
    answer_result(respond, parts.machines.describe_alias(arn),
                  [](json::Writer& out, const flow::StateMachineAlias& alias) {
                      out.member("stateMachineAliasArn", alias.arn).member("name", alias.name);
                      if (!alias.description.empty()) out.member("description", alias.description);
                      out.key("routingConfiguration").begin_array();
                      for (const flow::AliasRoute& route : alias.routes) {
                          out.begin_object().member("stateMachineVersionArn", route.version_arn);
                          out.member_integer("weight", route.weight).end_object();
                      }
                      out.end_array();
                      write_date(out, "creationDate", alias.created);
                      write_date(out, "updateDate", alias.updated);
                  });
}

void delete_state_machine_alias(const Parts& parts, Call call, Respond respond) {
    const auto parameters = Parameters::parse(call.body);
    if (!parameters) return respond(parameters.error());
    const std::string arn = parameters->text("stateMachineAliasArn", arn_limits);
    if (auto checked = parameters->check(); !checked) return respond(checked.error());
    parts.machines.delete_alias(arn, answer_nothing_later(std::move(respond)));
}

void list_state_machine_aliases(const Parts& parts, Call call, Respond respond) {
    const auto parameters = Parameters::parse(call.body);
    if (!parameters) return respond(parameters.error());
    const std::string arn = parameters->text("stateMachineArn", arn_limits);
    const flow::PageRequest request = read_page_request(*parameters);
    if (auto checked = parameters->check(); !checked) return respond(checked.error());
    answer_result(respond, parts.machines.list_aliases(arn, request),
                  [](json::Writer& out, const flow::Page<flow::StateMachineAlias>& page) {
                      out.key("stateMachineAliases").begin_array();
                      for (const flow::StateMachineAlias& alias : page.items) {
                          out.begin_object().member("stateMachineAliasArn", alias.arn);
                          write_date(out, "creationDate", alias.created);
                          out.end_object();
                      }
                      out.end_array();
                      write_next_token(out, page.next_token);
                  });
}

}  // namespace stepwell::api::step_functions
