// Which variables an expression takes from its surroundings.
#include <algorithm>
#include <vector>

#include "asl/jsonata/parser.hpp"

namespace stepwell::asl::jsonata {

namespace {

/// Walks the tree with the variables that are bound where it stands. Recursion is bounded by the
/// tree's depth.
class ReferenceFinder {
 public:
    explicit ReferenceFinder(Program& program) : program_(program) {}

    /// `is_input`: whether the context here is the whole input.
    void visit(const Node& node, bool is_input) {
        switch (node.kind) {
            case NodeKind::variable:
                variable(node, {}, is_input);
                break;
            case NodeKind::name:
            case NodeKind::wildcard:
            case NodeKind::descendants:
                if (is_input) note_input(node);
                break;
            case NodeKind::path:
                path(node, is_input);
                return;  // its group, too
            case NodeKind::object:
                pairs(*node.group, is_input);
                break;
            case NodeKind::block:
                scoped([&] { operands(node, is_input); });
                break;
            case NodeKind::bind:
                bind(node, is_input);
                break;
            case NodeKind::lambda:
                scoped([&] {
                    for (const std::string_view name : node.parameters) bound_.push_back(name);
                    operands(node, is_input);
                });
                break;
            case NodeKind::transform:
                operands(node, false);
                break;
            case NodeKind::call:
            case NodeKind::partial:
                call(node, is_input);
                break;
            default:
                operands(node, is_input);
                break;
        }
        behind(node);
    }

 private:
    template <class Visit>
    void scoped(Visit visit) {
        const std::size_t before = bound_.size();
        visit();
        bound_.resize(before);
    }

    void note_input(const Node& node) {
        if (!program_.input_use) program_.input_use = node.position;
    }

    void variable(const Node& node, std::string_view member, bool is_input) {
        if (node.text == "$" || (node.text.empty() && is_input)) note_input(node);
        if (node.text == "$" || node.text.empty() || node.builtin != nullptr) return;
        if (std::find(bound_.begin(), bound_.end(), node.text) != bound_.end()) return;
        auto& all = program_.references;
        const bool is_known = std::any_of(all.begin(), all.end(), [&](const VariableReference& r) {
            return r.variable == node.text && r.member == member;
        });
        if (!is_known) all.push_back({node.text, member, node.position});
    }

    void operands(const Node& node, bool is_input) {
        for (const Node* operand : node.operands) {
            if (operand != nullptr) visit(*operand, is_input);
        }
    }

    void pairs(const Group& group, bool is_input) {
        for (const auto& [key, value] : group) {
            visit(*key, is_input);
            visit(*value, is_input);
        }
    }

    // Predicates and groups see what they stand behind.
    void behind(const Node& node) {
        for (const Stage& predicate : node.predicates) visit(*predicate.filter, false);
        if (node.group != nullptr && node.kind != NodeKind::object) pairs(*node.group, false);
    }

    void bind(const Node& node, bool is_input) {
        const Node& value = *node.operands[0];
        const bool may_call_itself = value.kind == NodeKind::lambda;
        if (may_call_itself) bound_.push_back(node.text);
        visit(value, is_input);
        if (!may_call_itself) bound_.push_back(node.text);
    }

    // A function's name without $ is a mistake of its own, and no use of the input.
    void call(const Node& node, bool is_input) {
        const bool is_name = node.operands[0]->kind == NodeKind::path;
        for (std::size_t i = is_name ? 1 : 0; i < node.operands.size(); ++i) {
            if (node.operands[i] != nullptr) visit(*node.operands[i], is_input);
        }
    }

    void path(const Node& node, bool is_input) {
        scoped([&] {
            for (std::size_t i = 0; i < node.operands.size(); ++i)
                step(node, i, is_input && i == 0);
            behind(node);
        });
    }

    void step(const Node& path, std::size_t i, bool is_input) {
        const Node& step = *path.operands[i];
        const bool is_plain = step.kind == NodeKind::variable && step.predicates.empty();
        const bool has_name =
            i + 1 < path.operands.size() && path.operands[i + 1]->kind == NodeKind::name && i == 0;
        if (is_plain) {
            variable(step, has_name ? path.operands[1]->text : std::string_view{}, is_input);
        } else {
            visit(step, is_input);
        }
        for (const std::string_view name : {step.focus, step.index}) {
            if (!name.empty()) bound_.push_back(name);
        }
        for (const Stage& stage : step.stages) {
            if (stage.filter != nullptr) visit(*stage.filter, false);
            if (!stage.index.empty()) bound_.push_back(stage.index);
        }
        for (const SortTerm& term : step.terms) visit(*term.expression, false);
    }

    Program& program_;
    std::vector<std::string_view> bound_;
};

}  // namespace

void find_references(Program& program) { ReferenceFinder{program}.visit(*program.root, true); }

}  // namespace stepwell::asl::jsonata
