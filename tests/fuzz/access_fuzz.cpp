// What IAM parses: policy documents, and its own stored records.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "access/policy_document.hpp"
#include "access/role.hpp"
#include "base/assert.hpp"

using namespace stepwell::access;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    SW_ASSERT(policy_length(text) <= text.size());
    (void)check_identity_policy(text);
    (void)check_trust_policy(text);
    // What was read is the role that was written: reading and writing are each other's inverse.
    if (const auto role = decode_role(text); role.has_value()) {
        const auto again = decode_role(encode(*role));
        SW_ASSERT(again.has_value());
        SW_ASSERT(encode(*again) == encode(*role));
    }
    if (const auto policy = decode_managed_policy(text); policy.has_value()) {
        SW_ASSERT(decode_managed_policy(encode(*policy)).has_value());
    }
    return 0;
}
