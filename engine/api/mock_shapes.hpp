// The shapes of what AWS's operations answer, as far as TestState holds mocked results to them.
// source  AWS's service models; mock_shapes.py makes the tables of them
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string_view>

#include <stepwell/result.hpp>

#include "json/value.hpp"

namespace stepwell::api::mock_shapes {

enum class Kind : std::uint8_t { any, structure, list, map, string, boolean, number };

struct Shape {
    static constexpr std::int64_t no_bound = std::numeric_limits<std::int64_t>::min();
    Kind kind;
    std::uint16_t first;  ///< its first member or value; of a list or map the shape of its elements
    std::uint16_t count;  ///< of members, or of the values that an enumeration has
    std::int64_t min;
    std::int64_t max;
};
struct Member {
    std::string_view name;  ///< as Step Functions writes it, with a capital
    std::uint16_t shape;
    bool is_required;
};
struct OperationOutput {
    std::string_view
        operation;  ///< "lambda.Invoke": our name of the service, AWS's of the operation
    std::uint16_t shape;
};

// mock_shapes_data.cpp and mock_members_data.cpp
inline constexpr std::int64_t no_bound = Shape::no_bound;
std::span<const Shape> shapes();
std::span<const Member> members();
std::span<const std::string_view> values();
std::span<const OperationOutput> operations();  ///< sorted

/// How much has to fit.
enum class Strictness : std::uint8_t {
    present,   ///< what is there
    complete,  ///< and the required members are
};

/// Whether `result` is what the operation may answer; anything where the operation is not known,
/// and any further members.
///
/// errors  ValidationException, in AWS's words, for the first that does not fit
Result<> check(std::string_view operation, json::Value result, Strictness strictness);

}  // namespace stepwell::api::mock_shapes
