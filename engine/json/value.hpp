// JSON as the engine reads it: a parsed document and cheap views into it.
//
// Numbers keep their text, objects keep their order, strings may hold any Unicode. A view never copies; what it was
// parsed from is kept alive by its Document.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include <stepwell/payload.hpp>
#include <stepwell/result.hpp>

namespace stepwell::json {

enum class Kind : std::uint8_t { null, boolean, number, string, array, object };

struct Member;
struct Node;

/// One value of a Document; two words, passed by value. Valid as long as its Document.
class Value {
   public:
    explicit Value(const Node* node) noexcept : node_(node) {}

    Kind kind() const noexcept;
    bool is_null() const noexcept { return kind() == Kind::null; }
    bool is_boolean() const noexcept { return kind() == Kind::boolean; }
    bool is_number() const noexcept { return kind() == Kind::number; }
    bool is_string() const noexcept { return kind() == Kind::string; }
    bool is_array() const noexcept { return kind() == Kind::array; }
    bool is_object() const noexcept { return kind() == Kind::object; }

    /// The text this value was parsed from, as it stood there (escapes and number formats kept; no outer white space).
    std::string_view raw() const noexcept;

    bool boolean() const noexcept;            ///< of a boolean
    double number() const noexcept;           ///< of a number
    std::string_view string() const noexcept; ///< of a string, unescaped UTF-8
    /// Of a number that was written as an integer and fits; nothing for 1.0, 1e3 or 2^63.
    std::optional<std::int64_t> integer() const noexcept;

    std::size_t size() const noexcept;                  ///< elements of an array, members of an object, else 0
    Value operator[](std::size_t index) const noexcept; ///< of an array, index < size()
    /// The member named `key` of an object (the last one where a key is repeated); nothing when this is no object.
    std::optional<Value> find(std::string_view key) const noexcept;

    std::span<const Node> elements() const noexcept;  ///< of an array: iterate and wrap each as Value(&node)
    std::span<const Member> members() const noexcept; ///< of an object, in order

    const Node* node() const noexcept { return node_; }

   private:
    const Node* node_;
};

/// A parsed text. Owns all nodes; views stay valid when it is moved.
class Document {
   public:
    /// errors   InvalidJson with the reason (also: nesting deeper than 1,000 levels, not UTF-8)
    static Result<Document> parse(std::string_view text);
    /// Shares the payload's bytes instead of copying them.
    static Document of(Payload payload);

    Value root() const noexcept;
    const Payload& payload() const noexcept { return payload_; }

    Document(Document&&) noexcept;
    Document& operator=(Document&&) noexcept;
    ~Document();

   private:
    Document() = default;
    Payload payload_;
    struct Storage;
    Storage* storage_ = nullptr;
};

}  // namespace stepwell::json
