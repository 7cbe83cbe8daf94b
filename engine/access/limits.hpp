// AWS's quotas for IAM, as they are for a new account.
// source  IAM User Guide, "IAM and AWS STS quotas"
#pragma once

#include <cstddef>

namespace stepwell::access {

inline constexpr std::size_t roles_per_account_max = 1000;
inline constexpr std::size_t policies_per_account_max = 1500;
inline constexpr std::size_t policies_per_role_max = 10;  // attached ones
inline constexpr std::size_t tags_per_entity_max = 50;
// Lengths of documents in characters; white space outside of strings does not count.
inline constexpr std::size_t trust_policy_length_max = 2048;
inline constexpr std::size_t managed_policy_length_max = 6144;
inline constexpr std::size_t inline_policies_length_max = 10240;  // of one role together
// Temporary credentials that are remembered at once; a limit of ours. Those nearest to their end go
// first.
inline constexpr std::size_t sessions_max = 10000;

}  // namespace stepwell::access
