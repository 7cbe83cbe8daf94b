// Payload templates: JSON in which a key that ends in `.$` names a value to fill in. Parsed once.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "asl/intrinsic.hpp"
#include "asl/reference.hpp"
#include "json/value.hpp"

namespace stepwell::asl {

/// A path or a call: what the value of a `.$` key may be.
using Expression = std::variant<Reference, Call>;

/// Nothing when `text` is neither.
std::optional<Expression> parse_expression(std::string_view text);
/// The text as the definition has it.
const std::string& text_of(const Expression& expression);

/// A compiled template: literal text with holes between.
///
/// threads  any; immutable
class Template {
 public:
    /// A `.$` key whose value is no expression.
    struct Problem {
        std::string field;     ///< the key, with its `.$`
        std::string location;  ///< of the object that holds it, "/nested" below the template
    };
    /// Compiles `value`; problems are added to `problems`.
    static Template compile(json::Value value, std::vector<Problem>& problems);

    /// The filled template. One without holes gives the same bytes each time. The failure is AWS's:
    /// States.Runtime, naming path, field and input.
    Evaluated<Payload> render(Evaluation& evaluation) const;

    /// Every reference in the template, those in calls included.
    void visit_references(const std::function<void(const Reference&)>& visit) const;

 private:
    struct Hole {
        std::string before;  ///< the literal text in front of it
        Expression expression;
        std::string field;  ///< the key, with its `.$`
    };

    void add(json::Value value, std::string& literal, const std::string& location,
             std::vector<Problem>& problems);
    void add_object(json::Value value, std::string& literal, const std::string& location,
                    std::vector<Problem>& problems);

    std::vector<Hole> holes_;
    std::string after_;  // the literal text behind the last hole
    std::size_t literal_bytes_ = 0;
    Payload constant_;  // of a template without holes
};

/// Appends the value of the expression of field `field`. The failure is AWS's, as for
/// Template::render.
Evaluated<void> append_expression(Evaluation& evaluation, const Expression& expression,
                                  std::string_view field, std::string& out);

}  // namespace stepwell::asl
