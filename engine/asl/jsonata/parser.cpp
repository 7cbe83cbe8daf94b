#include "asl/jsonata/parser.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>

#include "asl/jsonata/function.hpp"
#include "asl/jsonata/lexer.hpp"
#include "asl/jsonata/text.hpp"
#include "asl/jsonata/tree_builder.hpp"

namespace stepwell::asl::jsonata {

namespace {

struct Infix {
    std::string_view text;
    int power;  // the higher, the tighter it binds
    std::optional<Operation> operation = {};
};

constexpr Infix infixes[] = {
    {".", 75},
    {"[", 80},
    {"{", 70},
    {"(", 80},
    {"@", 80},
    {"#", 80},
    {"?", 20},
    {"+", 50, Operation::add},
    {"-", 50, Operation::subtract},
    {"*", 60, Operation::multiply},
    {"/", 60, Operation::divide},
    {"%", 60, Operation::modulo},
    {"=", 40, Operation::equal},
    {"<", 40, Operation::less},
    {">", 40, Operation::greater},
    {"^", 40},
    {":=", 10},
    {"!=", 40, Operation::not_equal},
    {"<=", 40, Operation::less_equal},
    {">=", 40, Operation::greater_equal},
    {"~>", 40},
    {"?:", 40},
    {"??", 40},
    {"and", 30, Operation::logical_and},
    {"or", 25, Operation::logical_or},
    {"in", 40, Operation::in},
    {"&", 50, Operation::concatenate},
};

const Infix* infix_of(const Token& token) {
    if (token.kind != TokenKind::operation) return nullptr;
    const auto* const found = std::find_if(std::begin(infixes), std::end(infixes),
                                           [&](const Infix& i) { return i.text == token.text; });
    return found == std::end(infixes) ? nullptr : found;
}

/// Operator precedence parsing (Pratt 1973): what a token does in front of an operand, and what
/// behind one.
class Parser {
 public:
    Parser(Program& program, Dialect dialect)
        : program_(program),
          dialect_(dialect),
          tree_(program),
          lexer_(program.source, program.texts) {}

    const Node* parse() {
        if (!next(true)) return nullptr;
        Node* const root = expression(0);
        if (root == nullptr || !error().code.empty()) return nullptr;
        if (token_.kind != TokenKind::end) {
            return tree_.fail("S0201", token_.position, {.token = token_.text});
        }
        if (!tree_.refused().code.empty()) return tree_.fail(tree_.refused());
        if (root->kind == NodeKind::parent || !root->seeking.empty()) {
            return tree_.fail("S0217", root->position);
        }
        return root;
    }
    const ExpressionError& error() const { return tree_.error(); }

 private:
    // ---- tokens

    bool next(bool expects_operand) {
        if (!lexer_.next(token_, expects_operand)) {
            tree_.fail(lexer_.error());
            return false;
        }
        if (!token_.is("!") && !token_.is("~")) return true;
        tree_.fail("S0204", token_.position, {.token = token_.text});
        return false;
    }

    bool expect(std::string_view operation, bool expects_operand) {
        if (token_.is(operation)) return next(expects_operand);
        const bool is_end = token_.kind == TokenKind::end;
        tree_.fail(is_end ? "S0203" : "S0202", token_.position,
                   {.token = token_.text, .value = operation});
        return false;
    }

    // Takes a comma, if there is one.
    bool take_comma(bool& is_there) {
        is_there = token_.is(",");
        return !is_there || next(true);
    }

    // ---- expressions

    Node* expression(int power) {
        if (++depth_ > Expression::depth_max) {
            return tree_.fail("U1001", token_.position,
                              {.value = "The expression is nested too deeply"});
        }
        Node* left = operand();
        while (left != nullptr) {
            const Infix* infix = infix_of(token_);
            if (infix == nullptr || infix->power <= power) break;
            left = behind(left, *infix);
        }
        --depth_;
        return left;
    }

    // What starts with the current token.
    Node* operand() {
        const Token token = token_;
        switch (token.kind) {
            case TokenKind::end:  // what should be behind it is missing, too, and told first
                tree_.refuse("S0207", token.position);
                return tree_.make(NodeKind::null, token.position);
            case TokenKind::operation:
                return prefix(token);
            case TokenKind::name:
                return next(false) ? tree_.name(token.text, token.position) : nullptr;
            case TokenKind::variable:
                return variable(token);
            default:
                return literal(token);
        }
    }

