// JSON as the engine reads it: a parsed document and cheap views into it.
//
// Numbers keep their text, objects keep their order, strings may hold any Unicode. A view never
// copies; what it was parsed from is kept alive by its Document.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <stepwell/payload.hpp>
#include <stepwell/result.hpp>

namespace stepwell::json {

enum class Kind : std::uint8_t { null, boolean, number, string, array, object };

struct Member;

/// One parsed value as it lies in a Document. Read it through Value.
struct Node {
    const char* raw;  ///< where it starts in the text
    union {
        const char* string;     ///< of a string: its bytes, unescaped
        const Node* elements;   ///< of an array
        const Member* members;  ///< of an object
        bool boolean;           ///< of a boolean
    };
    std::uint32_t raw_size;
    std::uint32_t size;  ///< bytes of a string, elements of an array, members of an object
    Kind kind;
};

/// One value of a Document; a pointer, passed by value. Valid as long as its Document.
class Value {
 public:
    explicit Value(const Node* node) noexcept : node_(node) {}

    Kind kind() const noexcept { return node_->kind; }
    bool is_null() const noexcept { return kind() == Kind::null; }
    bool is_boolean() const noexcept { return kind() == Kind::boolean; }
    bool is_number() const noexcept { return kind() == Kind::number; }
    bool is_string() const noexcept { return kind() == Kind::string; }
    bool is_array() const noexcept { return kind() == Kind::array; }
    bool is_object() const noexcept { return kind() == Kind::object; }

    /// The text this value was parsed from, as it stood there (escapes and number formats kept; no
    /// outer white space).
    std::string_view raw() const noexcept { return {node_->raw, node_->raw_size}; }

    bool boolean() const noexcept { return node_->boolean; }  ///< of a boolean
    /// Of a number: the nearest double; beyond the range of doubles an infinity.
    double number() const noexcept;
    /// Of a string: unescaped UTF-8. An escaped lone surrogate reads as U+FFFD (raw() keeps it as
    /// it was written).
    std::string_view string() const noexcept { return {node_->string, node_->size}; }
    /// Of a number that was written as an integer and fits; nothing for 1.0, 1e3 or 2^63.
    std::optional<std::int64_t> integer() const noexcept;

    /// Elements of an array, members of an object, else 0.
    std::size_t size() const noexcept { return is_array() || is_object() ? node_->size : 0; }
    /// Of an array, index < size().
    Value operator[](std::size_t index) const noexcept { return Value{node_->elements + index}; }
    /// The member named `key` of an object (the last one where a key is repeated); nothing when
    /// this is no object.
    std::optional<Value> find(std::string_view key) const noexcept;

    /// Of an array: iterate and wrap each as Value(&node). Empty for anything else.
    std::span<const Node> elements() const noexcept;
    /// Of an object, in order, repeated keys included. Empty for anything else.
    std::span<const Member> members() const noexcept;

    const Node* node() const noexcept { return node_; }

 private:
    const Node* node_;
};

/// A member of an object.
struct Member {
    std::string_view key;  ///< unescaped
    Node value;
};

/// Objects of more members carry an index behind them, by which `find` takes logarithmic time: the
/// members' positions (std::uint32_t), ordered by key and then by position.
inline constexpr std::uint32_t members_without_index_max = 24;

inline std::span<const Node> Value::elements() const noexcept {
    return is_array() ? std::span<const Node>{node_->elements, node_->size}
                      : std::span<const Node>{};
}
inline std::span<const Member> Value::members() const noexcept {
    return is_object() ? std::span<const Member>{node_->members, node_->size}
                       : std::span<const Member>{};
}

/// True when both say the same: numbers by value (1 equals 1.0), objects whatever the order of
/// their members.
bool equal(Value a, Value b) noexcept;
/// The same for values that are `equal`.
std::size_t hash(Value value) noexcept;

/// Appends the text of `value` without white space around its tokens; numbers and escapes stay as
/// they were written.
void append_compact(std::string& out, Value value);

/// Why a text is no JSON, and where.
struct SyntaxError {
    std::string reason;  ///< "Unexpected ']'"
    std::optional<std::size_t>
        offset;  ///< in bytes; nothing where only the whole text is known to be wrong
};
/// Nothing when `text` is one JSON value.
std::optional<SyntaxError> find_syntax_error(std::string_view text);

/// Levels of arrays and objects that a text may have.
inline constexpr std::size_t depth_max = 1000;

/// A parsed text. Owns all nodes; views stay valid when it is moved.
///
/// threads  any, one at a time; const functions from several at once
/// cost     one pass over the text, one allocation for all nodes, one more when a string has
/// escapes
class Document {
 public:
    /// Parses a copy of `text`.
    ///
    /// errors   InvalidJson with the reason and the byte offset (also: nesting deeper than 1,000
    /// levels, not UTF-8)
    static Result<Document> parse(std::string_view text);
    /// Shares the payload's bytes instead of copying them. The payload is not absent.
    static Document of(Payload payload);

    Value root() const noexcept { return Value{root_}; }
    const Payload& payload() const noexcept { return payload_; }

    Document(Document&&) noexcept = default;
    Document& operator=(Document&&) noexcept = default;
    ~Document() = default;

 private:
    Document() = default;
    Payload payload_;             // the text that nodes and unescaped strings point into
    const Node* root_ = nullptr;  // the first node of nodes_
    std::unique_ptr<std::byte[]> nodes_;
    std::unique_ptr<char[]> unescaped_;  // strings that had escapes; absent when none had
    friend class Parser;
};

}  // namespace stepwell::json
