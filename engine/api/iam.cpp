#include "api/iam.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "access/errors.hpp"
#include "api/iam_input.hpp"
#include "json/writer.hpp"

namespace stepwell::api {

namespace {

using access::Listing;
using access::ManagedPolicy;
using access::ManagedPolicyView;
using access::Page;
using access::Role;
using access::Roles;

// ---- answers -----------------------------------------------------------------------------------

/// Percent-encoding as RFC 3986 has it: policy documents travel so in IAM's answers.
std::string url_encoded(std::string_view text) {
    static constexpr std::string_view digits = "0123456789ABCDEF";
    static constexpr std::string_view unreserved = "-_.~";
    std::string out;
    out.reserve(text.size() * 2);
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        const bool is_kept = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                             (c >= '0' && c <= '9') || unreserved.find(c) != std::string_view::npos;
        if (is_kept) {
            out.push_back(c);
        } else {
            out.push_back('%');
            out.push_back(digits[byte >> 4]);
            out.push_back(digits[byte & 0xf]);
        }
    }
    return out;
}

std::int64_t seconds_of(TimePoint time) {
    return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

void write_tags(json::Writer& writer, const std::vector<access::Tag>& tags) {
    writer.key("Tags").begin_array();
    for (const access::Tag& tag : tags) {
        writer.begin_object().member("Key", tag.key).member("Value", tag.value).end_object();
    }
    writer.end_array();
}

/// What of a role an answer shows: lists leave out tags.
enum class RoleView { listed, whole };

void write_role(json::Writer& writer, const Roles& roles, const Role& role, RoleView view) {
    writer.begin_object();
    writer.member("Path", role.path);
    writer.member("RoleName", role.name);
    writer.member("RoleId", role.id);
    writer.member("Arn", roles.arn_of(role));
    writer.member_integer("CreateDate", seconds_of(role.created));
    writer.member("AssumeRolePolicyDocument", url_encoded(role.trust_policy));
    if (!role.description.empty()) writer.member("Description", role.description);
    writer.member_integer("MaxSessionDuration", role.session_seconds_max);
    if (!role.permissions_boundary.empty()) {
        writer.key("PermissionsBoundary").begin_object();
        writer.member("PermissionsBoundaryType", "Policy");
        writer.member("PermissionsBoundaryArn", role.permissions_boundary);
        writer.end_object();
    }
    if (view == RoleView::whole) {
        if (!role.tags.empty()) write_tags(writer, role.tags);
        writer.key("RoleLastUsed").begin_object().end_object();
    }
    writer.end_object();
}

void write_policy(json::Writer& writer, const ManagedPolicyView& view, bool is_listed) {
    const ManagedPolicy& policy = view.policy;
    writer.begin_object();
    writer.member("PolicyName", policy.name);
    writer.member("PolicyId", policy.id);
    writer.member("Arn", view.arn);
    writer.member("Path", policy.path);
    writer.member("DefaultVersionId", "v1");
    writer.member_integer("AttachmentCount", static_cast<std::int64_t>(view.attachments));
    writer.member_integer("PermissionsBoundaryUsageCount", 0);
    writer.member_boolean("IsAttachable", true);
    // ListPolicies leaves these out, as the API reference says.
    if (!is_listed && !policy.description.empty()) writer.member("Description", policy.description);
    writer.member_integer("CreateDate", seconds_of(policy.created));
    writer.member_integer("UpdateDate", seconds_of(policy.created));
    if (!is_listed && !policy.tags.empty()) write_tags(writer, policy.tags);
    writer.end_object();
}

void write_version(json::Writer& writer, const ManagedPolicy& policy, bool has_document) {
    writer.begin_object();
    if (has_document) writer.member("Document", url_encoded(policy.document));
    writer.member("VersionId", "v1");
    writer.member_boolean("IsDefaultVersion", true);
    writer.member_integer("CreateDate", seconds_of(policy.created));
    writer.end_object();
}

void write_paging(json::Writer& writer, const std::string& last_name) {
    writer.member_boolean("IsTruncated", !last_name.empty());
    if (!last_name.empty()) writer.member("Marker", marker_text(last_name));
}

Reply reply_of(json::Writer& writer) { return Reply{.body = writer.take()}; }

/// Answers with nothing but success.
access::Reply<> done(Respond respond) {
    return [respond = std::move(respond)](Result<> result) mutable {
        if (result.has_error()) return respond(result.error());
        respond(Reply{});
    };
}

/// Answers with an object that `write(writer, value)` fills.
template <class T, class Write>
access::Reply<T> answer(Respond respond, Write write) {
    return [respond = std::move(respond), write = std::move(write)](Result<T> result) mutable {
        if (result.has_error()) return respond(result.error());
        json::Writer writer;
        writer.begin_object();
        write(writer, *result);
        writer.end_object();
        respond(reply_of(writer));
    };
}

access::Reply<Role> answer_role(Roles& roles, Respond respond) {
    return answer<Role>(std::move(respond), [&roles](json::Writer& writer, const Role& role) {
        write_role(writer.key("Role"), roles, role, RoleView::whole);
    });
}

access::Reply<ManagedPolicyView> answer_policy(Respond respond) {
    return answer<ManagedPolicyView>(std::move(respond),
                                     [](json::Writer& writer, const ManagedPolicyView& view) {
                                         write_policy(writer.key("Policy"), view, false);
                                     });
}

/// Writes the page of `names`, in their order, with `write_item(writer, name)`.
template <class WriteItem>
void write_name_page(json::Writer& writer, std::string_view list,
                     const std::vector<std::string>& names, const Page& page,
                     WriteItem write_item) {
    auto at = names.begin();
    if (!page.after.empty()) {
        at = std::find(names.begin(), names.end(), page.after);
        if (at != names.end()) ++at;
    }
    const auto left = static_cast<std::size_t>(names.end() - at);
    const auto end = at + static_cast<std::ptrdiff_t>(std::min(left, page.count));
    const std::string last = end != names.end() ? *(end - 1) : std::string();
    writer.key(list).begin_array();
    for (; at != end; ++at) write_item(writer, *at);
    writer.end_array();
    write_paging(writer, last);
}

// ---- roles -------------------------------------------------------------------------------------

void create_role(Roles& roles, IamInput& input, Respond respond) {
    Role role;
    role.name = input.text("RoleName", iam_rules::role_name);
    role.path = input.optional_text("Path", iam_rules::path).value_or("/");
    role.trust_policy = input.text("AssumeRolePolicyDocument", iam_rules::document);
    role.description = input.optional_text("Description", iam_rules::description).value_or("");
    role.session_seconds_max =
        input.optional_integer("MaxSessionDuration", 3600, 43200).value_or(3600);
    role.permissions_boundary =
        input.optional_text("PermissionsBoundary", iam_rules::arn).value_or("");
    role.tags = input.tags(false);
    if (auto problems = input.problems()) return respond(*std::move(problems));
    roles.create_role(std::move(role), answer_role(roles, std::move(respond)));
}

void get_role(Roles& roles, IamInput& input, Respond respond) {
    std::string name = input.text("RoleName", iam_rules::role_name);
    if (auto problems = input.problems()) return respond(*std::move(problems));
    roles.get_role(std::move(name), answer_role(roles, std::move(respond)));
}

void update_role(Roles& roles, IamInput& input, Respond respond) {
    std::string name = input.text("RoleName", iam_rules::role_name);
    access::RoleChange change{
        .description = input.optional_text("Description", iam_rules::description),
        .session_seconds_max = input.optional_integer("MaxSessionDuration", 3600, 43200)};
    if (auto problems = input.problems()) return respond(*std::move(problems));
    roles.update_role(std::move(name), std::move(change),
                      answer<Role>(std::move(respond), [](json::Writer&, const Role&) {}));
}

void update_role_description(Roles& roles, IamInput& input, Respond respond) {
    std::string name = input.text("RoleName", iam_rules::role_name);
    access::RoleChange change{.description = input.text("Description", iam_rules::description),
                              .session_seconds_max = std::nullopt};
    if (auto problems = input.problems()) return respond(*std::move(problems));
    roles.update_role(std::move(name), std::move(change), answer_role(roles, std::move(respond)));
}

void update_assume_role_policy(Roles& roles, IamInput& input, Respond respond) {
    std::string name = input.text("RoleName", iam_rules::role_name);
    std::string document = input.text("PolicyDocument", iam_rules::document);
    if (auto problems = input.problems()) return respond(*std::move(problems));
    roles.update_trust_policy(std::move(name), std::move(document), done(std::move(respond)));
}

void delete_role(Roles& roles, IamInput& input, Respond respond) {
    std::string name = input.text("RoleName", iam_rules::role_name);
    if (auto problems = input.problems()) return respond(*std::move(problems));
    roles.delete_role(std::move(name), done(std::move(respond)));
}

void list_roles(Roles& roles, IamInput& input, Respond respond) {
    std::string prefix = input.optional_text("PathPrefix", iam_rules::path_prefix).value_or("/");
    Page page = input.page();
    if (auto problems = input.problems()) return respond(*std::move(problems));
    roles.list_roles(
        std::move(prefix), std::move(page),
        answer<Listing<Role>>(std::move(respond),
                              [&roles](json::Writer& writer, const Listing<Role>& listing) {
                                  writer.key("Roles").begin_array();
                                  for (const Role& role : listing.items)
                                      write_role(writer, roles, role, RoleView::listed);
                                  writer.end_array();
                                  write_paging(writer, listing.marker);
                              }));
}

/// No server of ours has instance profiles; the role must exist all the same.
void list_instance_profiles_for_role(Roles& roles, IamInput& input, Respond respond) {
    std::string name = input.text("RoleName", iam_rules::role_name);
    if (auto problems = input.problems()) return respond(*std::move(problems));
    roles.get_role(std::move(name),
                   answer<Role>(std::move(respond), [](json::Writer& writer, const Role&) {
                       writer.key("InstanceProfiles").begin_array().end_array();
                       write_paging(writer, {});
                   }));
}

// ---- inline policies ---------------------------------------------------------------------------

void put_role_policy(Roles& roles, IamInput& input, Respond respond) {
    std::string role = input.text("RoleName", iam_rules::role_name);
    std::string name = input.text("PolicyName", iam_rules::policy_name);
    std::string document = input.text("PolicyDocument", iam_rules::document);
    if (auto problems = input.problems()) return respond(*std::move(problems));
    roles.put_role_policy(std::move(role), std::move(name), std::move(document),
                          done(std::move(respond)));
}

void get_role_policy(Roles& roles, IamInput& input, Respond respond) {
    std::string role = input.text("RoleName", iam_rules::role_name);
    std::string name = input.text("PolicyName", iam_rules::policy_name);
    if (auto problems = input.problems()) return respond(*std::move(problems));
    auto write = [role, name](json::Writer& writer, const std::string& document) {
        writer.member("RoleName", role).member("PolicyName", name);
        writer.member("PolicyDocument", url_encoded(document));
    };
    roles.get_role_policy(std::move(role), std::move(name),
                          answer<std::string>(std::move(respond), std::move(write)));
}

void delete_role_policy(Roles& roles, IamInput& input, Respond respond) {
    std::string role = input.text("RoleName", iam_rules::role_name);
    std::string name = input.text("PolicyName", iam_rules::policy_name);
    if (auto problems = input.problems()) return respond(*std::move(problems));
    roles.delete_role_policy(std::move(role), std::move(name), done(std::move(respond)));
}

void list_role_policies(Roles& roles, IamInput& input, Respond respond) {
    std::string role = input.text("RoleName", iam_rules::role_name);
    Page page = input.page();
    if (auto problems = input.problems()) return respond(*std::move(problems));
    auto write = [page = std::move(page)](json::Writer& writer, const Role& found) {
        std::vector<std::string> names;
        for (const auto& [name, document] : found.inline_policies) names.push_back(name);
        write_name_page(writer, "PolicyNames", names, page,
                        [](json::Writer& out, const std::string& name) { out.string(name); });
    };
    roles.get_role(std::move(role), answer<Role>(std::move(respond), std::move(write)));
}

// ---- attached policies -------------------------------------------------------------------------

void attach_role_policy(Roles& roles, IamInput& input, Respond respond) {
    std::string role = input.text("RoleName", iam_rules::role_name);
    std::string arn = input.text("PolicyArn", iam_rules::arn);
    if (auto problems = input.problems()) return respond(*std::move(problems));
    roles.attach_role_policy(std::move(role), std::move(arn), done(std::move(respond)));
}

void detach_role_policy(Roles& roles, IamInput& input, Respond respond) {
    std::string role = input.text("RoleName", iam_rules::role_name);
    std::string arn = input.text("PolicyArn", iam_rules::arn);
    if (auto problems = input.problems()) return respond(*std::move(problems));
    roles.detach_role_policy(std::move(role), std::move(arn), done(std::move(respond)));
}

/// "/path/" in "arn:aws:iam::account:policy/path/name".
std::string_view path_in(std::string_view policy_arn) {
    const std::size_t start = policy_arn.find('/');
    return policy_arn.substr(start, policy_arn.rfind('/') - start + 1);
}

void list_attached_role_policies(Roles& roles, IamInput& input, Respond respond) {
    std::string role = input.text("RoleName", iam_rules::role_name);
    std::string prefix = input.optional_text("PathPrefix", iam_rules::policy_path).value_or("/");
    Page page = input.page();
    if (auto problems = input.problems()) return respond(*std::move(problems));
    auto write = [page = std::move(page), prefix = std::move(prefix)](json::Writer& writer,
                                                                      const Role& found) {
        std::vector<std::string> arns;
        for (const std::string& arn : found.attached_policies) {
            if (path_in(arn).starts_with(prefix)) arns.push_back(arn);
        }
        write_name_page(
            writer, "AttachedPolicies", arns, page, [](json::Writer& out, const std::string& arn) {
                out.begin_object();
                out.member("PolicyName", std::string_view(arn).substr(arn.rfind('/') + 1));
                out.member("PolicyArn", arn);
                out.end_object();
            });
    };
    roles.get_role(std::move(role), answer<Role>(std::move(respond), std::move(write)));
}

// ---- tags --------------------------------------------------------------------------------------

void tag_role(Roles& roles, IamInput& input, Respond respond) {
    std::string role = input.text("RoleName", iam_rules::role_name);
    std::vector<access::Tag> tags = input.tags(true);
    if (auto problems = input.problems()) return respond(*std::move(problems));
    roles.tag_role(std::move(role), std::move(tags), done(std::move(respond)));
}

void untag_role(Roles& roles, IamInput& input, Respond respond) {
    std::string role = input.text("RoleName", iam_rules::role_name);
    std::vector<std::string> keys = input.tag_keys();
    if (auto problems = input.problems()) return respond(*std::move(problems));
    roles.untag_role(std::move(role), std::move(keys), done(std::move(respond)));
}

void list_role_tags(Roles& roles, IamInput& input, Respond respond) {
    std::string role = input.text("RoleName", iam_rules::role_name);
    if (auto problems = input.problems()) return respond(*std::move(problems));
    roles.get_role(std::move(role),
                   answer<Role>(std::move(respond), [](json::Writer& writer, const Role& found) {
                       write_tags(writer, found.tags);  // at most 50: one page
                       write_paging(writer, {});
                   }));
}

// ---- managed policies --------------------------------------------------------------------------

void create_policy(Roles& roles, IamInput& input, Respond respond) {
    ManagedPolicy policy;
    policy.name = input.text("PolicyName", iam_rules::policy_name);
    policy.path = input.optional_text("Path", iam_rules::policy_path).value_or("/");
    policy.document = input.text("PolicyDocument", iam_rules::document);
    policy.description =
        input.optional_text("Description", iam_rules::policy_description).value_or("");
    policy.tags = input.tags(false);
    if (auto problems = input.problems()) return respond(*std::move(problems));
    roles.create_policy(std::move(policy), answer_policy(std::move(respond)));
}

void get_policy(Roles& roles, IamInput& input, Respond respond) {
    std::string arn = input.text("PolicyArn", iam_rules::arn);
    if (auto problems = input.problems()) return respond(*std::move(problems));
    roles.get_policy(std::move(arn), answer_policy(std::move(respond)));
}

void delete_policy(Roles& roles, IamInput& input, Respond respond) {
    std::string arn = input.text("PolicyArn", iam_rules::arn);
    if (auto problems = input.problems()) return respond(*std::move(problems));
    roles.delete_policy(std::move(arn), done(std::move(respond)));
}

void get_policy_version(Roles& roles, IamInput& input, Respond respond) {
    std::string arn = input.text("PolicyArn", iam_rules::arn);
    std::string version = input.text("VersionId", iam_rules::version_id);
    if (auto problems = input.problems()) return respond(*std::move(problems));
    roles.get_policy(
        arn, [arn, version, respond = std::move(respond)](Result<ManagedPolicyView> view) mutable {
            if (view.has_error()) return respond(view.error());
            if (version != "v1") {
                return respond(Error(access::errors::no_such_entity,
                                     "Policy " + arn + " version " + version +
                                         " does not exist or is not attachable."));
            }
            json::Writer writer;
            writer.begin_object();
            write_version(writer.key("PolicyVersion"), view->policy, true);
            writer.end_object();
            respond(reply_of(writer));
        });
}

void list_policy_versions(Roles& roles, IamInput& input, Respond respond) {
    std::string arn = input.text("PolicyArn", iam_rules::arn);
    if (auto problems = input.problems()) return respond(*std::move(problems));
    roles.get_policy(std::move(arn), answer<ManagedPolicyView>(
                                         std::move(respond),
                                         [](json::Writer& writer, const ManagedPolicyView& view) {
                                             writer.key("Versions").begin_array();
                                             write_version(writer, view.policy, false);
                                             writer.end_array();
                                             write_paging(writer, {});
                                         }));
}

void list_policies(Roles& roles, IamInput& input, Respond respond) {
    static const TextRule scope{
        2, 5,
        [](std::string_view text) { return text == "All" || text == "AWS" || text == "Local"; },
        "All|AWS|Local", false};
    const std::string wanted = input.optional_text("Scope", scope).value_or("All");
    access::PolicyFilter filter{
        .path_prefix = input.optional_text("PathPrefix", iam_rules::policy_path).value_or("/"),
        .only_attached = input.flag("OnlyAttached")};
    Page page = input.page();
    if (auto problems = input.problems()) return respond(*std::move(problems));
    // AWS's own policies may be attached here, but do not exist here.
    auto write = [has_own = wanted != "AWS"](json::Writer& writer,
                                             const Listing<ManagedPolicyView>& listing) {
        writer.key("Policies").begin_array();
        if (has_own) {
            for (const ManagedPolicyView& view : listing.items) write_policy(writer, view, true);
        }
        writer.end_array();
        write_paging(writer, has_own ? listing.marker : std::string());
    };
    roles.list_policies(std::move(filter), std::move(page),
                        answer<Listing<ManagedPolicyView>>(std::move(respond), std::move(write)));
}

struct IamOperation {
    const char* name;
    void (*operation)(Roles& roles, IamInput& input, Respond respond);
};

constexpr IamOperation iam_operations[] = {
    {"AttachRolePolicy", attach_role_policy},
    {"CreatePolicy", create_policy},
    {"CreateRole", create_role},
    {"DeletePolicy", delete_policy},
    {"DeleteRole", delete_role},
    {"DeleteRolePolicy", delete_role_policy},
    {"DetachRolePolicy", detach_role_policy},
    {"GetPolicy", get_policy},
    {"GetPolicyVersion", get_policy_version},
    {"GetRole", get_role},
    {"GetRolePolicy", get_role_policy},
    {"ListAttachedRolePolicies", list_attached_role_policies},
    {"ListInstanceProfilesForRole", list_instance_profiles_for_role},
    {"ListPolicies", list_policies},
    {"ListPolicyVersions", list_policy_versions},
    {"ListRolePolicies", list_role_policies},
    {"ListRoleTags", list_role_tags},
    {"ListRoles", list_roles},
    {"PutRolePolicy", put_role_policy},
    {"TagRole", tag_role},
    {"UntagRole", untag_role},
    {"UpdateAssumeRolePolicy", update_assume_role_policy},
    {"UpdateRole", update_role},
    {"UpdateRoleDescription", update_role_description},
};

}  // namespace

void register_iam(OperationTable& table, Roles& roles) {
    for (const IamOperation& one : iam_operations) {
        table.add("iam", one.name, [&roles, operation = one.operation](Call call, Respond respond) {
            auto input = IamInput::of(call);
            if (input.has_error()) return respond(input.error());
            operation(roles, *input, std::move(respond));
        });
    }
}

}  // namespace stepwell::api
