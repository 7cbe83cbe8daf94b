// What TestState has to know of the state before it runs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <stepwell/result.hpp>

#include "asl/lone_state.hpp"
#include "asl/resource.hpp"
#include "json/writer.hpp"

namespace stepwell::api {

struct TestedState {
    std::string type;  ///< as the definition has it: "Task"; empty when it has none
    bool is_jsonata = false;
    std::optional<asl::Resource> resource;  ///< of a Task
    std::size_t branches = 0;               ///< of a Parallel
    bool has_result_writer = false;         ///< of a Map, from here on
    bool has_item_selector = false;
    std::optional<std::int64_t> tolerated_failure_count;
    std::optional<double> tolerated_failure_percentage;

    /// Reads what there is: whether the definition is right is seen when it is compiled.
    static TestedState read(const asl::LoneState& lone);

    bool is_nested() const noexcept { return type == "Map" || type == "Parallel"; }
    /// A Task that waits for somebody else: AWS tests it with a mock only.
    bool needs_mock() const noexcept;
    /// More than the Map tolerates; without a threshold it tolerates all.
    bool is_too_many(std::int64_t failures, std::size_t items) const noexcept;
};

}  // namespace stepwell::api
