// Tags of a resource: an ordered list of distinct keys with values.
// source  AWS Step Functions API Reference, TagResource; Developer Guide, "Quotas related to
// tagging"
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <stepwell/result.hpp>

#include "base/bytes.hpp"

namespace stepwell::flow {

struct Tag {
    std::string key;
    std::string value;
    friend bool operator==(const Tag&, const Tag&) = default;
};
using Tags = std::vector<Tag>;

inline constexpr std::size_t tags_max = 50;  // of one resource

/// `current` with `added`: a key that is there gets its new value and keeps its place; of a key
/// given twice, the last value counts.
///
/// errors  TooManyTags, naming `resource_arn`, when there would be more than 50
Result<Tags> with_tags(Tags current, const Tags& added, std::string_view resource_arn);

/// `current` without the tags named by `keys`; keys that are not there are ignored.
Tags without_tags(Tags current, const std::vector<std::string>& keys);

/// As they stand in a stored record.
void append_tags(std::string& out, const Tags& tags);
Tags read_tags(ByteReader& reader);

}  // namespace stepwell::flow
