// Who and where this installation is, as ARNs say it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/concat.hpp"

namespace stepwell {

/// The account and region that every ARN names. Both have AWS's forms: 12 digits, "us-east-1".
struct Identity {
    std::string account = "000000000000";
    std::string region = "us-east-1";
    /// What makes the names that the data directory gives out others than those of any other.
    std::uint64_t name_salt = 0;

    /// "arn:aws:<service>:<region>:<account>:<resource>".
    std::string arn(std::string_view service, std::string_view resource) const {
        return concat({"arn:aws:", service, ":", region, ":", account, ":", resource});
    }
};

/// Whether a text has the form of an account: 12 digits.
inline bool is_account(std::string_view text) {
    return text.size() == 12 &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace stepwell
