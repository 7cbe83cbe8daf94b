#include <algorithm>
#include <array>

#include "item/expression.hpp"
#include "item/expression_tokens.hpp"

namespace stepwell::item {

namespace {

struct NamedOp {
    std::string_view name;
    Op op;
};
constexpr std::array comparators = {NamedOp{"=", Op::equal},   NamedOp{"<>", Op::not_equal},
                                    NamedOp{"<", Op::less},    NamedOp{"<=", Op::less_equal},
                                    NamedOp{">", Op::greater}, NamedOp{">=", Op::greater_equal}};
struct Function {
    std::string_view name;
    Op op;
    std::size_t operands;
};
constexpr std::array functions = {Function{"attribute_exists", Op::attribute_exists, 1},
                                  Function{"attribute_not_exists", Op::attribute_not_exists, 1},
                                  Function{"attribute_type", Op::attribute_type, 2},
                                  Function{"begins_with", Op::begins_with, 2},
                                  Function{"contains", Op::contains, 2},
                                  Function{"size", Op::size, 1}};
constexpr std::array keywords = {"AND", "OR", "NOT", "BETWEEN", "IN"};
constexpr std::size_t in_operands_max = 100;

std::optional<Type> type_of(const Node& node) {
    if (node.op == Op::value) return node.value.type;
    if (node.op == Op::size) return Type::n;
    return std::nullopt;
}

// "{N:5}": a bound in an error text.
std::string shown(const Value& value) {
    const std::string content = value.type == Type::n ? value.number().text() : value.text();
    return "AttributeValue: {" + std::string(name_of(value.type)) + ":" + content + "}";
}

class ConditionParser : ExpressionReader {
 public:
    using ExpressionReader::ExpressionReader;

    Result<Node> parse(std::string_view parameter) {
        Node node = read_any_of();
        if (is_good() && tokens_.current().kind != TokenKind::end) fail_here();
        if (is_good()) need_condition(node);
        if (auto error = complaints_.error(parameter)) return *std::move(error);
        return node;
    }

 private:
    Node read_any_of() { return read_list(Op::any_of, "OR", &ConditionParser::read_all_of); }
    Node read_all_of() { return read_list(Op::all_of, "AND", &ConditionParser::read_negation); }
    Node read_list(Op op, std::string_view word, Node (ConditionParser::*read_part)());
    Node read_negation();
    Node read_condition();
    Node read_comparison(Node first);
    Node read_between(Node first);
    Node read_in(Node first);
    Node read_term();
    Node read_operand();
    Node read_function();
    void need_condition(const Node& node);
    void check_function(const Function& function, const Node& node);
    void check_operand_types(const Node& node);
    void check_distinct(const Node& node, std::string_view name);
    void check_bounds(const Node& low, const Node& high);
    void check_orderable(const Node& node, std::string_view name);
    void wrong_operand(std::string_view what, std::string_view name, std::string_view type) {
        complaints_.add(Complaint::operand, "Incorrect operand type for operator or function; " +
                                                std::string(what) + ": " + std::string(name) +
                                                ", operand type: " + std::string(type));
    }
    bool is_keyword() const {
        return std::any_of(keywords.begin(), keywords.end(),
                           [&](std::string_view word) { return tokens_.current().is_word(word); });
    }

