// The grammar of policy documents.
#pragma once

#include <cstddef>
#include <string_view>

#include <stepwell/result.hpp>

namespace stepwell::access {

/// Checks what an identity may be given: an inline or a managed policy.
///
/// errors   MalformedPolicyDocument, with the reason that IAM gives
/// source   IAM User Guide, "Grammar of the IAM JSON policy language"
Result<> check_identity_policy(std::string_view document);

/// Checks who may assume a role: a role's trust policy.
///
/// errors   MalformedPolicyDocument, with the reason that IAM gives
Result<> check_trust_policy(std::string_view document);

/// The length that counts against the quotas: without white space outside of strings.
std::size_t policy_length(std::string_view document) noexcept;

}  // namespace stepwell::access
