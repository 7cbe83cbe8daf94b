#include "wire/form.hpp"

#include <algorithm>
#include <utility>

namespace stepwell::wire {

namespace {

int hexadecimal_digit(char c) noexcept {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

}  // namespace

std::optional<std::string> percent_decoded(std::string_view text, bool plus_is_space) {
    std::string decoded;
    decoded.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '+' && plus_is_space) {
            decoded.push_back(' ');
        } else if (text[i] != '%') {
            decoded.push_back(text[i]);
        } else {
            if (text.size() - i < 3) return std::nullopt;
            const int high = hexadecimal_digit(text[i + 1]);
            const int low = hexadecimal_digit(text[i + 2]);
            if (high < 0 || low < 0) return std::nullopt;
            decoded.push_back(static_cast<char>(high * 16 + low));
            i += 2;
        }
    }
    return decoded;
}

bool Form::add(std::string_view encoded) {
    while (!encoded.empty()) {
        const auto ampersand = std::min(encoded.find('&'), encoded.size());
        const std::string_view pair = encoded.substr(0, ampersand);
        encoded.remove_prefix(std::min(ampersand + 1, encoded.size()));
        if (pair.empty()) continue;
        const auto equals = pair.find('=');
        const bool has_value = equals != std::string_view::npos;
        auto name = percent_decoded(has_value ? pair.substr(0, equals) : pair, true);
        auto value =
            percent_decoded(has_value ? pair.substr(equals + 1) : std::string_view{}, true);
        if (!name.has_value() || !value.has_value() || parameters_.size() == parameters_max)
            return false;
        add(*std::move(name), *std::move(value));
    }
    return true;
}

void Form::add(std::string name, std::string value) {
    parameters_.push_back({std::move(name), std::move(value), parameters_.size()});
    is_sorted_ = false;
}

void Form::sort() const {
    if (std::exchange(is_sorted_, true)) return;
    std::sort(parameters_.begin(), parameters_.end(), [](const Parameter& a, const Parameter& b) {
        const int order = a.name.compare(b.name);
        return order != 0 ? order < 0 : a.position < b.position;
    });
}

const std::string* Form::find(std::string_view name) const {
    const std::span<const Parameter> found = with_prefix(name);
    return !found.empty() && found.front().name == name ? &found.front().value : nullptr;
}

std::span<const Form::Parameter> Form::with_prefix(std::string_view prefix) const {
    sort();
    const auto begin =
        std::lower_bound(parameters_.begin(), parameters_.end(), prefix,
                         [](const Parameter& a, std::string_view b) { return a.name < b; });
    const auto end = std::find_if_not(begin, parameters_.end(), [prefix](const Parameter& a) {
        return a.name.starts_with(prefix);
    });
    return {begin, end};
}

}  // namespace stepwell::wire