    Node* literal(const Token& token) {
        Node* node = nullptr;
        if (token.kind == TokenKind::string) {
            node = tree_.make(NodeKind::string, token.position);
        } else if (token.kind == TokenKind::number) {
            node = tree_.make(NodeKind::number, token.position);
            node->number = token.number;
        } else if (token.kind == TokenKind::regex) {
            node = tree_.make(NodeKind::regex, token.position);
            std::string why;
            node->regex = Regex::compile(token.text, token.flags, why);
            if (node->regex == nullptr) {
                return tree_.fail("S0303", token.position, {.value = why});
            }
        } else {
            const NodeKind kind = token.text == "null" ? NodeKind::null : NodeKind::boolean;
            node = tree_.make(kind, token.position);
            node->is_set = token.text == "true";
        }
        node->text = token.text;
        return next(false) ? node : nullptr;
    }

    Node* variable(const Token& token) {
        Node* const node = tree_.make(NodeKind::variable, token.position);
        node->text = token.text;
        node->builtin = find_builtin(token.text, dialect_);
        return next(false) ? node : nullptr;
    }

    Node* prefix(const Token& token) {
        if (token.text == "and" || token.text == "or" || token.text == "in") {
            return next(false) ? tree_.name(token.text, token.position) : nullptr;
        }
        if (token.text == "*" || token.text == "**") {
            const NodeKind kind = token.text == "*" ? NodeKind::wildcard : NodeKind::descendants;
            return next(false) ? tree_.make(kind, token.position) : nullptr;
        }
        if (token.text == "%") return next(false) ? tree_.parent(token.position) : nullptr;
        if (token.text == "-") {
            if (!next(true)) return nullptr;
            Node* const negated = expression(70);
            return negated == nullptr ? nullptr : tree_.negated(negated, token.position);
        }
        if (token.text == "(") return next(true) ? block(token) : nullptr;
        if (token.text == "[") return next(true) ? array(token) : nullptr;
        if (token.text == "{") return object(token);
        if (token.text == "|") return next(true) ? transform(token) : nullptr;
        return tree_.fail("S0211", token.position, {.token = token.text});
    }

    // What an operator makes of `left` and of what stands behind it.
    Node* behind(Node* left, const Infix& infix) {
        const Token token = token_;
        const char first = infix.text.front();
        if (infix.operation) return next(true) ? binary(left, infix, token) : nullptr;
        if (infix.text == "?:" || infix.text == "??") {
            return next(true) ? fallback(left, token) : nullptr;
        }
        if (infix.text == ":=") return next(true) ? binding(left, token) : nullptr;
        if (infix.text == "~>") return next(true) ? chain(left, infix, token) : nullptr;
        switch (first) {
            case '.': {
                if (!next(true)) return nullptr;
                Node* const right = expression(infix.power);
                return right == nullptr ? nullptr : tree_.dot(left, right);
            }
            case '[':
                return next(true) ? predicate(left, token) : nullptr;
            case '{': {
                Group group;
                if (!members(group)) return nullptr;
                return tree_.grouped(left, std::move(group), token.position);
            }
            case '(':
                return next(true) ? call(left, token) : nullptr;
            case '?':
                return next(true) ? condition(left, token) : nullptr;
            case '^':
                return next(true) ? order(left, token) : nullptr;
            default:
                return next(true) ? position_variable(left, infix, token) : nullptr;
        }
    }

    // ---- operators

    Node* binary(Node* left, const Infix& infix, const Token& token) {
        Node* const node = tree_.make(NodeKind::binary, token.position);
        node->operation = *infix.operation;
        if (!tree_.adopt(node, left) || !tree_.adopt(node, expression(infix.power))) return nullptr;
        return node;
    }

    Node* fallback(Node* left, const Token& token) {
        Node* const node = tree_.make(NodeKind::fallback, token.position);
        node->is_set = token.text == "??";
        return tree_.adopt(node, left) && tree_.adopt(node, expression(0)) ? node : nullptr;
    }

    Node* binding(Node* left, const Token& token) {
        const bool is_variable =
            left->kind == NodeKind::variable && left->predicates.empty() && left->group == nullptr;
        if (!is_variable) return tree_.fail("S0212", left->position);
        Node* const node = tree_.make(NodeKind::bind, token.position);
        node->text = left->text;
        return tree_.adopt(node, expression(9)) ? node : nullptr;
    }

