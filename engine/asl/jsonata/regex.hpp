// Regular expressions in ECMAScript's syntax, with bounded matching.
//
// source  ECMA-262, "RegExp (Regular Expression) Objects" (without the u, s, y and v flags);
//         docs/decisions says why this is our own
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace stepwell::asl::jsonata {

struct RegexFlags {
    bool ignores_case = false;
    bool is_multiline = false;
};

/// Characters that a place in a pattern accepts.
struct CharacterSet {
    struct Range {
        char32_t first;
        char32_t last;
    };
    std::vector<Range> ranges;
    bool is_negated = false;

    bool contains(char32_t character, bool ignores_case) const noexcept;
};

/// A compiled pattern: a program for a backtracking machine.
///
/// threads  any; immutable
class Regex {
 public:
    static constexpr std::size_t nowhere = static_cast<std::size_t>(-1);
    static constexpr std::size_t instructions_max = 20'000;

    /// Bytes of the text.
    struct Span {
        std::size_t begin = nowhere;  ///< nowhere for a group that took no part
        std::size_t end = nowhere;

        bool is_there() const noexcept { return begin != nowhere && end != nowhere; }
    };
    struct Match {
        Span whole;
        std::vector<Span> groups;
    };
    enum class Found : std::uint8_t { yes, no, too_costly };

    /// Null, and `error` says why, when `pattern` is malformed or would be too large.
    static std::shared_ptr<const Regex> compile(std::string_view pattern, RegexFlags flags,
                                                std::string& error);

    /// Finds the first match at or behind `from`. Takes what it costs from `steps_left`.
    ///
    /// cost  linear in pattern times text, but for patterns with look-around or back-references,
    ///       which may use up the steps
    Found search(std::string_view text, std::size_t from, Match& match,
                 std::size_t& steps_left) const;

    enum class Operation : std::uint8_t {
        character,     // operand: it
        any,           // but a line's end
        set,           // operand: index into sets
        jump,          // operand: where to
        split,         // go on; operand: where to if that fails
        split_lazily,  // the other way round
        save,          // operand: which bound of which group
        reset,         // operand, second: groups' bounds to forget, from and up to
        mark,          // operand: register to put the position into
        check,         // operand: register; fails when the position has not changed since
        line_start,
        line_end,
        word_boundary,
        no_word_boundary,
        look_ahead,      // operand: behind its body; second: negated
        look_behind,     // the same
        back_reference,  // operand: group
        match,
    };
    struct Instruction {
        Operation operation;
        std::uint32_t operand = 0;
        std::uint32_t second = 0;
    };

 private:
    friend class RegexCompiler;
    friend class RegexMachine;

    std::vector<Instruction> program_;
    std::vector<CharacterSet> sets_;
    std::size_t bounds_ = 0;  // two for each group and the whole
    std::size_t registers_ = 0;
    bool may_memorize_ = true;  // whether what follows depends on place and position alone
    RegexFlags flags_;
};

}  // namespace stepwell::asl::jsonata
