// The shapes of AWS IAM, as its query protocol writes them.
// source  the service's model, API version 2010-05-08
#include "wire/shapes.hpp"

namespace stepwell::wire {

namespace shapes::iam {

constexpr Member attach_role_policy_input[] = {{"RoleName", &text}, {"PolicyArn", &text}};
constexpr Member tag_members[] = {{"Key", &text}, {"Value", &text}};
constexpr Shape tag = structure(tag_members);
constexpr Shape tag_list_type = list(&tag);
constexpr Member create_policy_input[] = {{"PolicyName", &text},
                                          {"Path", &text},
                                          {"PolicyDocument", &text},
                                          {"Description", &text},
                                          {"Tags", &tag_list_type}};
constexpr Member policy_members[] = {{"PolicyName", &text},
                                     {"PolicyId", &text},
                                     {"Arn", &text},
                                     {"Path", &text},
                                     {"DefaultVersionId", &text},
                                     {"AttachmentCount", &integer},
                                     {"PermissionsBoundaryUsageCount", &integer},
                                     {"IsAttachable", &boolean},
                                     {"Description", &text},
                                     {"CreateDate", &timestamp},
                                     {"UpdateDate", &timestamp},
                                     {"Tags", &tag_list_type}};
constexpr Shape policy = structure(policy_members);
constexpr Member create_policy_output[] = {{"Policy", &policy}};
constexpr Member create_role_input[] = {{"Path", &text},
                                        {"RoleName", &text},
                                        {"AssumeRolePolicyDocument", &text},
                                        {"Description", &text},
                                        {"MaxSessionDuration", &integer},
                                        {"PermissionsBoundary", &text},
                                        {"Tags", &tag_list_type}};
constexpr Member attached_permissions_boundary_members[] = {{"PermissionsBoundaryType", &text},
                                                            {"PermissionsBoundaryArn", &text}};
constexpr Shape attached_permissions_boundary = structure(attached_permissions_boundary_members);
constexpr Member role_last_used_members[] = {{"LastUsedDate", &timestamp}, {"Region", &text}};
constexpr Shape role_last_used = structure(role_last_used_members);
constexpr Member role_members[] = {{"Path", &text},
                                   {"RoleName", &text},
                                   {"RoleId", &text},
                                   {"Arn", &text},
                                   {"CreateDate", &timestamp},
                                   {"AssumeRolePolicyDocument", &text},
                                   {"Description", &text},
                                   {"MaxSessionDuration", &integer},
                                   {"PermissionsBoundary", &attached_permissions_boundary},
                                   {"Tags", &tag_list_type},
                                   {"RoleLastUsed", &role_last_used}};
constexpr Shape role = structure(role_members);
constexpr Member create_role_output[] = {{"Role", &role}};
constexpr Member delete_policy_input[] = {{"PolicyArn", &text}};
constexpr Member delete_role_input[] = {{"RoleName", &text}};
constexpr Member delete_role_permissions_boundary_input[] = {{"RoleName", &text}};
constexpr Member delete_role_policy_input[] = {{"RoleName", &text}, {"PolicyName", &text}};
constexpr Member detach_role_policy_input[] = {{"RoleName", &text}, {"PolicyArn", &text}};
constexpr Member get_policy_input[] = {{"PolicyArn", &text}};
constexpr Member get_policy_output[] = {{"Policy", &policy}};
constexpr Member get_policy_version_input[] = {{"PolicyArn", &text}, {"VersionId", &text}};
constexpr Member policy_version_members[] = {{"Document", &text},
                                             {"VersionId", &text},
                                             {"IsDefaultVersion", &boolean},
                                             {"CreateDate", &timestamp}};
constexpr Shape policy_version = structure(policy_version_members);
constexpr Member get_policy_version_output[] = {{"PolicyVersion", &policy_version}};
constexpr Member get_role_input[] = {{"RoleName", &text}};
constexpr Member get_role_output[] = {{"Role", &role}};
constexpr Member get_role_policy_input[] = {{"RoleName", &text}, {"PolicyName", &text}};
constexpr Member get_role_policy_output[] = {
    {"RoleName", &text}, {"PolicyName", &text}, {"PolicyDocument", &text}};
constexpr Member list_attached_role_policies_input[] = {
    {"RoleName", &text}, {"PathPrefix", &text}, {"Marker", &text}, {"MaxItems", &integer}};
constexpr Member attached_policy_members[] = {{"PolicyName", &text}, {"PolicyArn", &text}};
constexpr Shape attached_policy = structure(attached_policy_members);
constexpr Shape attached_policies_list_type = list(&attached_policy);
constexpr Member list_attached_role_policies_output[] = {
    {"AttachedPolicies", &attached_policies_list_type},
    {"IsTruncated", &boolean},
    {"Marker", &text}};
constexpr Member list_instance_profiles_for_role_input[] = {
    {"RoleName", &text}, {"Marker", &text}, {"MaxItems", &integer}};
constexpr Shape role_list_type = list(&role);
constexpr Member instance_profile_members[] = {
    {"Path", &text},         {"InstanceProfileName", &text}, {"InstanceProfileId", &text},
    {"Arn", &text},          {"CreateDate", &timestamp},     {"Roles", &role_list_type},
    {"Tags", &tag_list_type}};
constexpr Shape instance_profile = structure(instance_profile_members);
constexpr Shape instance_profile_list_type = list(&instance_profile);
constexpr Member list_instance_profiles_for_role_output[] = {
    {"InstanceProfiles", &instance_profile_list_type},
    {"IsTruncated", &boolean},
    {"Marker", &text}};
constexpr Member list_policies_input[] = {{"Scope", &text},      {"OnlyAttached", &boolean},
                                          {"PathPrefix", &text}, {"PolicyUsageFilter", &text},
                                          {"Marker", &text},     {"MaxItems", &integer}};
constexpr Shape policy_list_type = list(&policy);
constexpr Member list_policies_output[] = {
    {"Policies", &policy_list_type}, {"IsTruncated", &boolean}, {"Marker", &text}};
constexpr Member list_policy_tags_input[] = {
    {"PolicyArn", &text}, {"Marker", &text}, {"MaxItems", &integer}};
constexpr Member list_policy_tags_output[] = {
    {"Tags", &tag_list_type}, {"IsTruncated", &boolean}, {"Marker", &text}};
constexpr Member list_policy_versions_input[] = {
    {"PolicyArn", &text}, {"Marker", &text}, {"MaxItems", &integer}};
constexpr Shape policy_document_version_list_type = list(&policy_version);
constexpr Member list_policy_versions_output[] = {
    {"Versions", &policy_document_version_list_type}, {"IsTruncated", &boolean}, {"Marker", &text}};
constexpr Member list_role_policies_input[] = {
    {"RoleName", &text}, {"Marker", &text}, {"MaxItems", &integer}};
constexpr Shape policy_name_list_type = list(&text);
constexpr Member list_role_policies_output[] = {
    {"PolicyNames", &policy_name_list_type}, {"IsTruncated", &boolean}, {"Marker", &text}};
constexpr Member list_role_tags_input[] = {
    {"RoleName", &text}, {"Marker", &text}, {"MaxItems", &integer}};
constexpr Member list_role_tags_output[] = {
    {"Tags", &tag_list_type}, {"IsTruncated", &boolean}, {"Marker", &text}};
constexpr Member list_roles_input[] = {
    {"PathPrefix", &text}, {"Marker", &text}, {"MaxItems", &integer}};
constexpr Member list_roles_output[] = {
    {"Roles", &role_list_type}, {"IsTruncated", &boolean}, {"Marker", &text}};
constexpr Member put_role_permissions_boundary_input[] = {{"RoleName", &text},
                                                          {"PermissionsBoundary", &text}};
constexpr Member put_role_policy_input[] = {
    {"RoleName", &text}, {"PolicyName", &text}, {"PolicyDocument", &text}};
constexpr Member tag_policy_input[] = {{"PolicyArn", &text}, {"Tags", &tag_list_type}};
constexpr Member tag_role_input[] = {{"RoleName", &text}, {"Tags", &tag_list_type}};
constexpr Shape tag_key_list_type = list(&text);
constexpr Member untag_policy_input[] = {{"PolicyArn", &text}, {"TagKeys", &tag_key_list_type}};
constexpr Member untag_role_input[] = {{"RoleName", &text}, {"TagKeys", &tag_key_list_type}};
constexpr Member update_assume_role_policy_input[] = {{"RoleName", &text},
                                                      {"PolicyDocument", &text}};
constexpr Member update_role_input[] = {
    {"RoleName", &text}, {"Description", &text}, {"MaxSessionDuration", &integer}};
constexpr Member update_role_description_input[] = {{"RoleName", &text}, {"Description", &text}};
constexpr Member update_role_description_output[] = {{"Role", &role}};

constexpr QueryOperation operations[] = {
    {"AttachRolePolicy", attach_role_policy_input, {}, false},
    {"CreatePolicy", create_policy_input, create_policy_output, true},
    {"CreateRole", create_role_input, create_role_output, true},
    {"DeletePolicy", delete_policy_input, {}, false},
    {"DeleteRole", delete_role_input, {}, false},
    {"DeleteRolePermissionsBoundary", delete_role_permissions_boundary_input, {}, false},
    {"DeleteRolePolicy", delete_role_policy_input, {}, false},
    {"DetachRolePolicy", detach_role_policy_input, {}, false},
    {"GetPolicy", get_policy_input, get_policy_output, true},
    {"GetPolicyVersion", get_policy_version_input, get_policy_version_output, true},
    {"GetRole", get_role_input, get_role_output, true},
    {"GetRolePolicy", get_role_policy_input, get_role_policy_output, true},
    {"ListAttachedRolePolicies", list_attached_role_policies_input,
     list_attached_role_policies_output, true},
    {"ListInstanceProfilesForRole", list_instance_profiles_for_role_input,
     list_instance_profiles_for_role_output, true},
    {"ListPolicies", list_policies_input, list_policies_output, true},
    {"ListPolicyTags", list_policy_tags_input, list_policy_tags_output, true},
    {"ListPolicyVersions", list_policy_versions_input, list_policy_versions_output, true},
    {"ListRolePolicies", list_role_policies_input, list_role_policies_output, true},
    {"ListRoleTags", list_role_tags_input, list_role_tags_output, true},
    {"ListRoles", list_roles_input, list_roles_output, true},
    {"PutRolePermissionsBoundary", put_role_permissions_boundary_input, {}, false},
    {"PutRolePolicy", put_role_policy_input, {}, false},
    {"TagPolicy", tag_policy_input, {}, false},
    {"TagRole", tag_role_input, {}, false},
    {"UntagPolicy", untag_policy_input, {}, false},
    {"UntagRole", untag_role_input, {}, false},
    {"UpdateAssumeRolePolicy", update_assume_role_policy_input, {}, false},
    {"UpdateRole", update_role_input, {}, true},
    {"UpdateRoleDescription", update_role_description_input, update_role_description_output, true},
};

}  // namespace shapes::iam

const QueryService& iam_query_service() {
    static constexpr QueryService service{
        "iam", "2010-05-08", "https://iam.amazonaws.com/doc/2010-05-08/", shapes::iam::operations};
    return service;
}

}  // namespace stepwell::wire
