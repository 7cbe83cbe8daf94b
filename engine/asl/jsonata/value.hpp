// Values while an expression is evaluated: views into the caller's JSON where possible, else parts
// of the evaluation's arena.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "asl/jsonata/arena.hpp"
#include "asl/jsonata/outcome.hpp"
#include "json/value.hpp"

namespace stepwell::asl::jsonata {

enum class Kind : std::uint8_t {
    undefined,
    null,
    boolean,
    number,
    string,
    array,
    object,
    function
};
std::string_view name_of(Kind kind) noexcept;  ///< as $type says it

struct Array;
struct Object;
struct Function;
struct TailCall;
struct Tuple;

/// One value of any kind: a tag and a number or a pointer, passed by value. What it points to is
/// never changed (but for the copy that a transform works on) and lives as long as the evaluation.
class Value {
 public:
    Value() noexcept : tag_(Tag::undefined), size_(0), pointer_(nullptr) {}

    static Value null() noexcept { return Value{Tag::null, nullptr}; }
    static Value of(bool value) noexcept {
        Value result{Tag::boolean, nullptr};
        result.boolean_ = value;
        return result;
    }
    static Value of(double value) noexcept {
        Value result{Tag::number, nullptr};
        result.number_ = value;
        return result;
    }
    static Value of(std::size_t value) noexcept { return of(static_cast<double>(value)); }
    /// The text stays where it is. Texts are shorter than 4 GiB.
    static Value of(std::string_view text) noexcept {
        Value result{Tag::string, text.data()};
        result.size_ = static_cast<std::uint32_t>(text.size());
        return result;
    }
    static Value of(const Array* array) noexcept { return Value{Tag::array, array}; }
    static Value of(Object* object) noexcept { return Value{Tag::object, object}; }
    static Value of(const Function* function) noexcept { return Value{Tag::function, function}; }
    static Value of(json::Value value) noexcept;
    /// A call that its caller has to make; never seen outside the evaluator.
    static Value of(const TailCall* call) noexcept { return Value{Tag::tail_call, call}; }

    Kind kind() const noexcept;
    bool is_undefined() const noexcept { return tag_ == Tag::undefined; }
    bool is_null() const noexcept { return tag_ == Tag::null; }
    bool is_boolean() const noexcept { return tag_ == Tag::boolean; }
    bool is_number() const noexcept { return tag_ == Tag::number || tag_ == Tag::json_number; }
    bool is_string() const noexcept { return tag_ == Tag::string; }
    bool is_array() const noexcept { return tag_ == Tag::array || tag_ == Tag::json_array; }
    bool is_object() const noexcept { return tag_ == Tag::object || tag_ == Tag::json_object; }
    bool is_function() const noexcept { return tag_ == Tag::function; }
    bool is_tail_call() const noexcept { return tag_ == Tag::tail_call; }

    bool boolean() const noexcept { return boolean_; }  ///< of a boolean
    double number() const noexcept {                    ///< of a number
        return tag_ == Tag::number ? number_ : json_number();
    }
    std::string_view string() const noexcept {  ///< of a string
        return {static_cast<const char*>(pointer_), size_};
    }
    const Function* function() const noexcept { return static_cast<const Function*>(pointer_); }
    const TailCall* tail_call() const noexcept { return static_cast<const TailCall*>(pointer_); }

    /// The array that the evaluation built; null when it is one of the caller's, or no array.
    const Array* built_array() const noexcept {
        return tag_ == Tag::array ? static_cast<const Array*>(pointer_) : nullptr;
    }
    /// The same of an object.
    Object* built_object() const noexcept {
        return tag_ == Tag::object ? static_cast<Object*>(const_cast<void*>(pointer_)) : nullptr;
    }
    /// The caller's value that this is a view of (number, array or object); null when built.
    const json::Node* node() const noexcept {
        const bool is_view =
            tag_ == Tag::json_number || tag_ == Tag::json_array || tag_ == Tag::json_object;
        return is_view ? static_cast<const json::Node*>(pointer_) : nullptr;
    }

 private:
    friend class Outcome<Value>;
    enum class Tag : std::uint8_t {
        failed,  // of an Outcome only
        undefined,
        null,
        boolean,
        number,
        json_number,
        string,
        array,
        json_array,
        object,
        json_object,
        function,
        tail_call,
    };
    Value(Tag tag, const void* pointer) noexcept : tag_(tag), size_(0), pointer_(pointer) {}
    double json_number() const noexcept;

    Tag tag_;
    std::uint32_t size_;  // of a string
    union {
        const void* pointer_;
        double number_;
        bool boolean_;
    };
};

/// A Value, or the mark that evaluating failed; no larger than a Value.
template <>
class [[nodiscard]] Outcome<Value> {
 public:
    Outcome(Value value) noexcept : value_(value) {}
    Outcome(Failed) noexcept : value_(Value::Tag::failed, nullptr) {}

    bool has_value() const noexcept { return value_.tag_ != Value::Tag::failed; }
    explicit operator bool() const noexcept { return has_value(); }
    Failed error() const noexcept { return {}; }
    Value operator*() const noexcept { return value_; }
    const Value* operator->() const noexcept { return &value_; }

