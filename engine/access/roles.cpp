#include "access/roles.hpp"

#include <algorithm>
#include <utility>

#include "access/errors.hpp"
#include "access/identifier.hpp"
#include "access/limits.hpp"
#include "access/policy_document.hpp"
#include "base/try.hpp"

namespace stepwell::access {

namespace {

constexpr std::string_view role_prefix = "role/";
constexpr std::string_view policy_prefix = "policy/";

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string key_of(std::string_view prefix, std::string_view name) {
    return std::string(prefix).append(name);
}

Error no_such(std::string message) { return {errors::no_such_entity, std::move(message)}; }
Error over_quota(const std::string& name, std::size_t limit) {
    return {errors::limit_exceeded,
            "Cannot exceed quota for " + name + ": " + std::to_string(limit)};
}
Error no_such_role(std::string_view name) {
    return no_such("The role with name " + std::string(name) + " cannot be found.");
}
Error no_such_role_policy(std::string_view name) {
    return no_such("The role policy with name " + std::string(name) + " cannot be found.");
}

/// The page of `all`, a map by name, of those items that `wanted` gives something for.
template <class T, class Map, class Wanted>
Listing<T> list_page(const Map& all, const Page& page, Wanted wanted) {
    Listing<T> listing;
    std::string_view last;
    for (auto at = page.after.empty() ? all.begin() : all.upper_bound(page.after); at != all.end();
         ++at) {
        std::optional<T> item = wanted(at->second);
        if (!item) continue;
        if (listing.items.size() == page.count) {
            listing.marker = last;
            break;
        }
        listing.items.push_back(*std::move(item));
        last = at->first;
    }
    return listing;
}

void set_tag(std::vector<Tag>& tags, Tag tag) {
    const auto found =
        std::find_if(tags.begin(), tags.end(), [&](const Tag& one) { return one.key == tag.key; });
    if (found == tags.end()) {
        tags.push_back(std::move(tag));
    } else {
        found->value = std::move(tag.value);
    }
}

}  // namespace

bool Roles::ByName::operator()(std::string_view a, std::string_view b) const noexcept {
    return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(),
                                        [](char x, char y) { return lower(x) < lower(y); });
}

Roles::Roles(Storage& storage, const Identity& identity, const Clock& clock)
    : storage_(storage), identity_(identity), clock_(clock) {}

Result<std::unique_ptr<Roles>> Roles::open(Storage& storage, const Identity& identity,
                                           const Clock& clock) {
    std::unique_ptr<Roles> roles(new Roles(storage, identity, clock));
    if (const Result<> recovered = roles->recover(); recovered.has_error())
        return recovered.error();
    return roles;
}

Result<> Roles::recover() {
    std::optional<Error> failure;
    const auto read_all = [&](std::string_view prefix, auto& into, auto decode) {
        storage_.scan(Table::control, {.prefix = prefix},
                      [&](std::string_view, std::string_view value) {
                          auto decoded = decode(value);
                          if (decoded.has_error()) {
                              failure = decoded.error();
                              return false;
                          }
                          std::string name = decoded->name;
                          into.insert_or_assign(std::move(name), *std::move(decoded));
                          return true;
                      });
    };
    read_all(role_prefix, roles_, decode_role);
    if (!failure) read_all(policy_prefix, policies_, decode_managed_policy);
    if (failure) return *failure;
    return {};
}

std::string Roles::arn_of(const Role& role) const {
    return "arn:aws:iam::" + identity_.account + ":role" + role.path + role.name;
}
std::string Roles::arn_of(const ManagedPolicy& policy) const {
    return "arn:aws:iam::" + identity_.account + ":policy" + policy.path + policy.name;
}

// ---- helpers, called with mutex_ held ----------------------------------------------------------

Result<const Role*> Roles::find_role(std::string_view name) const {
    const auto found = roles_.find(name);
    if (found == roles_.end() || found->second.name != name) return no_such_role(name);
    return &found->second;
}

Result<const ManagedPolicy*> Roles::find_policy(std::string_view arn) const {
    const auto found = policies_.find(arn.substr(arn.rfind('/') + 1));
    if (found == policies_.end() || arn_of(found->second) != arn) {
        return no_such("Policy " + std::string(arn) + " was not found.");
    }
    return &found->second;
}

std::size_t Roles::attachments_of(std::string_view policy_arn) const {
    return static_cast<std::size_t>(
        std::count_if(roles_.begin(), roles_.end(), [&](const auto& entry) {
            const auto& attached = entry.second.attached_policies;
            return std::find(attached.begin(), attached.end(), policy_arn) != attached.end();
        }));
}

ManagedPolicyView Roles::view_of(const ManagedPolicy& policy) const {
    std::string arn = arn_of(policy);
    const std::size_t attachments = attachments_of(arn);
    return {policy, std::move(arn), attachments};
}

