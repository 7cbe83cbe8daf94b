#include "asl/jsonata/regex.hpp"

#include <algorithm>
#include <optional>

#include "asl/jsonata/regex_parser.hpp"
#include "asl/jsonata/text.hpp"

namespace stepwell::asl::jsonata {

namespace {

using RegexOperation = Regex::Operation;
using Instruction = Regex::Instruction;

bool is_line_terminator(char32_t c) {
    return c == U'\n' || c == U'\r' || c == 0x2028 || c == 0x2029;
}

bool is_word_character(char32_t c) {
    return (c >= U'0' && c <= U'9') || (c >= U'A' && c <= U'Z') || (c >= U'a' && c <= U'z') ||
           c == U'_';
}

}  // namespace

bool CharacterSet::contains(char32_t character, bool ignores_case) const noexcept {
    const auto is_in = [&](char32_t searched) {
        return std::any_of(ranges.begin(), ranges.end(), [=](const Range& range) {
            return searched >= range.first && searched <= range.last;
        });
    };
    bool is_there = is_in(character);
    if (!is_there && ignores_case) {
        is_there = is_in(text::to_upper(character)) || is_in(text::to_lower(character));
    }
    return is_there != is_negated;
}

// ---- compiling
// -------------------------------------------------------------------------------------

/// Writes a tree as instructions.
class RegexCompiler {
 public:
    explicit RegexCompiler(Regex& regex) : regex_(regex) {}

    /// False when the program would be too large.
    bool compile(const RegexNode& tree, std::uint32_t groups) {
        regex_.bounds_ = 2 * (std::size_t{groups} + 1);
        emit(RegexOperation::save, 0);
        write(tree);
        emit(RegexOperation::save, 1);
        emit(RegexOperation::match);
        return !is_too_large();
    }

 private:
    using Kind = RegexNode::Kind;

    bool is_too_large() const { return regex_.program_.size() > Regex::instructions_max; }
    std::uint32_t here() const { return static_cast<std::uint32_t>(regex_.program_.size()); }
    std::uint32_t emit(RegexOperation operation, std::uint32_t operand = 0,
                       std::uint32_t second = 0) {
        regex_.program_.push_back({operation, operand, second});
        return here() - 1;
    }
    void land(std::uint32_t jump) { regex_.program_[jump].operand = here(); }

    void write(const RegexNode& node) {
        if (is_too_large()) return;
        switch (node.kind) {
            case Kind::empty:
                break;
            case Kind::character:
                emit(RegexOperation::character, node.character);
                break;
            case Kind::any:
                emit(RegexOperation::any);
                break;
            case Kind::set:
                emit(RegexOperation::set, static_cast<std::uint32_t>(regex_.sets_.size()));
                regex_.sets_.push_back(node.set);
                break;
            case Kind::sequence:
                for (const RegexNode& child : node.children) write(child);
                break;
            case Kind::alternatives:
                alternatives(node);
                break;
            case Kind::group:
                emit(RegexOperation::save, 2 * node.number);
                write(node.children.front());
                emit(RegexOperation::save, 2 * node.number + 1);
                break;
            case Kind::repeat:
                repeat(node);
                break;
            case Kind::line_start:
                emit(RegexOperation::line_start);
                break;
            case Kind::line_end:
                emit(RegexOperation::line_end);
                break;
            case Kind::word_boundary:
                emit(RegexOperation::word_boundary);
                break;
            case Kind::no_word_boundary:
                emit(RegexOperation::no_word_boundary);
                break;
            case Kind::look_ahead:
                look(RegexOperation::look_ahead, node);
                break;
            case Kind::look_behind:
                look(RegexOperation::look_behind, node);
                break;
            case Kind::back_reference:
                regex_.may_memorize_ = false;
                emit(RegexOperation::back_reference, node.number);
                break;
        }
    }

    void alternatives(const RegexNode& node) {
        std::vector<std::uint32_t> jumps;
        for (std::size_t i = 0; i < node.children.size(); ++i) {
            const bool is_last = i + 1 == node.children.size();
            const std::uint32_t split = is_last ? 0 : emit(RegexOperation::split);
            write(node.children[i]);
            if (is_last) break;
            jumps.push_back(emit(RegexOperation::jump));
            land(split);
        }
        for (const std::uint32_t jump : jumps) land(jump);
    }

