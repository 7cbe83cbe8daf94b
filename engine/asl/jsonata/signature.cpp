#include "asl/jsonata/signature.hpp"

#include <algorithm>
#include <optional>

#include "asl/jsonata/evaluator.hpp"
#include "base/try.hpp"

namespace stepwell::asl::jsonata {

namespace {

constexpr std::uint16_t bit(Kind kind) {
    return static_cast<std::uint16_t>(1u << static_cast<unsigned>(kind));
}

constexpr std::uint16_t every_json = bit(Kind::null) | bit(Kind::boolean) | bit(Kind::number) |
                                     bit(Kind::string) | bit(Kind::array) | bit(Kind::object);

/// The kinds that a letter stands for; nothing for any other letter.
std::optional<std::uint16_t> types_of(char letter) {
    switch (letter) {
        case 's':
            return bit(Kind::string);
        case 'n':
            return bit(Kind::number);
        case 'b':
            return bit(Kind::boolean);
        case 'l':
            return bit(Kind::null);
        case 'o':
            return bit(Kind::object);
        case 'f':
            return bit(Kind::function);
        case 'j':
            return every_json;
        case 'a':
        case 'x':
            return every_json | bit(Kind::function);
        default:
            return std::nullopt;
    }
}

std::string_view plural_of(char letter) {
    switch (letter) {
        case 'a':
            return "arrays";
        case 'b':
            return "booleans";
        case 'f':
            return "functions";
        case 'n':
            return "numbers";
        case 'o':
            return "objects";
        case 's':
            return "strings";
        default:
            return "values";
    }
}

}  // namespace

/// Takes a signature's text apart.
class Signature::Reader {
 public:
    explicit Reader(std::string_view text) : text_(text) {}

    // Gives the error's code; empty when all is well.
    std::string_view read(std::vector<Parameter>& parameters) {
        for (std::size_t i = 1; i < text_.size() && text_[i] != ':' && text_[i] != '>'; ++i) {
            if (modify(parameters, i)) continue;
            if (parameters.size() == parameters_max) return "S0401";
            if (text_[i] != '(' && !types_of(text_[i])) continue;
            Parameter parameter;
            const std::string_view error =
                text_[i] == '(' ? choice(i, parameter) : one(i, parameter);
            if (!error.empty()) return error;
            parameters.push_back(parameter);
        }
        return {};
    }

 private:
    static constexpr std::size_t parameters_max = 100;

    bool modify(std::vector<Parameter>& parameters, std::size_t i) {
        const char c = text_[i];
        if (c != '-' && c != '?' && c != '+') return false;
        if (parameters.empty()) return true;
        Parameter& last = parameters.back();
        last.takes_context |= c == '-';
        last.is_optional |= c == '?' || c == '-';
        last.is_repeated |= c == '+';
        return true;
    }

    std::string_view one(std::size_t& i, Parameter& parameter) {
        const char letter = text_[i];
        parameter.types = types_of(letter).value_or(0);
        parameter.is_array = letter == 'a';
        if (i + 1 == text_.size() || text_[i + 1] != '<') return {};
        if (letter != 'a' && letter != 'f') return "S0401";
        if (parameter.is_array && i + 2 < text_.size()) parameter.element = text_[i + 2];
        i = closing(i + 1, '<', '>');
        return {};
    }

    std::string_view choice(std::size_t& i, Parameter& parameter) {
        const std::size_t end = closing(i, '(', ')');
        for (++i; i < end; ++i) {
            if (text_[i] == '<') return "S0402";
            const bool is_array = text_[i] == 'a';
            parameter.types |= is_array ? bit(Kind::array) : types_of(text_[i]).value_or(0);
        }
        return {};
    }

    std::size_t closing(std::size_t start, char opening, char closing) const {
        int depth = 0;
        for (std::size_t i = start; i < text_.size(); ++i) {
            if (text_[i] == opening) ++depth;
            if (text_[i] == closing && --depth == 0) return i;
        }
        return text_.size();
    }

