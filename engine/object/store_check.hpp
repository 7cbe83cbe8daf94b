// Whether the objects of a store are as they should be.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <stepwell/journal.hpp>

namespace stepwell::object {

struct CheckedObjects {
    std::uint64_t objects = 0;
    std::uint64_t bodies = 0;
    std::vector<std::string> problems;  ///< the first of them
    std::uint64_t problem_count = 0;
};

/// Reads every object and upload, and looks whether each body is there, whole, and somebody's.
///
/// directory   where the files of large bodies lie
CheckedObjects check_objects(const Storage& storage, const std::string& directory);

}  // namespace stepwell::object