template <class T, class Body>
void Roles::change(Reply<T> reply, Body body) {
    std::unique_lock lock(mutex_);
    Effects effects;
    Result<T> result = body(effects);
    commit_then_reply<T>(std::move(lock), storage_, last_commit_, std::move(effects),
                         std::move(reply), std::move(result));
}

template <class T, class Body>
void Roles::read(Reply<T> reply, Body body) const {
    std::unique_lock lock(mutex_);
    Result<T> result = body();
    commit_then_reply<T>(std::move(lock), storage_, last_commit_, Effects{}, std::move(reply),
                         std::move(result));
}

template <class T, class Body>
void Roles::change_role(const std::string& name, Reply<T> reply, Body body) {
    change<T>(std::move(reply), [&](Effects& effects) -> Result<T> {
        SW_TRY(const Role* const role, find_role(name));
        Role changed = *role;
        Result<T> result = body(changed);
        if (result.has_error()) return result;
        effects.put(Table::control, key_of(role_prefix, name), encode(changed));
        roles_.find(name)->second = std::move(changed);
        return result;
    });
}

// ---- roles -------------------------------------------------------------------------------------

void Roles::create_role(Role role, Reply<Role> reply) {
    change<Role>(std::move(reply), [&](Effects& effects) -> Result<Role> {
        if (roles_.contains(role.name)) {
            return Error(errors::entity_already_exists,
                         "Role with name " + role.name + " already exists.");
        }
        if (const Result<> checked = check_trust_policy(role.trust_policy); checked.has_error()) {
            return checked.error();
        }
        if (policy_length(role.trust_policy) > trust_policy_length_max) {
            return over_quota("ACLSizePerRole", trust_policy_length_max);
        }
        if (roles_.size() >= roles_per_account_max)
            return over_quota("RolesPerAccount", roles_per_account_max);
        role.id = make_identifier("AROA");
        role.created = clock_.now();
        effects.put(Table::control, key_of(role_prefix, role.name), encode(role));
        std::string name = role.name;
        return roles_.emplace(std::move(name), std::move(role)).first->second;
    });
}

void Roles::get_role(std::string name, Reply<Role> reply) const {
    read<Role>(std::move(reply), [&]() -> Result<Role> {
        SW_TRY(const Role* const role, find_role(name));
        return *role;
    });
}

void Roles::update_role(std::string name, RoleChange change, Reply<Role> reply) {
    change_role<Role>(name, std::move(reply), [&](Role& role) -> Result<Role> {
        if (change.description) role.description = *std::move(change.description);
        if (change.session_seconds_max) role.session_seconds_max = *change.session_seconds_max;
        return role;
    });
}

void Roles::update_trust_policy(std::string name, std::string document, Reply<> reply) {
    change_role<void>(name, std::move(reply), [&](Role& role) -> Result<> {
        if (const Result<> checked = check_trust_policy(document); checked.has_error())
            return checked.error();
        if (policy_length(document) > trust_policy_length_max) {
            return over_quota("ACLSizePerRole", trust_policy_length_max);
        }
        role.trust_policy = std::move(document);
        return {};
    });
}

void Roles::delete_role(std::string name, Reply<> reply) {
    change<void>(std::move(reply), [&](Effects& effects) -> Result<> {
        SW_TRY(const Role* const role, find_role(name));
        if (!role->attached_policies.empty()) {
            return Error(errors::delete_conflict,
                         "Cannot delete entity, must detach all policies first.");
        }
        if (!role->inline_policies.empty()) {
            return Error(errors::delete_conflict,
                         "Cannot delete entity, must delete policies first.");
        }
        effects.erase(Table::control, key_of(role_prefix, name));
        roles_.erase(roles_.find(name));
        return {};
    });
}

void Roles::list_roles(std::string path_prefix, Page page, Reply<Listing<Role>> reply) const {
    read<Listing<Role>>(std::move(reply), [&]() -> Result<Listing<Role>> {
        return list_page<Role>(roles_, page, [&](const Role& role) {
            return role.path.starts_with(path_prefix) ? std::optional(role) : std::nullopt;
        });
    });
}

// ---- policies of roles -------------------------------------------------------------------------

void Roles::put_role_policy(std::string role, std::string name, std::string document,
                            Reply<> reply) {
    change_role<void>(role, std::move(reply), [&](Role& changed) -> Result<> {
        if (const Result<> checked = check_identity_policy(document); checked.has_error())
            return checked.error();
        changed.inline_policies.insert_or_assign(std::move(name), std::move(document));
        std::size_t length = 0;
        for (const auto& [key, text] : changed.inline_policies) length += policy_length(text);
        if (length > inline_policies_length_max) {
            return Error(errors::limit_exceeded, "Maximum policy size of " +
                                                     std::to_string(inline_policies_length_max) +
                                                     " bytes exceeded for role " + role);
        }
        return {};
    });
}

