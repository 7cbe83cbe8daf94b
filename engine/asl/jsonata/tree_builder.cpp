#include "asl/jsonata/tree_builder.hpp"

#include <algorithm>

#include "asl/jsonata/expression.hpp"

namespace stepwell::asl::jsonata {

std::nullptr_t TreeBuilder::fail(std::string_view code, std::size_t position,
                                 ErrorDetails details) {
    return fail(make_error(code, details, position));
}

std::nullptr_t TreeBuilder::fail(const ExpressionError& error) {
    if (error_.code.empty()) error_ = error;
    return nullptr;
}

void TreeBuilder::refuse(std::string_view code, std::size_t position, ErrorDetails details) {
    if (refused_.code.empty()) refused_ = make_error(code, details, position);
}

Node* TreeBuilder::make(NodeKind kind, std::size_t position) {
    Node& node = program_.nodes.emplace_back();
    node.kind = kind;
    node.position = static_cast<std::uint32_t>(position);
    return &node;
}

// Notes that something of `depth_below` levels stands below the node.
bool TreeBuilder::deepen(Node* node, std::size_t depth_below) {
    if (depth_below >= Expression::depth_max) {
        node->depth = Expression::depth_max;
        fail("U1001", node->position, {.value = "The expression is nested too deeply"});
        return false;
    }
    node->depth = std::max(node->depth, static_cast<std::uint16_t>(depth_below + 1));
    return true;
}

bool TreeBuilder::relate(Node* parent, const Node* child) {
    if (child == nullptr || !deepen(parent, child->depth)) return false;
    if (child->kind == NodeKind::parent) parent->seeking.push_back(child->slot);
    parent->seeking.insert(parent->seeking.end(), child->seeking.begin(), child->seeking.end());
    return true;
}

bool TreeBuilder::adopt(Node* parent, Node* child) {
    if (!relate(parent, child)) return false;
    parent->operands.push_back(child);
    return true;
}

Node* TreeBuilder::name(std::string_view text, std::size_t position) {
    Node* const step = make(NodeKind::name, position);
    step->text = text;
    return path_of(step, false);
}

Node* TreeBuilder::parent(std::size_t position) {
    // No variable's name starts so.
    const std::string& label =
        program_.texts.emplace_back("%" + std::to_string(program_.slots.size()));
    Node* const node = make(NodeKind::parent, position);
    node->slot = &program_.slots.emplace_back(ParentSlot{label, 1});
    return node;
}

Node* TreeBuilder::negated(Node* operand, std::size_t position) {
    Node* const node = make(NodeKind::negation, position);
    const bool is_literal = operand->kind == NodeKind::number && operand->predicates.empty() &&
                            operand->group == nullptr;
    node->is_set = is_literal;
    node->number = -operand->number;
    return adopt(node, operand) ? node : nullptr;
}

// ---- paths
// -----------------------------------------------------------------------------------------

Node* TreeBuilder::path_of(Node* node, bool predicates_are_stages) {
    if (node->kind == NodeKind::path) return node;
    Node* const path = make(NodeKind::path, node->position);
    path->operands.push_back(node);
    deepen(path, node->depth);
    if (node->kind == NodeKind::parent) path->seeking.push_back(node->slot);
    path->seeking.insert(path->seeking.end(), node->seeking.begin(), node->seeking.end());
    path->keeps_singleton = node->keeps_array;
    if (predicates_are_stages) node->stages = std::exchange(node->predicates, {});
    return path;
}

// A text names a member; any other literal is no step.
void TreeBuilder::check_step(Node* step) {
    const bool is_literal = step->kind == NodeKind::number || step->kind == NodeKind::boolean ||
                            step->kind == NodeKind::null ||
                            (step->kind == NodeKind::negation && step->is_set);
    if (is_literal) refuse("S0213", step->position, {.value = step->text});
    if (step->kind == NodeKind::string) step->kind = NodeKind::name;
}

Node* TreeBuilder::dot(Node* left, Node* right) {
    Node* const path = path_of(left, false);
    std::vector<Node*> added{right};
    if (right->kind == NodeKind::path) {
        added = right->operands;
        right->operands.front()->seeking = right->seeking;
        path->keeps_singleton =
            path->keeps_singleton || right->keeps_singleton || right->keeps_array;
    } else {
        right->stages = std::exchange(right->predicates, {});
    }
    if (path->operands.size() + added.size() > steps_max) {
        return fail("U1001", path->position, {.value = "A path has too many steps"});
    }
    if (path->operands.size() == 1) check_step(path->operands.front());
    for (Node* step : added) {
        check_step(step);
        if (!deepen(path, step->depth)) return nullptr;
        path->operands.push_back(step);
        path->keeps_singleton = path->keeps_singleton || step->keeps_array;
    }
    for (Node* end : {path->operands.front(), path->operands.back()}) {
        if (end->kind == NodeKind::array) end->is_constructed = true;
    }
    resolve_parents(path);
    return path;
}

Node* TreeBuilder::filtered(Node* left, Node* predicate, std::size_t position) {
    const bool is_path = left->kind == NodeKind::path;
    const bool is_grouped = left->group != nullptr && left->kind != NodeKind::object;
    if (is_grouped && !is_path) refuse("S0209", position);
    Node* const step = is_path ? left->operands.back() : left;
    std::vector<ParentSlot*> slots = predicate->seeking;
    if (predicate->kind == NodeKind::parent) slots.push_back(predicate->slot);
    std::vector<ParentSlot*> remaining;
    for (ParentSlot* slot : slots) {
        if (slot->level == 1) {
            seek(slot, step);
        } else {
            --slot->level;
        }
        if (slot->level > 0) remaining.push_back(slot);
    }
    inherit(step, remaining);
    if (step != left) inherit(left, remaining);
    if (!deepen(left, predicate->depth)) return nullptr;
    (is_path ? step->stages : step->predicates).push_back({predicate, {}});
    return left;
}

Node* TreeBuilder::kept(Node* left) {
    const bool is_one_step = left->kind == NodeKind::path && left->operands.size() == 1;
    if (!is_one_step || left->group != nullptr) {
        left->keeps_array = true;
        return left;
    }
    left->operands.front()->keeps_array = true;
    left->keeps_singleton = true;
    return left;
}

Node* TreeBuilder::grouped(Node* left, Group group, std::size_t position) {
    if (left->kind == NodeKind::object) {  // its members stand where the group would
        Node* const block = make(NodeKind::block, position);
        if (!adopt(block, left)) return nullptr;
        left = block;
    }
    if (left->group != nullptr) refuse("S0210", position);
    for (const auto& [key, value] : group) {
        if (!deepen(left, key->depth) || !deepen(left, value->depth)) return nullptr;
    }
    left->group = std::make_unique<Group>(std::move(group));
    return left;
}

Node* TreeBuilder::sorted(Node* left, std::vector<SortTerm> terms, std::size_t position) {
    Node* const path = path_of(left, false);
    Node* const step = make(NodeKind::sort, position);
    for (const SortTerm& term : terms) {
        if (!relate(step, term.expression)) return nullptr;
    }
    step->terms = std::move(terms);
    if (path->operands.size() >= steps_max) {
        return fail("U1001", path->position, {.value = "A path has too many steps"});
    }
    if (!deepen(path, step->depth)) return nullptr;
    path->operands.push_back(step);
    resolve_parents(path);
    return path;
}

Node* TreeBuilder::focused(Node* left, std::string_view variable, std::size_t position) {
    const bool has_predicates = left->kind == NodeKind::path
                                    ? !left->operands.back()->stages.empty()
                                    : !left->predicates.empty();
    if (has_predicates) refuse("S0215", position);
    Node* const path = path_of(left, true);
    Node* const step = path->operands.back();
    if (step->kind == NodeKind::sort) refuse("S0216", position);
    step->focus = variable;
    step->is_tuple = true;
    return path;
}

Node* TreeBuilder::indexed(Node* left, std::string_view variable) {
    Node* const path = path_of(left, true);
    Node* const step = path->operands.back();
    if (step->stages.empty()) {
        step->index = variable;
    } else {
        step->stages.push_back({nullptr, variable});
    }
    step->is_tuple = true;
    return path;
}

// ---- parents
// ---------------------------------------------------------------------------------------

void TreeBuilder::inherit(Node* node, const std::vector<ParentSlot*>& slots) {
    for (ParentSlot* slot : slots) {
        const bool is_known =
            std::find(node->seeking.begin(), node->seeking.end(), slot) != node->seeking.end();
        if (!is_known) node->seeking.push_back(slot);
    }
}

// Goes one step up with `slot`: at level 0 the step binds it.
void TreeBuilder::seek(ParentSlot* slot, Node* step) {
    switch (step->kind) {
        case NodeKind::name:
        case NodeKind::wildcard:
            if (--slot->level > 0) return;
            if (step->ancestor == nullptr) {
                step->ancestor = slot;
            } else {
                slot->label = step->ancestor->label;  // both mean the same
            }
            step->is_tuple = true;
            return;
        case NodeKind::parent:
            ++slot->level;
            return;
        case NodeKind::block:
            if (step->operands.empty()) return;
            step->is_tuple = true;
            return seek(slot, step->operands.back());
        case NodeKind::path:
            step->is_tuple = true;
            for (std::size_t i = step->operands.size(); i-- > 0;) {
                seek(slot, step->operands[i]);
                if (slot->level == 0) break;
            }
            return;
        default:
            refuse("S0217", step->position);
            slot->level = 0;
            return;
    }
}

// Finds the steps that bind what the last step looks for; what is not found here, the path looks
// for.
void TreeBuilder::resolve_parents(Node* path) {
    const std::vector<Node*>& steps = path->operands;
    const Node* const last = steps.back();
    std::vector<ParentSlot*> slots = last->seeking;
    if (last->kind == NodeKind::parent) slots.push_back(last->slot);
    for (ParentSlot* slot : slots) {
        std::size_t left = steps.size() - 1;
        while (slot->level > 0) {
            if (left == 0) {
                inherit(path, {slot});
                break;
            }
            Node* step = steps[--left];
            // steps that bind a variable keep the context: only the first of them goes up
            while (left > 0 && !step->focus.empty() && !steps[left - 1]->focus.empty()) {
                step = steps[--left];
            }
            seek(slot, step);
        }
    }
}

void TreeBuilder::mark_tail_calls(Node* body) {
    if (!body->predicates.empty() || body->group != nullptr || body->keeps_array) return;
    if (body->kind == NodeKind::call) {
        body->is_tail_call = true;
    } else if (body->kind == NodeKind::condition) {
        for (std::size_t i = 1; i < body->operands.size(); ++i) mark_tail_calls(body->operands[i]);
    } else if (body->kind == NodeKind::block && !body->operands.empty()) {
        mark_tail_calls(body->operands.back());
    }
}

}  // namespace stepwell::asl::jsonata
