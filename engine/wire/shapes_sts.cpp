// The shapes of AWS STS, as its query protocol writes them.
// source  the service's model, API version 2011-06-15
#include "wire/shapes.hpp"

namespace stepwell::wire {

namespace shapes::sts {

constexpr Member policy_descriptor_type_members[] = {{"arn", &text}};
constexpr Shape policy_descriptor_type = structure(policy_descriptor_type_members);
constexpr Shape policy_descriptor_list_type = list(&policy_descriptor_type);
constexpr Member tag_members[] = {{"Key", &text}, {"Value", &text}};
constexpr Shape tag = structure(tag_members);
constexpr Shape tag_list_type = list(&tag);
constexpr Shape tag_key_list_type = list(&text);
constexpr Member provided_context_members[] = {{"ProviderArn", &text}, {"ContextAssertion", &text}};
constexpr Shape provided_context = structure(provided_context_members);
constexpr Shape provided_contexts_list_type = list(&provided_context);
constexpr Member assume_role_input[] = {{"RoleArn", &text},
                                        {"RoleSessionName", &text},
                                        {"PolicyArns", &policy_descriptor_list_type},
                                        {"Policy", &text},
                                        {"DurationSeconds", &integer},
                                        {"Tags", &tag_list_type},
                                        {"TransitiveTagKeys", &tag_key_list_type},
                                        {"ExternalId", &text},
                                        {"SerialNumber", &text},
                                        {"TokenCode", &text},
                                        {"SourceIdentity", &text},
                                        {"ProvidedContexts", &provided_contexts_list_type}};
constexpr Member credentials_members[] = {{"AccessKeyId", &text},
                                          {"SecretAccessKey", &text},
                                          {"SessionToken", &text},
                                          {"Expiration", &timestamp}};
constexpr Shape credentials = structure(credentials_members);
constexpr Member assumed_role_user_members[] = {{"AssumedRoleId", &text}, {"Arn", &text}};
constexpr Shape assumed_role_user = structure(assumed_role_user_members);
constexpr Member assume_role_output[] = {{"Credentials", &credentials},
                                         {"AssumedRoleUser", &assumed_role_user},
                                         {"PackedPolicySize", &integer},
                                         {"SourceIdentity", &text}};
constexpr Member get_access_key_info_input[] = {{"AccessKeyId", &text}};
constexpr Member get_access_key_info_output[] = {{"Account", &text}};
constexpr Member get_caller_identity_output[] = {
    {"UserId", &text}, {"Account", &text}, {"Arn", &text}};
constexpr Member get_session_token_input[] = {
    {"DurationSeconds", &integer}, {"SerialNumber", &text}, {"TokenCode", &text}};
constexpr Member get_session_token_output[] = {{"Credentials", &credentials}};

constexpr QueryOperation operations[] = {
    {"AssumeRole", assume_role_input, assume_role_output, true},
    {"GetAccessKeyInfo", get_access_key_info_input, get_access_key_info_output, true},
    {"GetCallerIdentity", {}, get_caller_identity_output, true},
    {"GetSessionToken", get_session_token_input, get_session_token_output, true},
};

}  // namespace shapes::sts

const QueryService& sts_query_service() {
    static constexpr QueryService service{
        "sts", "2011-06-15", "https://sts.amazonaws.com/doc/2011-06-15/", shapes::sts::operations};
    return service;
}

}  // namespace stepwell::wire
