#include "asl/path_function.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "json/writer.hpp"

namespace stepwell::asl {

using json::Value;

namespace {

struct Named {
    std::string_view name;
    PathFunction function;
};
constexpr std::array<Named, 10> functions{{{"length", PathFunction::length},
                                           {"size", PathFunction::length},
                                           {"keys", PathFunction::keys},
                                           {"first", PathFunction::first},
                                           {"last", PathFunction::last},
                                           {"sum", PathFunction::sum},
                                           {"min", PathFunction::min},
                                           {"max", PathFunction::max},
                                           {"avg", PathFunction::avg},
                                           {"stddev", PathFunction::stddev}}};

std::size_t characters_in(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;  // not within a character
    }));
}

std::vector<double> numbers_in(Value value) {
    std::vector<double> numbers;
    for (const json::Node& element : value.elements()) {
        if (Value{&element}.is_number()) numbers.push_back(Value{&element}.number());
    }
    return numbers;
}

double sum_of(const std::vector<double>& numbers) {
    double sum = 0;
    for (const double number : numbers) sum += number;
    return sum;
}

double deviation_of(const std::vector<double>& numbers) {
    const double average = sum_of(numbers) / static_cast<double>(numbers.size());
    double squares = 0;
    for (const double number : numbers) squares += (number - average) * (number - average);
    return std::sqrt(squares / static_cast<double>(numbers.size()));
}

std::string text_of(double number) {
    json::Writer writer;
    writer.number(number);
    return writer.take();
}

}  // namespace

std::optional<PathFunction> find_path_function(std::string_view name) noexcept {
    const auto found = std::find_if(functions.begin(), functions.end(),
                                    [name](const Named& each) { return each.name == name; });
    return found == functions.end() ? std::nullopt : std::optional{found->function};
}

std::optional<std::string> apply(PathFunction function, Value value) {
    if (function == PathFunction::length) {
        if (value.is_string()) return std::to_string(characters_in(value.string()));
        if (!value.is_array() && !value.is_object()) return std::nullopt;
        return std::to_string(value.size());
    }
    if (function == PathFunction::keys) {
        if (!value.is_object()) return std::nullopt;
        json::Writer writer;
        writer.begin_array();
        for (const json::Member& member : value.members()) writer.string(member.key);
        writer.end_array();
        return writer.take();
    }
    if (!value.is_array() || value.size() == 0) return std::nullopt;
    if (function == PathFunction::first) return std::string(value[0].raw());
    if (function == PathFunction::last) return std::string(value[value.size() - 1].raw());
    const std::vector<double> numbers = numbers_in(value);
    if (numbers.empty()) return std::nullopt;
    switch (function) {
        case PathFunction::sum:
            return text_of(sum_of(numbers));
        case PathFunction::min:
            return text_of(*std::min_element(numbers.begin(), numbers.end()));
        case PathFunction::max:
            return text_of(*std::max_element(numbers.begin(), numbers.end()));
        case PathFunction::avg:
            return text_of(sum_of(numbers) / static_cast<double>(numbers.size()));
        case PathFunction::stddev:
            return text_of(deviation_of(numbers));
        default:
            return std::nullopt;  // done above
    }
}

}  // namespace stepwell::asl
