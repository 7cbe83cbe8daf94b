// What the parts of an evaluation give to each other: a result, or the mark that it failed. What
// went wrong is told once, where the evaluation ends.
#pragma once

#include <optional>
#include <utility>

namespace stepwell::asl::jsonata {

/// The mark. The evaluator keeps the error itself.
struct [[nodiscard]] Failed {};

/// A T, or the mark that evaluating failed; SW_TRY takes it apart.
template <class T>
class [[nodiscard]] Outcome {
 public:
    Outcome(T value) : value_(std::move(value)) {}
    Outcome(Failed) noexcept {}

    bool has_value() const noexcept { return value_.has_value(); }
    explicit operator bool() const noexcept { return has_value(); }
    Failed error() const noexcept { return {}; }
    T& operator*() & noexcept { return *value_; }
    const T& operator*() const& noexcept { return *value_; }
    T&& operator*() && noexcept { return *std::move(value_); }

 private:
    std::optional<T> value_;
};

/// Whether something was done.
template <>
class [[nodiscard]] Outcome<void> {
 public:
    Outcome() noexcept = default;
    Outcome(Failed) noexcept : is_done_(false) {}

    bool has_value() const noexcept { return is_done_; }
    explicit operator bool() const noexcept { return is_done_; }
    Failed error() const noexcept { return {}; }

 private:
    bool is_done_ = true;
};

}  // namespace stepwell::asl::jsonata
