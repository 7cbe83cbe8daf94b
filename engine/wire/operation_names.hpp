// The names of all operations of the services, so that one that is missing here and one that AWS
// does not have either get different answers.
#pragma once

#include <span>
#include <string_view>
#include <vector>

namespace stepwell::wire {

struct ServiceNames {
    std::string_view service;     ///< the signing name
    std::string_view operations;  ///< with spaces between, sorted

    std::vector<std::string_view> list() const;
};

std::span<const ServiceNames> known_services() noexcept;
bool is_known_operation(std::string_view service, std::string_view operation);

}  // namespace stepwell::wire
