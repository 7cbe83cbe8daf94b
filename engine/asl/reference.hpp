// A JSONPath with its root: `$.a`, `$$.Execution.Id`, `$variable.b`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "asl/context_object.hpp"
#include "asl/evaluation.hpp"
#include "asl/path.hpp"

namespace stepwell::asl {

/// What a path names, compiled. Finding it parses nothing of the definition.
///
/// threads  any; immutable
class Reference {
 public:
    enum class Root : std::uint8_t { input, context, variable };

    /// Reads a path that starts with `$` from the front of `text` and takes off what it has read.
    /// Nothing when malformed.
    static std::optional<Reference> parse(std::string_view& text, Path::Context context);
    /// The same where `text` is the path and nothing else.
    static std::optional<Reference> parse_whole(std::string_view text);

    /// The value; of an indefinite path an array of all values. Nothing when a definite path leads
    /// nowhere; `reason` then tells why.
    std::optional<json::Value> find(Evaluation& evaluation, std::string* reason = nullptr) const;
    /// Appends the value's text, as it stood; false where `find` gives nothing.
    bool append(Evaluation& evaluation, std::string& out, std::string* reason = nullptr) const;

    Root root() const noexcept { return root_; }
    const Path& path() const noexcept { return path_; }
    const std::string& text() const noexcept { return text_; }  ///< as the definition has it
    const std::string& variable() const noexcept { return variable_; }
    /// True for `$`, `$$`, or `$variable` without anything behind.
    bool is_root() const noexcept { return path_.is_root(); }

 private:
    std::optional<json::Value> start(Evaluation& evaluation) const;
    std::optional<json::Value> find_all(Evaluation& evaluation, json::Value start) const;

    Root root_ = Root::input;
    std::string variable_;
    Path path_;
    std::string text_;
    std::optional<ContextField> field_;  // of a path into the context object that needs no object
};

}  // namespace stepwell::asl
