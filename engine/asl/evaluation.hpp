// One evaluation of a state's expressions: what they may see, parsed when first needed.
#pragma once

#include <forward_list>
#include <optional>
#include <string>
#include <string_view>

#include "asl/evaluate.hpp"
#include "json/value.hpp"

namespace stepwell::asl {

/// Owns every document that an evaluation reads or makes; values it gave out live as long as it.
///
/// threads  one
class Evaluation {
 public:
    /// `root` is what `$` means here.
    Evaluation(const Scope& scope, Payload root) : scope_(scope), root_payload_(std::move(root)) {}
    Evaluation(const Evaluation&) = delete;
    Evaluation& operator=(const Evaluation&) = delete;

    const Scope& scope() const noexcept { return scope_; }
    const Payload& root_payload() const noexcept { return root_payload_; }

    json::Value root();                                          ///< `$`
    json::Value context();                                       ///< `$$`
    std::optional<json::Value> variable(std::string_view name);  ///< `$name`

    /// Keeps a JSON text that was made on the way, as a value.
    json::Value keep(std::string_view json);

    /// `$` as error texts show it: without white space.
    std::string root_text();

    /// States.Runtime with the cause that AWS gives: it names the state, its entered event, then
    /// `detail`.
    Failure failure(std::string_view detail) const;
    /// States.DataLimitExceeded: what is made here is larger than any payload may be.
    Failure too_large() const;

 private:
    const Scope& scope_;
    const Payload root_payload_;
    std::optional<json::Document> root_;
    std::optional<json::Document> context_;
    std::optional<json::Document> variables_;
    std::forward_list<json::Document> kept_;  // allocates nothing as long as it is empty
};

/// "An error occurred while executing the state 'X' (entered at the event id #2). " and `detail`;
/// where there is no such event (TestState), `detail` alone.
std::string cause_in_state(const Scope& scope, std::string_view detail);

}  // namespace stepwell::asl
