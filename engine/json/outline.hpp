// An object seen from outside: its members, without a document.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "json/value.hpp"

namespace stepwell::json {

/// The members of an object that is known to be valid: of a Payload, or written by the engine.
/// Arrays and objects in it are stepped over, and read only when they are asked for.
///
/// threads  one at a time
/// cost     one pass that looks at quotes and brackets; no allocation unless a member has escapes,
///          or there are more than a dozen
class Outline {
 public:
    /// `text` is valid JSON and outlives the outline; what is no object has no members.
    explicit Outline(std::string_view text);
    Outline(const Outline&) = delete;
    Outline& operator=(const Outline&) = delete;

    /// In order, repeated keys included. Of arrays and objects only `kind` and `raw` are known.
    std::span<const Member> members() const noexcept { return members_; }
    /// The last member of that name, as `members` has it.
    std::optional<Value> find(std::string_view key) const noexcept;
    /// The same, with all that is in it.
    std::optional<Value> find_whole(std::string_view key);

 private:
    static constexpr std::size_t members_max = 12;

    struct Scan;
    const Member* member(std::string_view key) const noexcept;
    std::string_view unescaped(std::string_view inside);

    const std::string_view text_;
    std::span<Member> members_;
    std::vector<Member> many_;           // the members when first_ cannot hold them
    std::vector<Document> read_;         // what find_whole has read
    std::unique_ptr<char[]> unescaped_;  // strings that had escapes; absent when none had
    char* unescaped_end_ = nullptr;
    std::array<Member, members_max> first_;  // the first members_.size() are constructed
};

}  // namespace stepwell::json