    Node* chain(Node* left, const Infix& infix, const Token& token) {
        Node* const node = tree_.make(NodeKind::apply, token.position);
        if (!tree_.adopt(node, left) || !tree_.adopt(node, expression(infix.power))) return nullptr;
        const auto keeps = [](const Node* side) {
            return side->keeps_array || side->keeps_singleton;
        };
        node->keeps_array = keeps(node->operands[0]) || keeps(node->operands[1]);
        return node;
    }

    Node* condition(Node* left, const Token& token) {
        Node* const node = tree_.make(NodeKind::condition, token.position);
        if (!tree_.adopt(node, left) || !tree_.adopt(node, expression(0))) return nullptr;
        if (!token_.is(":")) return node;
        return next(true) && tree_.adopt(node, expression(0)) ? node : nullptr;
    }

    Node* predicate(Node* left, const Token& token) {
        if (token_.is("]")) return next(false) ? tree_.kept(left) : nullptr;
        Node* const inner = expression(0);
        if (inner == nullptr || !expect("]", false)) return nullptr;
        return tree_.filtered(left, inner, token.position);
    }

    Node* order(Node* left, const Token& token) {
        if (!expect("(", true)) return nullptr;
        std::vector<SortTerm> terms;
        for (bool has_more = true; has_more;) {
            const bool is_descending = token_.is(">");
            if ((is_descending || token_.is("<")) && !next(true)) return nullptr;
            Node* const term = expression(0);
            if (term == nullptr || !take_comma(has_more)) return nullptr;
            terms.push_back({term, is_descending});
        }
        if (!expect(")", false)) return nullptr;
        return tree_.sorted(left, std::move(terms), token.position);
    }

    Node* position_variable(Node* left, const Infix& infix, const Token& token) {
        Node* const right = expression(infix.power);
        if (right == nullptr) return nullptr;
        if (right->kind != NodeKind::variable) {
            return tree_.fail("S0214", token.position, {.token = infix.text});
        }
        return infix.text == "@" ? tree_.focused(left, right->text, token.position)
                                 : tree_.indexed(left, right->text);
    }

    // ---- brackets

    Node* block(const Token& token) {
        Node* const node = tree_.make(NodeKind::block, token.position);
        while (!token_.is(")")) {
            Node* const inner = expression(0);
            if (!tree_.adopt(node, inner)) return nullptr;
            const bool starts_constructed =
                inner->kind == NodeKind::path && inner->operands.front()->is_constructed;
            node->is_constructed |= inner->is_constructed || starts_constructed;
            if (!token_.is(";")) break;
            if (!next(true)) return nullptr;
        }
        return expect(")", false) ? node : nullptr;
    }

    Node* array(const Token& token) {
        Node* const node = tree_.make(NodeKind::array, token.position);
        for (bool has_more = !token_.is("]"); has_more;) {
            Node* element = expression(0);
            if (element != nullptr && token_.is("..")) element = range(element);
            if (!tree_.adopt(node, element) || !take_comma(has_more)) return nullptr;
        }
        return expect("]", false) ? node : nullptr;
    }

    Node* range(Node* first) {
        Node* const node = tree_.make(NodeKind::range, token_.position);
        if (!next(true)) return nullptr;
        return tree_.adopt(node, first) && tree_.adopt(node, expression(0)) ? node : nullptr;
    }

    Node* object(const Token& token) {
        Node* const node = tree_.make(NodeKind::object, token.position);
        Group group;
        if (!members(group)) return nullptr;
        for (const auto& [key, value] : group) {
            if (!tree_.relate(node, key) || !tree_.relate(node, value)) return nullptr;
        }
        node->group = std::make_unique<Group>(std::move(group));
        return node;
    }

    // `{key: value, ...}`, from its first brace.
    bool members(Group& group) {
        if (!next(true)) return false;
        for (bool has_more = !token_.is("}"); has_more;) {
            const Node* const key = expression(0);
            if (key == nullptr || !expect(":", true)) return false;
            const Node* const value = expression(0);
            if (value == nullptr || !take_comma(has_more)) return false;
            group.emplace_back(key, value);
        }
        return expect("}", false);
    }

