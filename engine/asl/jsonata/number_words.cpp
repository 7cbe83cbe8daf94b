#include "asl/jsonata/number_words.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <unordered_map>
#include <vector>

namespace stepwell::asl::jsonata {

namespace {

constexpr std::string_view small_numbers[] = {
    "Zero",     "One",     "Two",     "Three",     "Four",     "Five",    "Six",
    "Seven",    "Eight",   "Nine",    "Ten",       "Eleven",   "Twelve",  "Thirteen",
    "Fourteen", "Fifteen", "Sixteen", "Seventeen", "Eighteen", "Nineteen"};
constexpr std::string_view small_ordinals[] = {
    "Zeroth",     "First",     "Second",    "Third",       "Fourth",     "Fifth",     "Sixth",
    "Seventh",    "Eighth",    "Ninth",     "Tenth",       "Eleventh",   "Twelfth",   "Thirteenth",
    "Fourteenth", "Fifteenth", "Sixteenth", "Seventeenth", "Eighteenth", "Nineteenth"};
constexpr std::string_view tens[] = {"Twenty", "Thirty",  "Forty",  "Fifty",
                                     "Sixty",  "Seventy", "Eighty", "Ninety"};
constexpr std::string_view powers_of_1000[] = {"Thousand", "Million", "Billion", "Trillion"};

std::string in_words(double value, bool follows, bool is_ordinal);

// What is left of a number behind its larger part.
std::string remainder_in_words(double remainder, bool is_ordinal) {
    if (remainder > 0) return in_words(remainder, true, is_ordinal);
    return is_ordinal ? "th" : "";
}

std::string below_100_in_words(unsigned value, bool is_ordinal) {
    if (value < 20) return std::string{is_ordinal ? small_ordinals[value] : small_numbers[value]};
    std::string words{tens[value / 10 - 2]};
    if (value % 10 != 0) return words + "-" + below_100_in_words(value % 10, is_ordinal);
    if (is_ordinal) words.replace(words.size() - 1, 1, "ieth");
    return words;
}

// `follows`: behind a larger part. Each level takes a factor of at least 1,000 off.
std::string in_words(double value, bool follows, bool is_ordinal) {
    if (value < 100) {
        return (follows ? " and " : "") +
               below_100_in_words(static_cast<unsigned>(value), is_ordinal);
    }
    std::string words = follows ? ", " : "";
    if (value < 1000) {
        const double hundreds = std::floor(value / 100);
        words.append(small_numbers[static_cast<std::size_t>(hundreds)]).append(" Hundred");
        return words + remainder_in_words(value - hundreds * 100, is_ordinal);
    }
    double factor = 1000;
    std::size_t power = 0;
    while (power + 1 < std::size(powers_of_1000) && value >= factor * 1000) {
        factor *= 1000;
        ++power;
    }
    const double count = std::floor(value / factor);
    words.append(in_words(count, false, false)).append(" ").append(powers_of_1000[power]);
    return words + remainder_in_words(std::max(0.0, value - count * factor), is_ordinal);
}

std::string lower_case(std::string_view text) {
    std::string lower{text};
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return lower;
}

const std::unordered_map<std::string, double>& word_values() {
    static const auto values = [] {
        std::unordered_map<std::string, double> all;
        for (std::size_t i = 0; i < std::size(small_numbers); ++i) {
            all[lower_case(small_numbers[i])] = static_cast<double>(i);
            all[lower_case(small_ordinals[i])] = static_cast<double>(i);
        }
        for (std::size_t i = 0; i < std::size(tens); ++i) {
            const std::string word = lower_case(tens[i]);
            all[word] = static_cast<double>(10 * (i + 2));
            all[word.substr(0, word.size() - 1) + "ieth"] = static_cast<double>(10 * (i + 2));
        }
        all["hundred"] = all["hundredth"] = 100;
        double power = 1000;
        for (const std::string_view name : powers_of_1000) {
            all[lower_case(name)] = all[lower_case(name) + "th"] = power;
            power *= 1000;
        }
        return all;
    }();
    return values;
}

}  // namespace

std::string number_in_words(double value, bool is_ordinal) {
    return in_words(value, false, is_ordinal);
}

std::optional<double> number_of_words(std::string_view words) {
    // Parts of the sum; the last one is still to be multiplied by what follows.
    std::vector<double> parts{0};
    bool has_words = false;
    for (std::size_t at = 0; at < words.size();) {
        const std::size_t end = std::min(words.find_first_of(" ,-\t\n", at), words.size());
        const std::string word = lower_case(words.substr(at, end - at));
        at = end + 1;
        if (word.empty() || word == "and") continue;
        const auto found = word_values().find(word);
        if (found == word_values().end()) return std::nullopt;
        has_words = true;
        if (found->second >= 100) {
            parts.back() *= found->second;
        } else if (parts.back() >= 1000) {
            parts.push_back(found->second);
        } else {
            parts.back() += found->second;
        }
    }
    if (!has_words) return std::nullopt;
    return std::accumulate(parts.begin(), parts.end(), 0.0);
}

}  // namespace stepwell::asl::jsonata
