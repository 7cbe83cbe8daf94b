#include "flow/tags.hpp"

#include <algorithm>

#include "flow/errors.hpp"

namespace stepwell::flow {

Result<Tags> with_tags(Tags current, const Tags& added, std::string_view resource_arn) {
    for (const Tag& tag : added) {
        const auto same_key = [&](const Tag& other) { return other.key == tag.key; };
        const auto found = std::find_if(current.begin(), current.end(), same_key);
        if (found != current.end()) {
            found->value = tag.value;
        } else {
            current.push_back(tag);
        }
        if (current.size() > tags_max) {
            return Error(errors::too_many_tags,
                         "Too many tags for resource: '" + std::string(resource_arn) + "'");
        }
    }
    return current;
}

Tags without_tags(Tags current, const std::vector<std::string>& keys) {
    std::erase_if(current, [&](const Tag& tag) {
        return std::find(keys.begin(), keys.end(), tag.key) != keys.end();
    });
    return current;
}

void append_tags(std::string& out, const Tags& tags) {
    append_varint(out, tags.size());
    for (const Tag& tag : tags) {
        append_text(out, tag.key);
        append_text(out, tag.value);
    }
}

Tags read_tags(ByteReader& reader) {
    Tags tags;
    const std::uint64_t count = reader.varint();
    for (std::uint64_t i = 0; i < count && reader.is_good(); ++i) {
        const std::string_view key = reader.text();
        const std::string_view value = reader.text();
        tags.push_back(Tag{std::string(key), std::string(value)});
    }
    return tags;
}

}  // namespace stepwell::flow