 private:
    Value value_;
};

/// Whether two values are equal throughout: kinds, elements in order, members in any order.
/// Functions are equal when they are the same. Takes a step for each value inside from
/// `steps_left`; false without steps, and for what is nested deeper than JSON may be.
bool equal(Value a, Value b, std::size_t& steps_left) noexcept;

/// What JSONata takes for true: see $boolean. The steps and the depth as with `equal`.
bool is_true(Value value, std::size_t& steps_left) noexcept;

// ---- arrays
// ----------------------------------------------------------------------------------------

/// One position of a path with what its earlier steps have bound (`@$x`, `#$i`, parents).
struct Binding {
    std::string_view name;
    Value value;
    Binding* next;
};
struct Tuple {
    Value value;
    Binding* bindings;
};

/// A built array. A *sequence* is what a path gives: it is replaced by its only element, or by
/// nothing when it is empty.
struct Array {
    enum class Source : std::uint8_t { values, nodes, range, tuples };

    Source source = Source::values;
    bool is_sequence = false;
    bool keeps_singleton = false;   ///< a sequence that stays one with one element
    bool is_constructed = false;    ///< written as [...] in a path: not flattened into its result
    bool is_outer_wrapper = false;  ///< around an input that is an array itself
    std::size_t size = 0;
    union {
        const Value* values = nullptr;
        const json::Node* nodes;
        double first;  ///< of a range
        const Tuple* tuples;
    };

    Value operator[](std::size_t index) const noexcept {
        switch (source) {
            case Source::values:
                return values[index];
            case Source::nodes:
                return Value::of(json::Value{nodes + index});
            case Source::range:
                return Value::of(first + static_cast<double>(index));
            case Source::tuples:
                return tuples[index].value;
        }
        return {};
    }
};

/// The elements of an array of either kind; of anything else, the value itself as the only one.
Array elements_of(const Value& value) noexcept;
/// The same for an array only; empty else.
Array elements_if_array(Value value) noexcept;

inline bool is_sequence(Value value) noexcept {
    return value.built_array() != nullptr && value.built_array()->is_sequence;
}
inline bool is_tuple_stream(Value value) noexcept {
    return value.built_array() != nullptr && value.built_array()->source == Array::Source::tuples;
}

/// Collects elements. What does not fit into the arena is dropped, and the arena exhausted.
template <class T>
class Collector {
 public:
    explicit Collector(Arena& arena) noexcept : arena_(arena) {}

    void push(T element) {
        if (size_ == capacity_ && !grow(size_ + 1)) return;
        new (elements_ + size_) T(element);
        ++size_;
    }
    bool reserve(std::size_t size) { return size <= capacity_ || grow(size); }

    std::size_t size() const noexcept { return size_; }
    T* data() const noexcept { return elements_; }
    std::span<T> all() const noexcept { return {elements_, size_}; }

 private:
    bool grow(std::size_t size);

    Arena& arena_;
    T* elements_ = nullptr;
    std::size_t size_ = 0;
    std::size_t capacity_ = 0;
};

template <class T>
bool Collector<T>::grow(std::size_t size) {
    const std::size_t capacity = size < capacity_ * 2 ? capacity_ * 2 : size < 4 ? 4 : size;
    if (elements_ != nullptr &&
        arena_.extend(elements_, capacity_ * sizeof(T), capacity * sizeof(T))) {
        capacity_ = capacity;
        return true;
    }
    T* const moved = arena_.try_array<T>(capacity);
    if (moved == nullptr) return false;
    for (std::size_t i = 0; i < size_; ++i) new (moved + i) T(elements_[i]);
    elements_ = moved;
    capacity_ = capacity;
    return true;
}

/// Collects the elements of an array.
class Elements : public Collector<Value> {
 public:
    using Collector::Collector;

    /// The elements of an array; any other value as it is; nothing when it is undefined.
    void push_flat(Value value);
    Value array(Arena& arena) const { return Value::of(arena.make(built(false))); }
    Value sequence(Arena& arena) const { return Value::of(arena.make(built(true))); }

 private:
    Array built(bool is_sequence) const noexcept;
};

// ---- objects
// ---------------------------------------------------------------------------------------

struct Member {
    std::string_view key;
    Value value;
};

/// A built object: members in the order in which their keys came first. From a certain size on it
/// has a hash table of their positions.
struct Object {
    Member* members = nullptr;
    std::uint32_t size = 0;
    std::uint32_t capacity = 0;
    std::uint32_t* slots = nullptr;  ///< position + 1, 0 where empty; twice `capacity` of them

    /// The position of `key`; `size` when there is none.
    std::uint32_t position_of(std::string_view key) const noexcept;
    /// Adds or replaces. What does not fit into the arena is dropped, and the arena exhausted.
    void set(Arena& arena, std::string_view key, Value value);
    void erase(std::string_view key) noexcept;

 private:
    void index_member(std::uint32_t position) noexcept;
    bool grow(Arena& arena);
};

/// The member of an object of either kind; undefined when it is not there, or when `value` is no
/// object.
Value member_of(Value value, std::string_view key) noexcept;
std::size_t member_count(Value object) noexcept;

/// Calls `visit(key, value)` for each member in order, for one that is repeated in the caller's
/// JSON with the last value, until it gives false. Gives whether none did.
template <class Visit>
bool each_member(Value object, Visit visit) {
    if (const Object* built = object.built_object()) {
        for (std::uint32_t i = 0; i < built->size; ++i) {
            if (!visit(built->members[i].key, built->members[i].value)) return false;
        }
    } else if (const json::Node* node = object.node(); node != nullptr && object.is_object()) {
        const json::Value source{node};
        for (const json::Member& member : source.members()) {
            const json::Node* last = source.find(member.key)->node();
            if (last == &member.value && !visit(member.key, Value::of(json::Value{last})))
                return false;
        }
    }
    return true;
}

}  // namespace stepwell::asl::jsonata
