// What a bucket holds, page by page.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <stepwell/journal.hpp>

#include "object/object.hpp"

namespace stepwell::object {

struct ListInput {
    std::string bucket;
    std::string prefix = {};
    std::string delimiter = {};
    std::string after = {};  ///< a key, or a common prefix of the page before
    std::size_t max = 1000;  ///< of objects and common prefixes together
};

struct ListedObject {
    std::string key;
    Object object;
};

struct ListOutput {
    std::vector<ListedObject> objects;
    std::vector<std::string> common_prefixes;
    bool is_truncated = false;
    std::string last = {};  ///< the key or common prefix after which the next page begins
};

/// Keys are in the order of their bytes. Keys that have the delimiter behind the prefix are told by
/// what they have in common only. Reads the store: may block.
///
/// cost     one key looked at for each that is told
ListOutput list_objects(const Storage& storage, const ListInput& input);

}  // namespace stepwell::object