void Roles::get_role_policy(std::string role, std::string name, Reply<std::string> reply) const {
    read<std::string>(std::move(reply), [&]() -> Result<std::string> {
        SW_TRY(const Role* const found, find_role(role));
        const auto policy = found->inline_policies.find(name);
        if (policy == found->inline_policies.end()) return no_such_role_policy(name);
        return policy->second;
    });
}

void Roles::delete_role_policy(std::string role, std::string name, Reply<> reply) {
    change_role<void>(role, std::move(reply), [&](Role& changed) -> Result<> {
        if (changed.inline_policies.erase(name) == 0) return no_such_role_policy(name);
        return {};
    });
}

void Roles::attach_role_policy(std::string role, std::string policy_arn, Reply<> reply) {
    change_role<void>(role, std::move(reply), [&](Role& changed) -> Result<> {
        if (!is_aws_managed(policy_arn) && find_policy(policy_arn).has_error()) {
            return no_such("Policy " + policy_arn + " does not exist or is not attachable.");
        }
        auto& attached = changed.attached_policies;
        if (std::find(attached.begin(), attached.end(), policy_arn) != attached.end()) return {};
        if (attached.size() >= policies_per_role_max)
            return over_quota("PoliciesPerRole", policies_per_role_max);
        attached.push_back(std::move(policy_arn));
        return {};
    });
}

void Roles::detach_role_policy(std::string role, std::string policy_arn, Reply<> reply) {
    change_role<void>(role, std::move(reply), [&](Role& changed) -> Result<> {
        if (std::erase(changed.attached_policies, policy_arn) == 0) {
            return no_such("Policy " + policy_arn + " was not found.");
        }
        return {};
    });
}

// ---- tags --------------------------------------------------------------------------------------

void Roles::tag_role(std::string role, std::vector<Tag> tags, Reply<> reply) {
    change_role<void>(role, std::move(reply), [&](Role& changed) -> Result<> {
        for (Tag& tag : tags) set_tag(changed.tags, std::move(tag));
        if (changed.tags.size() > tags_per_entity_max)
            return over_quota("TagsPerRole", tags_per_entity_max);
        return {};
    });
}

void Roles::untag_role(std::string role, std::vector<std::string> keys, Reply<> reply) {
    change_role<void>(role, std::move(reply), [&](Role& changed) -> Result<> {
        for (const std::string& key : keys) {
            std::erase_if(changed.tags, [&](const Tag& tag) { return tag.key == key; });
        }
        return {};
    });
}

// ---- managed policies --------------------------------------------------------------------------

void Roles::create_policy(ManagedPolicy policy, Reply<ManagedPolicyView> reply) {
    change<ManagedPolicyView>(std::move(reply), [&](Effects& effects) -> Result<ManagedPolicyView> {
        if (policies_.contains(policy.name)) {
            return Error(errors::entity_already_exists,
                         "A policy called " + policy.name +
                             " already exists. Duplicate names are not allowed.");
        }
        if (const Result<> checked = check_identity_policy(policy.document); checked.has_error()) {
            return checked.error();
        }
        if (policy_length(policy.document) > managed_policy_length_max) {
            return over_quota("PolicySize", managed_policy_length_max);
        }
        if (policies_.size() >= policies_per_account_max) {
            return over_quota("PoliciesPerAccount", policies_per_account_max);
        }
        policy.id = make_identifier("ANPA");
        policy.created = clock_.now();
        effects.put(Table::control, key_of(policy_prefix, policy.name), encode(policy));
        std::string name = policy.name;
        return view_of(policies_.emplace(std::move(name), std::move(policy)).first->second);
    });
}

void Roles::get_policy(std::string arn, Reply<ManagedPolicyView> reply) const {
    read<ManagedPolicyView>(std::move(reply), [&]() -> Result<ManagedPolicyView> {
        SW_TRY(const ManagedPolicy* const policy, find_policy(arn));
        return view_of(*policy);
    });
}

void Roles::delete_policy(std::string arn, Reply<> reply) {
    change<void>(std::move(reply), [&](Effects& effects) -> Result<> {
        SW_TRY(const ManagedPolicy* const policy, find_policy(arn));
        if (attachments_of(arn) > 0) {
            return Error(errors::delete_conflict, "Cannot delete a policy attached to entities.");
        }
        effects.erase(Table::control, key_of(policy_prefix, policy->name));
        policies_.erase(policies_.find(policy->name));
        return {};
    });
}

void Roles::list_policies(PolicyFilter filter, Page page,
                          Reply<Listing<ManagedPolicyView>> reply) const {
    read<Listing<ManagedPolicyView>>(std::move(reply), [&]() -> Result<Listing<ManagedPolicyView>> {
        return list_page<ManagedPolicyView>(
            policies_, page, [&](const ManagedPolicy& policy) -> std::optional<ManagedPolicyView> {
                if (!policy.path.starts_with(filter.path_prefix)) return std::nullopt;
                ManagedPolicyView view = view_of(policy);
                if (filter.only_attached && view.attachments == 0) return std::nullopt;
                return view;
            });
    });
}

}  // namespace stepwell::access