    void iteration(const RegexNode& node) {
        if (node.last_group >= node.first_group) {
            emit(RegexOperation::reset, 2 * node.first_group, 2 * node.last_group + 2);
        }
        write(node.children.front());
    }

    void repeat(const RegexNode& node) {
        for (std::uint32_t i = 0; i < node.min && !is_too_large(); ++i) {
            const std::uint32_t start = here();
            iteration(node);
            if (here() == start) break;  // nothing, however often
        }
        const RegexOperation split =
            node.is_lazy ? RegexOperation::split_lazily : RegexOperation::split;
        if (node.max == RegexNode::unbounded) {
            const auto mark = static_cast<std::uint32_t>(regex_.registers_++);
            const std::uint32_t start = emit(split);
            emit(RegexOperation::mark, mark);
            iteration(node);
            emit(RegexOperation::check, mark);
            emit(RegexOperation::jump, start);
            land(start);
            return;
        }
        std::vector<std::uint32_t> exits;
        const auto mark = static_cast<std::uint32_t>(regex_.registers_++);
        for (std::uint32_t i = node.min; i < node.max && !is_too_large(); ++i) {
            exits.push_back(emit(split));
            emit(RegexOperation::mark, mark);
            iteration(node);
            emit(RegexOperation::check, mark);
        }
        for (const std::uint32_t exit : exits) land(exit);
    }

    void look(RegexOperation operation, const RegexNode& node) {
        regex_.may_memorize_ = false;
        const std::uint32_t start = emit(operation, 0, node.is_negated ? 1 : 0);
        write(node.children.front());
        emit(RegexOperation::match);
        land(start);
    }

    Regex& regex_;
};

std::shared_ptr<const Regex> Regex::compile(std::string_view pattern, RegexFlags flags,
                                            std::string& error) {
    RegexParser parser{pattern};
    const auto tree = parser.parse();
    if (!tree) {
        error = parser.error();
        return nullptr;
    }
    auto regex = std::make_shared<Regex>();
    regex->flags_ = flags;
    if (!RegexCompiler{*regex}.compile(*tree, parser.groups())) {
        error = "too large";
        return nullptr;
    }
    return regex;
}

// ---- matching
// --------------------------------------------------------------------------------------

/// Runs a program over a text. What it may have to come back to lies on a stack of its own.
class RegexMachine {
 public:
    RegexMachine(const Regex& regex, std::string_view text, std::size_t& steps_left)
        : regex_(regex), text_(text), steps_left_(steps_left) {
        bounds_.assign(regex.bounds_, Regex::nowhere);
        registers_.assign(regex.registers_, Regex::nowhere);
    }

    Regex::Found search(std::size_t from) {
        for (std::size_t start = from; start <= text_.size();) {
            std::fill(bounds_.begin(), bounds_.end(), Regex::nowhere);
            const bool is_found = run(0, start, Regex::nowhere);
            if (is_too_costly_) return Regex::Found::too_costly;
            if (is_found) return Regex::Found::yes;
            if (start == text_.size()) break;
            text::decode(text_, start);
        }
        return Regex::Found::no;
    }

    Regex::Span span(std::size_t group) const {
        return {bounds_[2 * group], bounds_[2 * group + 1]};
    }

 private:
    // Something to come back to: a place to go on from, or a bound or register to be restored.
    struct Choice {
        enum class Kind : std::uint8_t { go_on, bound, reg } kind;
        std::uint32_t which;   // instruction, bound or register
        std::size_t position;  // or the old value
    };
    static constexpr std::size_t choices_max = 1 << 20;
    static constexpr std::size_t steps_before_memorizing = 2048;
    static constexpr std::size_t memory_bits_max = 1 << 26;

    enum class Step : std::uint8_t { next, jumped, failed, done };

