// Figures in the text format that Prometheus reads.
//
// source  prometheus.io/docs/instrumenting/exposition_formats, text format 0.0.4
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace stepwell {

/// Writes families of figures, one after another, each with its samples.
///
/// threads  one
class MetricsText {
 public:
    enum class Type : std::uint8_t { counter, gauge };
    using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

    /// Begins a family: its name, its type, and what it tells in one sentence.
    void family(std::string_view name, Type type, std::string_view help);
    /// A figure of the present family.
    void sample(std::uint64_t value, Labels labels = {});
    /// A family of a single figure.
    void single(std::string_view name, Type type, std::string_view help, std::uint64_t value) {
        family(name, type, help);
        sample(value);
    }

    std::string take() { return std::move(out_); }

 private:
    std::string out_;
    std::string name_;
};

}  // namespace stepwell
