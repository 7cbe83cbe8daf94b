// Numbers in English words.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace stepwell::asl::jsonata {

/// "Seven Hundred and Thirty-Third": of an integer that is not negative.
std::string number_in_words(double value, bool is_ordinal);
/// The number that words of any case name; nothing when one of them is none of ours.
std::optional<double> number_of_words(std::string_view words);

}  // namespace stepwell::asl::jsonata
