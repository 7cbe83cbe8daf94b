// Parameters as URLs and forms carry them: "a=1&b=x%20y".
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace stepwell::wire {

/// Replaces %XX (and, in forms, '+' by a space). Nothing when a '%' is not followed by two
/// hexadecimal digits.
std::optional<std::string> percent_decoded(std::string_view text, bool plus_is_space);

/// The decoded parameters of a request, sorted by name; of equal names the one that came first
/// stands first.
class Form {
 public:
    static constexpr std::size_t parameters_max = 10'000;

    struct Parameter {
        std::string name;
        std::string value;
        std::size_t position;  ///< among all, as they came
    };

    /// Adds the parameters of `encoded`. False when it is malformed or there are too many.
    bool add(std::string_view encoded);
    void add(std::string name, std::string value);

    /// The value of the first parameter of that name.
    const std::string* find(std::string_view name) const;
    /// The parameters whose names begin with `prefix`, in order of their names.
    std::span<const Parameter> with_prefix(std::string_view prefix) const;

 private:
    void sort() const;

    mutable std::vector<Parameter> parameters_;
    mutable bool is_sorted_ = true;
};

}  // namespace stepwell::wire