    std::string_view text_;
};

std::shared_ptr<const Signature> Signature::parse(std::string_view text, std::string_view& error) {
    auto signature = std::make_shared<Signature>();
    error = Reader{text}.read(signature->parameters_);
    return error.empty() ? signature : nullptr;
}

// As many arguments as possible go to each parameter in turn. `counts` tells how many went where.
bool Signature::match(std::span<const Types> kinds, std::size_t parameter, std::size_t at,
                      std::size_t& steps_left, std::vector<std::size_t>& counts) const {
    if (steps_left == 0) return false;
    --steps_left;
    if (parameter == parameters_.size()) return at == kinds.size();
    const Parameter& expected = parameters_[parameter];
    const Types accepted = expected.types | bit(Kind::undefined);
    const std::size_t count_max = expected.is_repeated ? kinds.size() - at : 1;
    std::size_t count = 0;
    while (count < count_max && at + count < kinds.size() && (kinds[at + count] & accepted) != 0) {
        ++count;
    }
    const std::size_t count_min = expected.is_optional ? 0 : 1;
    for (std::size_t taken = count + 1; taken-- > count_min;) {
        counts[parameter] = taken;
        if (match(kinds, parameter + 1, at + taken, steps_left, counts)) return true;
    }
    return false;
}

Outcome<Value> Signature::array_argument(Evaluator& evaluator, const Parameter& parameter,
                                         Value argument, std::size_t index,
                                         std::string_view function) const {
    if (argument.is_undefined()) return argument;
    const Types element =
        parameter.element == 0 ? Types{0} : types_of(parameter.element).value_or(0);
    const Array elements = elements_of(argument);
    if (element != 0 && elements.size > 0) {
        const Kind first = elements[0].kind();
        bool is_accepted = (bit(first) & element) != 0;
        for (std::size_t i = 1; i < elements.size && is_accepted; ++i) {
            is_accepted = elements[i].kind() == first;
        }
        if (!is_accepted) {
            return evaluator.fail(
                "T0412",
                {.token = function, .value = plural_of(parameter.element), .index = index});
        }
    }
    if (argument.is_array()) return argument;
    Elements wrapped{evaluator.arena()};
    wrapped.push(argument);
    return wrapped.array(evaluator.arena());
}

// Whether the arguments can be taken as they are: those at the end may be missing.
bool Signature::is_plain_match(std::span<const Value> arguments) const {
    if (arguments.size() > parameters_.size()) return false;
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
        const Parameter& parameter = parameters_[i];
        if (i >= arguments.size()) {
            if (!parameter.is_optional || parameter.takes_context) return false;
            continue;
        }
        const Value argument = arguments[i];
        if ((bit(argument.kind()) & parameter.types) == 0 || parameter.is_repeated) return false;
        if (parameter.is_array && (!argument.is_array() || parameter.element != 0)) return false;
    }
    return true;
}

Outcome<std::span<const Value>> Signature::apply(Evaluator& evaluator,
                                                 std::span<const Value> arguments, Value context,
                                                 std::string_view function) const {
    if (is_plain_match(arguments)) return arguments;
    std::vector<Types> kinds;
    for (const Value argument : arguments) kinds.push_back(bit(argument.kind()));
    std::vector<std::size_t> counts(parameters_.size(), 0);
    std::size_t steps_left = 10'000 + arguments.size();
    if (!match(kinds, 0, 0, steps_left, counts)) {
        std::size_t index = 0;
        while (index < std::min(kinds.size(), parameters_.size()) &&
               (kinds[index] & (parameters_[index].types | bit(Kind::undefined))) != 0) {
            ++index;
        }
        return evaluator.fail("T0410", {.token = function, .index = index + 1});
    }
    Collector<Value> all{evaluator.arena()};
    std::size_t at = 0;
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
        const Parameter& parameter = parameters_[i];
        if (counts[i] == 0 && parameter.takes_context) {
            if ((bit(context.kind()) & (parameter.types | bit(Kind::undefined))) == 0) {
                return evaluator.fail("T0411", {.token = function, .index = at + 1});
            }
            all.push(context);
        } else if (counts[i] == 0) {
            all.push(Value{});
        }
        for (std::size_t taken = 0; taken < counts[i]; ++taken, ++at) {
            Value argument = arguments[at];
            if (parameter.is_array) {
                SW_TRY(argument, array_argument(evaluator, parameter, argument, at + 1, function));
            }
            all.push(argument);
        }
    }
    return std::span<const Value>{all.all()};
}

}  // namespace stepwell::asl::jsonata
