// Ids in the form that IAM gives them.
#pragma once

#include <string>
#include <string_view>

namespace stepwell::access {

/// `prefix` (four letters that tell the kind: "AROA" a role, "ANPA" a policy, "ASIA" a temporary
/// access key) and random characters of A-Z and 2-7, `size` in all. From the system's cryptographic
/// source.
std::string make_identifier(std::string_view prefix, std::size_t size = 21);

}  // namespace stepwell::access
