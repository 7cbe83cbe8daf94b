#include "asl/jsonata/value.hpp"

#include <functional>

namespace stepwell::asl::jsonata {

namespace {

constexpr std::uint32_t members_without_slots_max = 8;

std::size_t hash_of(std::string_view key) noexcept { return std::hash<std::string_view>{}(key); }

}  // namespace

std::string_view name_of(Kind kind) noexcept {
    constexpr std::string_view names[] = {"undefined", "null",  "boolean", "number",
                                          "string",    "array", "object",  "function"};
    return names[static_cast<std::size_t>(kind)];
}

Value Value::of(json::Value value) noexcept {
    switch (value.kind()) {
        case json::Kind::null:
            return null();
        case json::Kind::boolean:
            return of(value.boolean());
        case json::Kind::number:
            return Value{Tag::json_number, value.node()};
        case json::Kind::string:
            return of(value.string());
        case json::Kind::array:
            return Value{Tag::json_array, value.node()};
        case json::Kind::object:
            return Value{Tag::json_object, value.node()};
    }
    return {};
}

Kind Value::kind() const noexcept {
    constexpr Kind kinds[] = {Kind::undefined, Kind::undefined, Kind::null,   Kind::boolean,
                              Kind::number,    Kind::number,    Kind::string, Kind::array,
                              Kind::array,     Kind::object,    Kind::object, Kind::function,
                              Kind::function};
    return kinds[static_cast<std::size_t>(tag_)];
}

double Value::json_number() const noexcept { return json::Value{node()}.number(); }

// ---- comparing
// -------------------------------------------------------------------------------------

namespace {

bool equal_to(Value a, Value b, std::size_t levels_left, std::size_t& steps_left) noexcept;

bool equal_arrays(Value a, Value b, std::size_t levels_left, std::size_t& steps_left) noexcept {
    const Array left = elements_of(a);
    const Array right = elements_of(b);
    if (left.size != right.size) return false;
    for (std::size_t i = 0; i < left.size; ++i) {
        if (!equal_to(left[i], right[i], levels_left, steps_left)) return false;
    }
    return true;
}

bool equal_objects(Value a, Value b, std::size_t levels_left, std::size_t& steps_left) noexcept {
    if (member_count(a) != member_count(b)) return false;
    return each_member(a, [&](std::string_view key, Value value) {
        const Value other = member_of(b, key);
        return !other.is_undefined() && equal_to(value, other, levels_left, steps_left);
    });
}

bool equal_to(Value a, Value b, std::size_t levels_left, std::size_t& steps_left) noexcept {
    if (a.kind() != b.kind() || levels_left == 0 || steps_left == 0) return false;
    --steps_left;
    switch (a.kind()) {
        case Kind::undefined:
        case Kind::null:
            return true;
        case Kind::boolean:
            return a.boolean() == b.boolean();
        case Kind::number:
            return a.number() == b.number();
        case Kind::string:
            return a.string() == b.string();
        case Kind::array:
            return equal_arrays(a, b, levels_left - 1, steps_left);
        case Kind::object:
            return equal_objects(a, b, levels_left - 1, steps_left);
        case Kind::function:
            return a.function() == b.function();
    }
    return false;
}

bool is_true_within(Value value, std::size_t levels_left, std::size_t& steps_left) noexcept {
    if (levels_left == 0 || steps_left == 0) return false;
    switch (value.kind()) {
        case Kind::boolean:
            return value.boolean();
        case Kind::number:
            return value.number() != 0;
        case Kind::string:
            return !value.string().empty();
        case Kind::array: {
            const Array elements = elements_of(value);
            for (std::size_t i = 0; i < elements.size && steps_left > 0; ++i) {
                --steps_left;
                if (is_true_within(elements[i], levels_left - 1, steps_left)) return true;
            }
            return false;
        }
        case Kind::object:
            return member_count(value) != 0;
        default:
            return false;
    }
}

}  // namespace

bool equal(Value a, Value b, std::size_t& steps_left) noexcept {
    return equal_to(a, b, json::depth_max, steps_left);
}

bool is_true(Value value, std::size_t& steps_left) noexcept {
    return is_true_within(value, json::depth_max, steps_left);
}

// ---- arrays
// ----------------------------------------------------------------------------------------

Array elements_if_array(Value value) noexcept {
    if (const Array* built = value.built_array()) return *built;
    Array result;
    if (value.is_array()) {
        const auto nodes = json::Value{value.node()}.elements();
        result.source = Array::Source::nodes;
        result.nodes = nodes.data();
        result.size = nodes.size();
    }
    return result;
}

Array elements_of(const Value& value) noexcept {
    if (value.is_array()) return elements_if_array(value);
    Array result;
    result.values = &value;
    result.size = 1;
    return result;
}

void Elements::push_flat(Value value) {
    if (value.is_undefined()) return;
    if (!value.is_array()) return push(value);
    const Array elements = elements_of(value);
    if (!reserve(size() + elements.size)) return;
    for (std::size_t i = 0; i < elements.size; ++i) push(elements[i]);
}

Array Elements::built(bool is_sequence) const noexcept {
    Array result;
    result.is_sequence = is_sequence;
    result.size = size();
    result.values = data();
    return result;
}

// ---- objects
// ---------------------------------------------------------------------------------------

std::uint32_t Object::position_of(std::string_view key) const noexcept {
    if (slots == nullptr) {
        for (std::uint32_t i = 0; i < size; ++i) {
            if (members[i].key == key) return i;
        }
        return size;
    }
    const std::uint32_t mask = capacity * 2 - 1;
    for (auto at = static_cast<std::uint32_t>(hash_of(key)) & mask; slots[at] != 0;
         at = (at + 1) & mask) {
        if (members[slots[at] - 1].key == key) return slots[at] - 1;
    }
    return size;
}

void Object::index_member(std::uint32_t position) noexcept {
    const std::uint32_t mask = capacity * 2 - 1;
    auto at = static_cast<std::uint32_t>(hash_of(members[position].key)) & mask;
    while (slots[at] != 0) at = (at + 1) & mask;
    slots[at] = position + 1;
}

bool Object::grow(Arena& arena) {
    const std::uint32_t larger = capacity == 0 ? 4 : capacity * 2;
    Member* const moved = arena.try_array<Member>(larger);
    if (moved == nullptr) return false;
    for (std::uint32_t i = 0; i < size; ++i) new (moved + i) Member(members[i]);
    members = moved;
    capacity = larger;
    if (capacity <= members_without_slots_max) return true;
    slots = arena.try_array<std::uint32_t>(std::size_t{capacity} * 2);
    if (slots == nullptr) return true;  // exhausted: slower, and soon at its end
    std::memset(slots, 0, sizeof(std::uint32_t) * capacity * 2);
    for (std::uint32_t i = 0; i < size; ++i) index_member(i);
    return true;
}

void Object::set(Arena& arena, std::string_view key, Value value) {
    const std::uint32_t position = position_of(key);
    if (position < size) {
        members[position].value = value;
        return;
    }
    if (size == capacity && !grow(arena)) return;
    new (members + size) Member{key, value};
    if (slots != nullptr) index_member(size);
    ++size;
}

void Object::erase(std::string_view key) noexcept {
    const std::uint32_t position = position_of(key);
    if (position == size) return;
    for (std::uint32_t i = position; i + 1 < size; ++i) members[i] = members[i + 1];
    --size;
    if (slots == nullptr) return;
    std::memset(slots, 0, sizeof(std::uint32_t) * capacity * 2);
    for (std::uint32_t i = 0; i < size; ++i) index_member(i);
}

Value member_of(Value value, std::string_view key) noexcept {
    if (const Object* built = value.built_object()) {
        const std::uint32_t position = built->position_of(key);
        return position < built->size ? built->members[position].value : Value{};
    }
    if (!value.is_object()) return {};
    const auto found = json::Value{value.node()}.find(key);
    return found ? Value::of(*found) : Value{};
}

std::size_t member_count(Value object) noexcept {
    if (const Object* built = object.built_object()) return built->size;
    std::size_t count = 0;
    each_member(object, [&](std::string_view, Value) { return ++count != 0; });
    return count;
}

}  // namespace stepwell::asl::jsonata