    std::size_t depth_ = 0;
};

Node ConditionParser::read_list(Op op, std::string_view word,
                                Node (ConditionParser::*read_part)()) {
    Node first = (this->*read_part)();
    if (!is_good() || !tokens_.current().is_word(word)) return first;
    Node list{.op = op};
    need_condition(first);
    list.args.push_back(std::move(first));
    while (is_good() && tokens_.current().is_word(word)) {
        tokens_.advance();
        Node part = (this->*read_part)();
        need_condition(part);
        list.args.push_back(std::move(part));
    }
    return list;
}

Node ConditionParser::read_negation() {
    if (!tokens_.current().is_word("NOT")) return read_condition();
    if (++depth_ > expression_depth_max) {
        fail_here();
        return {};
    }
    tokens_.advance();
    Node part = read_negation();
    need_condition(part);
    --depth_;
    Node node{.op = Op::negation};
    node.args.push_back(std::move(part));
    return node;
}

// Where a condition has to stand: a size alone is none, and an operand is an error of syntax.
void ConditionParser::need_condition(const Node& node) {
    if (!is_good() || !node.is_operand()) return;
    if (node.op != Op::size) return fail_here();
    complaints_.add(
        Complaint::misused_function,
        "The function is not allowed to be used this way in an expression; function: size");
}

Node ConditionParser::read_condition() {
    Node node = read_term();
    if (!is_good() || !node.is_operand()) return node;
    const Token& token = tokens_.current();
    if (token.is_word("BETWEEN")) return read_between(std::move(node));
    if (token.is_word("IN")) return read_in(std::move(node));
    const bool compares = std::any_of(comparators.begin(), comparators.end(),
                                      [&](const NamedOp& each) { return token.is(each.name); });
    if (compares) return read_comparison(std::move(node));
    return node;  // an operand in parentheses, or one where a condition is wanted
}

Node ConditionParser::read_comparison(Node first) {
    const auto found =
        std::find_if(comparators.begin(), comparators.end(),
                     [&](const NamedOp& each) { return tokens_.current().is(each.name); });
    tokens_.advance();
    Node node{.op = found->op};
    node.args.push_back(std::move(first));
    node.args.push_back(read_operand());
    if (!is_good()) return node;
    check_distinct(node, found->name);
    if (node.op != Op::equal && node.op != Op::not_equal) {
        for (const Node& arg : node.args) check_orderable(arg, found->name);
    }
    return node;
}

Node ConditionParser::read_between(Node first) {
    tokens_.advance();
    Node node{.op = Op::between};
    node.args.push_back(std::move(first));
    node.args.push_back(read_operand());
    if (!is_good()) return node;
    if (!tokens_.current().is_word("AND")) {
        fail_here();
        return node;
    }
    tokens_.advance();
    node.args.push_back(read_operand());
    if (is_good()) check_bounds(node.args[1], node.args[2]);
    return node;
}

Node ConditionParser::read_in(Node first) {
    tokens_.advance();
    Node node{.op = Op::in};
    node.args.push_back(std::move(first));
    if (!expect("(")) return node;
    do {
        node.args.push_back(read_operand());
    } while (is_good() && tokens_.take(","));
    expect(")");
    if (node.args.size() - 1 > in_operands_max) {
        complaints_.add(Complaint::operand_count,
                        "The IN operator is provided with too many operands; number of operands: " +
                            std::to_string(node.args.size() - 1));
    }
    return node;
}

Node ConditionParser::read_operand() {
    if (!is_good()) return {};
    Node node = read_term();
    if (!is_good() || node.is_operand()) return node;
    if (node.op >= Op::attribute_exists && node.op <= Op::contains) {
        complaints_.add(
            Complaint::misused_function,
            "The function is not allowed to be used this way in an expression; function: " +
                std::string(name_of(node.op)));
    } else {
        fail_here();
    }
    return node;
}

Node ConditionParser::read_term() {
    const Token& token = tokens_.current();
    if (token.is("(")) {
        if (++depth_ > expression_depth_max) {
            fail_here();
            return {};
        }
        tokens_.advance();
        Node node = read_any_of();
        expect(")");
        --depth_;
        if (node.is_in_parentheses)
            complaints_.add(Complaint::parentheses, "The expression has redundant parentheses;");
        node.is_in_parentheses = true;
        return node;
    }
    if (token.kind == TokenKind::value) return read_value();
    if (token.kind == TokenKind::word && tokens_.next().is("(") && !is_keyword())
        return read_function();
    if (is_keyword()) {
        fail_here();
        return {};
    }
    Node node{.op = Op::path};
    node.path = read_path();
    return node;
}

Node ConditionParser::read_function() {
    const std::string_view name = tokens_.current().text;
    if (++depth_ > expression_depth_max) {
        fail_here();
        return {};
    }
    tokens_.advance();
    tokens_.advance();
    Node node;
    do {
        node.args.push_back(read_operand());
    } while (is_good() && tokens_.take(","));
    expect(")");
    --depth_;
    const auto found = std::find_if(functions.begin(), functions.end(),
                                    [&](const Function& each) { return each.name == name; });
    if (found == functions.end()) {
        complaints_.add(Complaint::unknown_function,
                        "Invalid function name; function: " + std::string(name));
        node.op = Op::attribute_exists;  // whatever it is: the expression is refused
        return node;
    }
    node.op = found->op;
    if (is_good()) check_function(*found, node);
    return node;
}

void ConditionParser::check_function(const Function& function, const Node& node) {
    if (node.args.size() != function.operands) {
        complaints_.add(Complaint::operand_count,
                        "Incorrect number of operands for operator or function; operator or "
                        "function: " +
                            std::string(function.name) +
                            ", number of operands: " + std::to_string(node.args.size()));
        return;
    }
    check_distinct(node, function.name);
    check_operand_types(node);
}

void ConditionParser::check_operand_types(const Node& node) {
    const std::string_view name = name_of(node.op);
    const auto refuse = [&](std::string_view type) {
        wrong_operand("operator or function", name, type);
    };
    const auto type = type_of(node.args.back());
    switch (node.op) {
        case Op::attribute_exists:
        case Op::attribute_not_exists:
            if (node.args[0].op != Op::path) {
                complaints_.add(Complaint::operand,
                                "Operator or function requires a document path; operator or "
                                "function: " +
                                    std::string(name));
            }
            break;
        case Op::begins_with:
            for (const Node& arg : node.args) {
                const auto each = type_of(arg);
                if (each.has_value() && each != Type::s && each != Type::b) refuse(name_of(*each));
            }
            break;
        case Op::attribute_type:
            if (type != Type::s || node.args[1].op != Op::value) {
                refuse(type.has_value() ? name_of(*type) : "{NS,SS,L,BS,N,M,B,BOOL,NULL,S}");
            } else if (!type_named(node.args[1].value.text()).has_value()) {
                complaints_.add(
                    Complaint::operand,
                    "Invalid attribute type name found; type: " + node.args[1].value.text() +
                        ", valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}");
            }
            break;
        case Op::size:
            if (type == Type::n || type == Type::boolean || type == Type::null)
                refuse(name_of(*type));
            break;
        default:
            break;
    }
}

void ConditionParser::check_distinct(const Node& node, std::string_view name) {
    if (node.args.size() != 2 || node.args[0].op != Op::path || node.args[1].op != Op::path) return;
    if (node.args[0].path != node.args[1].path) return;
    complaints_.add(Complaint::distinct,
                    "The first operand must be distinct from the remaining operands for this "
                    "operator or function; operator: " +
                        std::string(name) + ", first operand: " + text_of(node.args[0].path));
}

void ConditionParser::check_orderable(const Node& node, std::string_view name) {
    if (node.op != Op::value) return;
    const Type type = node.value.type;
    if (type != Type::s && type != Type::n && type != Type::b)
        wrong_operand("operator", name, name_of(type));
}

void ConditionParser::check_bounds(const Node& low, const Node& high) {
    check_orderable(low, "BETWEEN");
    check_orderable(high, "BETWEEN");
    if (low.op != Op::value || high.op != Op::value || complaints_.has(Complaint::operand)) return;
    const auto order = compare(low.value, high.value);
    if (order.has_value() && *order <= 0) return;
    const std::string_view why = order.has_value()
                                     ? "upper bound to be greater than or equal to lower bound"
                                     : "same data type for lower and upper bounds";
    complaints_.add(Complaint::operand, "The BETWEEN operator requires " + std::string(why) +
                                            "; lower bound operand: " + shown(low.value) +
                                            ", upper bound operand: " + shown(high.value));
}

}  // namespace

std::string_view name_of(Op op) noexcept {
    for (const NamedOp& each : comparators) {
        if (each.op == op) return each.name;
    }
    for (const Function& each : functions) {
        if (each.op == op) return each.name;
    }
    constexpr std::array others = {NamedOp{"if_not_exists", Op::if_not_exists},
                                   NamedOp{"list_append", Op::list_append},
                                   NamedOp{"+", Op::plus},
                                   NamedOp{"-", Op::minus},
                                   NamedOp{"BETWEEN", Op::between},
                                   NamedOp{"IN", Op::in},
                                   NamedOp{"AND", Op::all_of},
                                   NamedOp{"OR", Op::any_of},
                                   NamedOp{"NOT", Op::negation}};
    for (const NamedOp& each : others) {
        if (each.op == op) return each.name;
    }
    return {};
}

Result<Node> parse_condition(std::string_view text, std::string_view parameter,
                             Placeholders& placeholders) {
    if (const auto checked = check_expression_size(text, parameter); !checked.has_value())
        return checked.error();
    return ConditionParser(text, placeholders).parse(parameter);
}

}  // namespace stepwell::item