    Node* transform(const Token& token) {
        Node* const node = tree_.make(NodeKind::transform, token.position);
        Node* const pattern = expression(0);
        if (!tree_.adopt(node, pattern) || !expect("|", true)) return nullptr;
        if (!tree_.adopt(node, expression(0))) return nullptr;
        bool has_deletion = false;
        if (!take_comma(has_deletion)) return nullptr;
        if (has_deletion && !tree_.adopt(node, expression(0))) return nullptr;
        return expect("|", false) ? node : nullptr;
    }

    // ---- functions

    Node* call(Node* procedure, const Token& token) {
        const bool is_definition = procedure->kind == NodeKind::path &&
                                   procedure->operands.size() == 1 &&
                                   procedure->operands.front()->kind == NodeKind::name &&
                                   (procedure->operands.front()->text == "function" ||
                                    procedure->operands.front()->text == "λ");
        Node* const node = tree_.make(NodeKind::call, token.position);
        node->position = procedure->position;
        if (!is_definition && !tree_.adopt(node, procedure)) return nullptr;
        for (bool has_more = !token_.is(")"); has_more;) {
            if (token_.is("?")) {
                node->kind = NodeKind::partial;
                node->operands.push_back(nullptr);
                if (!next(false)) return nullptr;
            } else if (!tree_.adopt(node, expression(0))) {
                return nullptr;
            }
            if (!take_comma(has_more)) return nullptr;
        }
        if (!expect(")", false)) return nullptr;
        return is_definition ? lambda(node) : node;
    }

    // What was read as a call of `function` is its parameters.
    Node* lambda(Node* node) {
        for (std::size_t i = 0; i < node->operands.size(); ++i) {
            const Node* const parameter = node->operands[i];
            if (parameter == nullptr || parameter->kind != NodeKind::variable) {
                return tree_.fail("S0208",
                                  parameter == nullptr ? node->position : parameter->position,
                                  {.index = i + 1});
            }
            node->parameters.push_back(parameter->text);
        }
        node->kind = NodeKind::lambda;
        node->operands.clear();
        if (token_.is("<") && !signature(node)) return nullptr;
        if (!expect("{", true)) return nullptr;
        Node* const body = expression(0);
        if (!tree_.adopt(node, body) || !expect("}", false)) return nullptr;
        node->seeking.clear();
        TreeBuilder::mark_tail_calls(body);
        return node;
    }

    bool signature(Node* node) {
        const std::string_view source = program_.source;
        std::size_t end = token_.position;
        int depth = 0;
        for (; end < source.size() && source[end] != '{'; ++end) {
            if (source[end] == '<') ++depth;
            if (source[end] == '>' && --depth == 0) break;
        }
        if (end == source.size() || source[end] != '>') {
            tree_.fail("S0202", end, {.token = end == source.size() ? "" : "{", .value = ">"});
            return false;
        }
        std::string_view code;
        node->signature =
            Signature::parse(source.substr(token_.position, end - token_.position + 1), code);
        if (node->signature == nullptr) {
            tree_.fail(code, token_.position);
            return false;
        }
        lexer_.seek(end + 1);
        return next(false);
    }

    Program& program_;
    const Dialect dialect_;
    TreeBuilder tree_;
    Lexer lexer_;
    Token token_;
    std::size_t depth_ = 0;
};

}  // namespace

std::string_view text_of(Operation operation) noexcept {
    for (const Infix& infix : infixes) {
        if (infix.operation == operation) return infix.text;
    }
    return {};
}

std::unique_ptr<Program> parse(std::string_view text, Dialect dialect, ExpressionError& error) {
    auto program = std::make_unique<Program>();
    program->source = text;
    program->dialect = dialect;
    Parser parser{*program, dialect};
    if (text.size() > std::numeric_limits<std::uint32_t>::max() / 2) {
        error = make_error("U1001", {.value = "The expression is too long"}, 0);
        return nullptr;
    }
    if (!text::is_text(text)) {
        error = make_error("S0201", {.token = "bytes that are not UTF-8"}, 0);
        return nullptr;
    }
    program->root = parser.parse();
    if (program->root == nullptr) {
        error = parser.error();
        return nullptr;
    }
    find_references(*program);
    return program;
}

}  // namespace stepwell::asl::jsonata
