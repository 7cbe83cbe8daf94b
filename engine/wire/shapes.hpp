// What the query protocol has to know of each operation: its input's and output's members, their
// types, and the names under which parameters and XML elements carry them.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace stepwell::wire {

enum class ShapeType : std::uint8_t {
    text,
    integer,
    number,
    boolean,
    blob,       ///< base64 text in every protocol
    timestamp,  ///< epoch seconds in JSON, ISO 8601 in XML
    structure,
    list,
    map,
};

struct Member;

/// A type of the model. Scalars are the objects below; structures, lists and maps are made by the
/// functions.
struct Shape {
    ShapeType type;
    std::span<const Member> members = {};      ///< of a structure
    const Shape* element = nullptr;            ///< of a list; of a map: its values (keys are text)
    std::string_view element_name = "member";  ///< of a list: Names.member.1, <Names><member>
    std::string_view key_name = {};            ///< of a map
    std::string_view value_name = {};
    bool is_flat = false;  ///< no element around the elements: Name.1 instead of Names.member.1
};

/// A member of a structure: its name in JSON and, where it differs, in parameters and XML.
struct Member {
    std::string_view name;
    const Shape* shape;
    std::string_view other_wire_name = {};

    constexpr std::string_view wire_name() const noexcept {
        return other_wire_name.empty() ? name : other_wire_name;
    }
};

/// The vocabulary of the shapes_*.cpp tables.
namespace shapes {

inline constexpr Shape text{ShapeType::text};
inline constexpr Shape integer{ShapeType::integer};
inline constexpr Shape number{ShapeType::number};
inline constexpr Shape boolean{ShapeType::boolean};
inline constexpr Shape blob{ShapeType::blob};
inline constexpr Shape timestamp{ShapeType::timestamp};

constexpr Shape structure(std::span<const Member> members) {
    return {ShapeType::structure, members};
}
constexpr Shape list(const Shape* element, std::string_view element_name = "member") {
    return {ShapeType::list, {}, element, element_name};
}
constexpr Shape flat_list(const Shape* element) {
    return {ShapeType::list, {}, element, {}, {}, {}, true};
}
constexpr Shape map(const Shape* value, std::string_view key_name, std::string_view value_name) {
    return {ShapeType::map, {}, value, {}, key_name, value_name};
}
constexpr Shape flat_map(const Shape* value, std::string_view key_name,
                         std::string_view value_name) {
    return {ShapeType::map, {}, value, {}, key_name, value_name, true};
}

}  // namespace shapes

struct QueryOperation {
    std::string_view name;
    std::span<const Member> input;
    std::span<const Member> output;
    bool has_result;  ///< false: the reply has no <...Result> element
};

/// A service that speaks the query protocol.
struct QueryService {
    std::string_view name;  ///< the signing name, "sqs"
    std::string_view version;
    std::string_view xml_namespace;
    std::span<const QueryOperation> operations;

    const QueryOperation* find(std::string_view operation) const noexcept {
        for (const QueryOperation& candidate : operations) {
            if (candidate.name == operation) return &candidate;
        }
        return nullptr;
    }
};

const QueryService& sqs_query_service();
const QueryService& sns_query_service();
const QueryService& iam_query_service();
const QueryService& sts_query_service();

}  // namespace stepwell::wire
