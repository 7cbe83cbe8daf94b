// StateMachines: published versions, and aliases that route to them.
// source  AWS Step Functions API Reference, PublishStateMachineVersion, CreateStateMachineAlias
#include <algorithm>

#include "base/errors.hpp"
#include "base/try.hpp"
#include "flow/errors.hpp"
#include "flow/names.hpp"
#include "flow/page_token.hpp"
#include "flow/state_machine_records.hpp"
#include "flow/state_machines.hpp"

namespace stepwell::flow {

namespace {

constexpr std::string_view versions_listing = "ListStateMachineVersions";
constexpr std::string_view aliases_listing = "ListStateMachineAliases";
constexpr std::size_t versions_max = 1'000;  // of one machine; source  Developer Guide, "Quotas"
constexpr std::size_t aliases_max = 100;

Error validation(std::string message) {
    return Error(stepwell::errors::validation, std::move(message));
}
Error unknown_reference() {
    return Error(errors::resource_not_found, "Request references a resource that does not exist.");
}

/// "[a, b]", as AWS's messages show lists.
template <class Text>
std::string listed(const std::vector<AliasRoute>& routes, Text text) {
    std::string list = "[";
    for (const AliasRoute& route : routes) {
        if (list.size() > 1) list += ", ";
        list += text(route);
    }
    return list + "]";
}

bool names_a_version(std::string_view arn) {
    const auto parsed = parse_arn(arn, ArnKind::state_machine);
    if (!parsed || parsed->qualifier.empty()) return false;
    return parsed->qualifier.find_first_not_of("0123456789") == std::string_view::npos;
}

Result<> check_routes(const std::vector<AliasRoute>& routes) {
    const auto arn = [](const AliasRoute& route) { return route.version_arn; };
    const auto is_version = [](const AliasRoute& route) {
        return names_a_version(route.version_arn);
    };
    if (!std::all_of(routes.begin(), routes.end(), is_version)) {
        return validation(
            "Routing configuration must contain state machine version ARNs. Received: " +
            listed(routes, arn));
    }
    std::uint32_t sum = 0;
    for (const AliasRoute& route : routes) sum += route.weight;
    if (routes.size() == 2 && routes[0].version_arn == routes[1].version_arn) {
        return validation(
            "Routing configuration must contain distinct state machine version ARNs. Received: " +
            listed(routes, arn));
    }
    if (sum != 100) {
        return validation(
            "Sum of routing configuration weights must equal 100. Received: " +
            listed(routes, [](const AliasRoute& route) { return std::to_string(route.weight); }));
    }
    return {};
}

}  // namespace

Result<StateMachineVersion> StateMachines::publish_current(Machine& machine,
                                                           std::string description) {
    const std::uint32_t revision = machine.current()->revision;
    for (const auto& [number, version] : machine.versions) {
        if (version.revision == revision) return version;
    }
    if (machine.versions.size() >= versions_max) {
        return Error(errors::service_quota_exceeded,
                     "You have reached the maximum number of versions");
    }
    const std::uint32_t number = ++machine.last_version;
    return machine.versions
        .emplace(number,
                 StateMachineVersion{number, revision, std::move(description), clock_.now()})
        .first->second;
}

void StateMachines::publish_version(PublishVersionInput input, Completion<ListedVersion> done) {
    change<ListedVersion>(std::move(done), [&](Effects& effects) -> Result<ListedVersion> {
        SW_TRY(const MachinePtr machine, machine_to_change(input.state_machine_arn));
        const std::string& current = machine->current()->revision_id;
        if (input.revision_id.has_value() &&
            *input.revision_id != (current.empty() ? "INITIAL" : current)) {
            return Error(errors::conflict,
                         "Failed to publish the State Machine version for revision " +
                             *input.revision_id + ". The current State Machine revision is " +
                             (current.empty() ? "INITIAL" : current) + ".");
        }
        SW_TRY(const StateMachineVersion version,
               publish_current(*machine, std::move(input.description)));
        store(effects, *machine);
        return ListedVersion{machine->version_arn(version.number), version.created};
    });
}

void StateMachines::delete_version(std::string_view version_arn, Completion<> done) {
    change<void>(std::move(done), [&](Effects& effects) -> Result<> {
        SW_TRY(const StatesArn parsed, parse_arn(version_arn, ArnKind::state_machine));
        if (!names_a_version(version_arn)) {
            return validation("State machine version ARN expected: '" + std::string(version_arn) +
                              "'");
        }
        const MachinePtr machine = find_machine(parsed.unqualified);
        if (machine == nullptr) return {};
        std::string users;
        for (const auto& [name, alias] : machine->aliases) {
            for (const AliasRoute& route : alias.routes) {
                if (route.version_arn == version_arn)
                    users.append(users.empty() ? "" : ", ").append(name);
            }
        }
        if (!users.empty()) {
            return Error(
                errors::conflict,
                "Version to be deleted must not be referenced by an alias. Current list of aliases "
                "referencing this version: [" +
                    users + "]");
        }
        std::erase_if(machine->versions, [&](const auto& entry) {
            return machine->version_arn(entry.first) == version_arn;
        });
        store(effects, *machine);
        return {};
    });
}

Result<Page<ListedVersion>> StateMachines::list_versions(std::string_view arn,
                                                         const PageRequest& request) const {
    SW_TRY(const StatesArn parsed, parse_arn(arn, ArnKind::state_machine));
    SW_TRY(const std::string last, read_page_token(versions_listing, request.next_token));
    Page<ListedVersion> page;
    const std::shared_lock lock(mutex_);
    const MachinePtr machine = parsed.qualifier.empty() ? find_machine(arn) : nullptr;
    if (machine == nullptr) return page;
    for (auto at = machine->versions.rbegin(); at != machine->versions.rend(); ++at) {
        if (!last.empty() && at->first >= std::strtoull(last.c_str(), nullptr, 10)) continue;
        if (page.items.size() == request.max_results) {
            page.next_token =
                make_page_token(versions_listing, std::to_string(std::prev(at)->first));
            break;
        }
        page.items.push_back({machine->version_arn(at->first), at->second.created});
    }
    return page;
}

Result<StateMachines::MachinePtr> StateMachines::machine_of_routes(
    const std::vector<AliasRoute>& routes) const {
    if (const auto checked = check_routes(routes); !checked) return checked.error();
    MachinePtr machine;
    for (const AliasRoute& route : routes) {
        SW_TRY(const StatesArn parsed, parse_arn(route.version_arn, ArnKind::state_machine));
        const MachinePtr owner = find_machine(parsed.unqualified);
        if (owner == nullptr || !this->route(*owner, parsed.qualifier).has_value())
            return unknown_reference();
        if (machine != nullptr && owner != machine) {
            return validation("Routing configuration must contain versions of one state machine.");
        }
        machine = owner;
    }
    if (machine->status == StateMachineStatus::deleting) {
        return Error(errors::state_machine_deleting,
                     "State Machine is being deleted: '" + machine->arn + "'");
    }
    return machine;
}

void StateMachines::create_alias(CreateAliasInput input, Completion<StateMachineAlias> done) {
    change<StateMachineAlias>(std::move(done), [&](Effects& effects) -> Result<StateMachineAlias> {
        SW_TRY(const MachinePtr machine, machine_of_routes(input.routes));
        if (const auto found = machine->aliases.find(input.name); found != machine->aliases.end()) {
            if (found->second.routes == input.routes &&
                found->second.description == input.description) {
                return found->second;
            }
            return Error(
                errors::conflict,
                "Failed to create alias because an alias with the same name and a different "
                "routing configuration already exists.");
        }
        if (machine->aliases.size() >= aliases_max) {
            return Error(errors::service_quota_exceeded,
                         "You have reached the maximum number of aliases");
        }
        StateMachineAlias alias;
        alias.arn = machine->arn + ":" + input.name;
        alias.name = std::move(input.name);
        alias.description = std::move(input.description);
        alias.routes = std::move(input.routes);
        alias.created = alias.updated = clock_.now();
        machine->aliases.emplace(alias.name, alias);
        store(effects, *machine);
        return alias;
    });
}

void StateMachines::update_alias(UpdateAliasInput input, Completion<StateMachineAlias> done) {
    change<StateMachineAlias>(std::move(done), [&](Effects& effects) -> Result<StateMachineAlias> {
        SW_TRY(const StatesArn parsed, parse_arn(input.alias_arn, ArnKind::state_machine));
        const MachinePtr machine = find_machine(parsed.unqualified);
        if (machine == nullptr) return unknown_reference();
        const auto alias = machine->aliases.find(parsed.qualifier);
        if (alias == machine->aliases.end()) return unknown_reference();
        if (input.routes.has_value()) {
            SW_TRY(const MachinePtr target, machine_of_routes(*input.routes));
            if (target != machine) {
                return validation(
                    "Routing configuration must contain versions of one state machine.");
            }
            alias->second.routes = *std::move(input.routes);
        }
        if (input.description.has_value())
            alias->second.description = *std::move(input.description);
        alias->second.updated = clock_.now();
        store(effects, *machine);
        return alias->second;
    });
}

void StateMachines::delete_alias(std::string_view alias_arn, Completion<> done) {
    change<void>(std::move(done), [&](Effects& effects) -> Result<> {
        SW_TRY(const StatesArn parsed, parse_arn(alias_arn, ArnKind::state_machine));
        const MachinePtr machine = find_machine(parsed.unqualified);
        if (machine == nullptr) return {};
        const auto alias = machine->aliases.find(parsed.qualifier);
        if (alias == machine->aliases.end()) return {};
        machine->aliases.erase(alias);
        store(effects, *machine);
        return {};
    });
}

Result<StateMachineAlias> StateMachines::describe_alias(std::string_view alias_arn) const {
    SW_TRY(const StatesArn parsed, parse_arn(alias_arn, ArnKind::state_machine));
    const std::shared_lock lock(mutex_);
    const MachinePtr machine = find_machine(parsed.unqualified);
    if (machine == nullptr) return unknown_reference();
    const auto alias = machine->aliases.find(parsed.qualifier);
    if (alias == machine->aliases.end()) return unknown_reference();
    return alias->second;
}

Result<Page<StateMachineAlias>> StateMachines::list_aliases(std::string_view arn,
                                                            const PageRequest& request) const {
    SW_TRY(const StatesArn parsed, parse_arn(arn, ArnKind::state_machine));
    SW_TRY(const std::string after, read_page_token(aliases_listing, request.next_token));
    Page<StateMachineAlias> page;
    const std::shared_lock lock(mutex_);
    const MachinePtr machine = find_machine(parsed.unqualified);
    if (machine == nullptr) {
        return Error(errors::state_machine_does_not_exist,
                     "State Machine Does Not Exist: '" + std::string(arn) + "'");
    }
    const auto routes_to = [&](const StateMachineAlias& alias) {
        return parsed.qualifier.empty() ||
               std::any_of(alias.routes.begin(), alias.routes.end(),
                           [&](const AliasRoute& route) { return route.version_arn == arn; });
    };
    for (auto at = machine->aliases.upper_bound(after); at != machine->aliases.end(); ++at) {
        if (!routes_to(at->second)) continue;
        if (page.items.size() == request.max_results) {
            page.next_token = make_page_token(aliases_listing, page.items.back().name);
            break;
        }
        page.items.push_back(at->second);
    }
    return page;
}

}  // namespace stepwell::flow