    /// Runs from instruction `at`; a look-behind's body has to end at `required_end`.
    bool run(std::uint32_t at, std::size_t position, std::size_t required_end) {
        const std::size_t bottom = choices_.size();
        while (true) {
            Step step = Step::failed;
            if (pay() && is_new(at, position)) step = execute(at, position, required_end);
            if (step == Step::done) {
                drop_choices(bottom);
                return true;
            }
            if (step == Step::next) ++at;
            if (step != Step::failed) continue;
            if (is_too_costly_ || !go_back(bottom, at, position)) return false;
        }
    }

    bool pay() {
        ++steps_;
        if (steps_left_ == 0 || choices_.size() > choices_max) is_too_costly_ = true;
        if (is_too_costly_) return false;
        --steps_left_;
        return true;
    }

    // After some steps without success: whether this place was not yet tried at this position.
    bool is_new(std::uint32_t at, std::size_t position) {
        if (steps_ <= steps_before_memorizing || !regex_.may_memorize_) return true;
        const std::size_t positions = text_.size() + 1;
        if (positions > memory_bits_max / regex_.program_.size()) return true;
        if (visited_.empty()) {
            const std::size_t bits = positions * regex_.program_.size();
            visited_.assign(bits / 64 + 1, 0);
            steps_left_ -= std::min(steps_left_, bits / 512);
        }
        const std::size_t bit = positions * at + position;
        const std::uint64_t mask = std::uint64_t{1} << (bit % 64);
        if ((visited_[bit / 64] & mask) != 0) return false;
        visited_[bit / 64] |= mask;
        return true;
    }

    bool go_back(std::size_t bottom, std::uint32_t& at, std::size_t& position) {
        while (choices_.size() > bottom) {
            const Choice choice = choices_.back();
            choices_.pop_back();
            if (choice.kind == Choice::Kind::go_on) {
                at = choice.which;
                position = choice.position;
                return true;
            }
            restore(choice);
        }
        return false;
    }

    void restore(const Choice& choice) {
        auto& values = choice.kind == Choice::Kind::bound ? bounds_ : registers_;
        values[choice.which] = choice.position;
    }

    // What was chosen inside a look-around stays chosen; its bounds are restored from outside.
    void drop_choices(std::size_t bottom) {
        const auto is_place = [](const Choice& choice) {
            return choice.kind == Choice::Kind::go_on;
        };
        const auto first = choices_.begin() + static_cast<std::ptrdiff_t>(bottom);
        choices_.erase(std::remove_if(first, choices_.end(), is_place), choices_.end());
    }

    void set(Choice::Kind kind, std::uint32_t which, std::size_t value) {
        auto& values = kind == Choice::Kind::bound ? bounds_ : registers_;
        choices_.push_back({kind, which, values[which]});
        values[which] = value;
    }

    static Step require(bool condition) { return condition ? Step::next : Step::failed; }

    Step execute(std::uint32_t& at, std::size_t& position, std::size_t required_end) {
        const Instruction instruction = regex_.program_[at];
        switch (instruction.operation) {
            case RegexOperation::character:
            case RegexOperation::any:
            case RegexOperation::set:
                return consume(instruction, position);
            case RegexOperation::jump:
                at = instruction.operand;
                return Step::jumped;
            case RegexOperation::split:
                choices_.push_back({Choice::Kind::go_on, instruction.operand, position});
                return Step::next;
            case RegexOperation::split_lazily:
                choices_.push_back({Choice::Kind::go_on, at + 1, position});
                at = instruction.operand;
                return Step::jumped;
            case RegexOperation::save:
                set(Choice::Kind::bound, instruction.operand, position);
                return Step::next;
            case RegexOperation::reset:
                for (std::uint32_t i = instruction.operand; i < instruction.second; ++i) {
                    set(Choice::Kind::bound, i, Regex::nowhere);
                }
                return Step::next;
            case RegexOperation::mark:
                set(Choice::Kind::reg, instruction.operand, position);
                return Step::next;
            case RegexOperation::check:
                return require(registers_[instruction.operand] != position);
            case RegexOperation::line_start:
                return require(position == 0 || (regex_.flags_.is_multiline &&
                                                 is_line_terminator(character_before(position))));
            case RegexOperation::line_end:
                return require(
                    position == text_.size() ||
                    (regex_.flags_.is_multiline && is_line_terminator(character_at(position))));
            case RegexOperation::word_boundary:
                return require(is_word_boundary(position));
            case RegexOperation::no_word_boundary:
                return require(!is_word_boundary(position));
            case RegexOperation::look_ahead:
            case RegexOperation::look_behind:
                return look(instruction, at, position);
            case RegexOperation::back_reference:
                return back_reference(instruction.operand, position);
            case RegexOperation::match:
                if (required_end != Regex::nowhere && required_end != position) return Step::failed;
                return Step::done;
        }
        return Step::failed;
    }

