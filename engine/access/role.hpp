// What IAM keeps: roles with their inline policies, and managed policies.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <stepwell/clock.hpp>
#include <stepwell/result.hpp>

namespace stepwell::access {

struct Tag {
    std::string key = {};
    std::string value = {};
};

/// A role, with everything that is deleted with it.
struct Role {
    std::string name = {};
    std::string id = {};  ///< "AROA" and 17 characters; a new role of this name gets another
    std::string path = "/";
    std::string description = {};
    std::string trust_policy = {};
    std::string permissions_boundary = {};  ///< a policy's ARN, or empty
    std::int64_t session_seconds_max = 3600;
    TimePoint created{};
    std::vector<Tag> tags = {};
    std::map<std::string, std::string, std::less<>> inline_policies = {};  ///< name -> document
    std::vector<std::string> attached_policies = {};  ///< ARNs, in the order of their attachment
};

/// A policy of the account's own that can be attached to roles. It has one version, v1.
struct ManagedPolicy {
    std::string name = {};
    std::string id = {};  ///< "ANPA" and 17 characters
    std::string path = "/";
    std::string description = {};
    std::string document = {};
    TimePoint created{};
    std::vector<Tag> tags = {};
};

/// The stored form: a version byte and the fields in order.
std::string encode(const Role& role);
std::string encode(const ManagedPolicy& policy);

/// errors   SystemFailure: damaged, or written by a newer version
Result<Role> decode_role(std::string_view bytes);
Result<ManagedPolicy> decode_managed_policy(std::string_view bytes);

/// Policies that AWS itself has may be attached without existing here.
inline bool is_aws_managed(std::string_view policy_arn) {
    return policy_arn.starts_with("arn:aws:iam::aws:policy/");
}

}  // namespace stepwell::access
