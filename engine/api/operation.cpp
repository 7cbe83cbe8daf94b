#include "api/operation.hpp"

#include <algorithm>

#include "base/assert.hpp"

namespace stepwell::api {

namespace {

std::string key_of(std::string_view service, std::string_view name) {
    std::string key;
    key.reserve(service.size() + 1 + name.size());
    return key.append(service).append(".").append(name);
}

}  // namespace

void OperationTable::add(std::string_view service, std::string_view name, Operation operation) {
    const bool is_new = operations_.emplace(key_of(service, name), std::move(operation)).second;
    SW_ASSERT(is_new);
}

const Operation* OperationTable::find(std::string_view service, std::string_view name) const {
    const auto found = operations_.find(key_of(service, name));
    return found == operations_.end() ? nullptr : &found->second;
}

std::vector<std::string> OperationTable::names() const {
    std::vector<std::string> all;
    all.reserve(operations_.size());
    for (const auto& [key, operation] : operations_) all.push_back(key);
    std::sort(all.begin(), all.end());
    return all;
}

}  // namespace stepwell::api
