// A pattern's tree. Known to regex.cpp only.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "asl/jsonata/regex.hpp"

namespace stepwell::asl::jsonata {

struct RegexNode {
    enum class Kind : std::uint8_t {
        empty,
        character,
        any,
        set,
        sequence,
        alternatives,
        group,   // captures as `number`
        repeat,  // of one child, `min` to `max` times
        line_start,
        line_end,
        word_boundary,
        no_word_boundary,
        look_ahead,
        look_behind,
        back_reference,  // to `number`
    };
    static constexpr std::uint32_t unbounded = static_cast<std::uint32_t>(-1);

    Kind kind = Kind::empty;
    char32_t character = 0;
    CharacterSet set = {};
    std::uint32_t number = 0;
    std::uint32_t min = 0;
    std::uint32_t max = 0;
    bool is_lazy = false;
    bool is_negated = false;
    std::uint32_t first_group = 0;  // groups inside: from, up to
    std::uint32_t last_group = 0;
    std::vector<RegexNode> children = {};
};

/// Reads a pattern.
class RegexParser {
 public:
    static constexpr int depth_max = 100;

    explicit RegexParser(std::string_view pattern);

    /// Nothing when it is malformed: error() says why.
    std::optional<RegexNode> parse();
    const std::string& error() const noexcept { return error_; }
    std::uint32_t groups() const noexcept { return groups_; }

 private:
    using Parsed = std::optional<RegexNode>;

    Parsed alternatives(int depth);
    Parsed sequence(int depth);
    Parsed term(int depth);
    Parsed group(int depth);
    Parsed quantified(RegexNode atom, std::uint32_t first_group);
    Parsed escape();
    Parsed character_class();
    Parsed back_reference(std::size_t digits);
    std::optional<char32_t> escaped_character();
    bool class_member(CharacterSet& set, std::optional<char32_t>& single);
    bool braces(std::uint32_t& min, std::uint32_t& max);
    std::optional<std::uint32_t> decimal();
    void find_groups(std::string_view pattern);

    bool is_end() const noexcept { return rest_.empty(); }
    bool take(std::string_view token);
    char32_t take_character();
    std::nullopt_t fail(std::string_view why);

    std::string_view rest_;
    std::string error_;
    std::uint32_t groups_ = 0;        // that were opened
    std::uint32_t groups_total_ = 0;  // in the whole pattern
    std::vector<std::pair<std::string, std::uint32_t>> names_;
};

}  // namespace stepwell::asl::jsonata