    Step consume(Instruction instruction, std::size_t& position) {
        if (position == text_.size()) return Step::failed;
        std::size_t next = position;
        const char32_t character = text::decode(text_, next);
        const bool ignores_case = regex_.flags_.ignores_case;
        bool is_accepted = false;
        if (instruction.operation == RegexOperation::any) {
            is_accepted = !is_line_terminator(character);
        } else if (instruction.operation == RegexOperation::set) {
            is_accepted = regex_.sets_[instruction.operand].contains(character, ignores_case);
        } else {
            is_accepted = is_same(character, instruction.operand);
        }
        if (!is_accepted) return Step::failed;
        position = next;
        return Step::next;
    }

    bool is_same(char32_t a, char32_t b) const {
        return a == b || (regex_.flags_.ignores_case && text::to_upper(a) == text::to_upper(b));
    }

    Step look(Instruction instruction, std::uint32_t& at, std::size_t position) {
        const std::size_t bottom = choices_.size();
        bool is_found = false;
        if (instruction.operation == RegexOperation::look_ahead) {
            is_found = run(at + 1, position, Regex::nowhere);
        } else {
            for (std::size_t start = position + 1; start-- > 0 && !is_found && !is_too_costly_;) {
                is_found = run(at + 1, start, position);
            }
        }
        if (is_too_costly_) return Step::failed;
        const bool is_negated = instruction.second != 0;
        if (is_found && is_negated) {
            for (; choices_.size() > bottom; choices_.pop_back()) restore(choices_.back());
        }
        if (is_found == is_negated) return Step::failed;
        at = instruction.operand;
        return Step::jumped;
    }

    Step back_reference(std::uint32_t group, std::size_t& position) {
        const Regex::Span captured = span(group);
        if (!captured.is_there()) return Step::next;  // what took no part matches nothing
        std::size_t next = position;
        for (std::size_t at = captured.begin; at < captured.end;) {
            if (next == text_.size() || !pay()) return Step::failed;
            const char32_t expected = text::decode(text_, at);
            if (!is_same(text::decode(text_, next), expected)) return Step::failed;
        }
        position = next;
        return Step::next;
    }

    char32_t character_at(std::size_t position) const { return text::decode(text_, position); }
    char32_t character_before(std::size_t position) const {
        do {
            --position;
        } while (position > 0 && (static_cast<unsigned char>(text_[position]) & 0xC0) == 0x80);
        return character_at(position);
    }
    bool is_word_boundary(std::size_t position) const {
        const bool before = position > 0 && is_word_character(character_before(position));
        const bool behind = position < text_.size() && is_word_character(character_at(position));
        return before != behind;
    }

    const Regex& regex_;
    const std::string_view text_;
    std::size_t& steps_left_;
    std::size_t steps_ = 0;
    bool is_too_costly_ = false;
    std::vector<std::size_t> bounds_;
    std::vector<std::size_t> registers_;
    std::vector<Choice> choices_;
    std::vector<std::uint64_t> visited_;
};

Regex::Found Regex::search(std::string_view text, std::size_t from, Match& match,
                           std::size_t& steps_left) const {
    RegexMachine machine{*this, text, steps_left};
    const Found found = machine.search(from);
    if (found != Found::yes) return found;
    match.whole = machine.span(0);
    match.groups.clear();
    for (std::size_t group = 1; group < bounds_ / 2; ++group) {
        match.groups.push_back(machine.span(group));
    }
    return found;
}

}  // namespace stepwell::asl::jsonata
