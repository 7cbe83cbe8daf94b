// Puts nodes together: what a path is made of, and which step a `%` means. Known to the parser
// only.
#pragma once

#include <cstddef>
#include <string_view>

#include "asl/jsonata/error.hpp"
#include "asl/jsonata/program.hpp"

namespace stepwell::asl::jsonata {

/// All functions that give a node give null when the tree would get too deep; error() says so. What
/// makes no sense is noted as refused, and they go on: a mistake of syntax further on is told
/// first.
class TreeBuilder {
 public:
    static constexpr std::size_t steps_max = 1000;  ///< of one path

    explicit TreeBuilder(Program& program) : program_(program) {}

    const ExpressionError& error() const noexcept { return error_; }
    /// The first thing that made no sense; without a code when all did.
    const ExpressionError& refused() const noexcept { return refused_; }
    void refuse(std::string_view code, std::size_t position, ErrorDetails details = {});
    std::nullptr_t fail(std::string_view code, std::size_t position, ErrorDetails details = {});
    /// The same with an error that was found elsewhere.
    std::nullptr_t fail(const ExpressionError& error);

    Node* make(NodeKind kind, std::size_t position);
    /// Makes `child` an operand of `parent`, which then looks for the same parents.
    bool adopt(Node* parent, Node* child);
    /// The same without becoming an operand.
    bool relate(Node* parent, const Node* child);

    Node* name(std::string_view text, std::size_t position);
    Node* parent(std::size_t position);
    /// `left.right`
    Node* dot(Node* left, Node* right);
    /// `left[predicate]`
    Node* filtered(Node* left, Node* predicate, std::size_t position);
    /// `left[]`
    Node* kept(Node* left);
    /// `left{...}`
    Node* grouped(Node* left, Group group, std::size_t position);
    /// `left^(...)`
    Node* sorted(Node* left, std::vector<SortTerm> terms, std::size_t position);
    /// `left@$variable`, `left#$variable`
    Node* focused(Node* left, std::string_view variable, std::size_t position);
    Node* indexed(Node* left, std::string_view variable);
    Node* negated(Node* operand, std::size_t position);
    /// Calls at the end of a lambda's body give back to its caller.
    static void mark_tail_calls(Node* body);

 private:
    Node* path_of(Node* node, bool predicates_are_stages);
    void check_step(Node* step);
    void resolve_parents(Node* path);
    void seek(ParentSlot* slot, Node* step);
    bool deepen(Node* node, std::size_t depth_below);
    static void inherit(Node* node, const std::vector<ParentSlot*>& slots);

    Program& program_;
    ExpressionError error_;
    ExpressionError refused_;
};

}  // namespace stepwell::asl::jsonata
