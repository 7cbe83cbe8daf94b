#include <algorithm>
#include <array>

#include "item/expression.hpp"
#include "item/expression_tokens.hpp"

namespace stepwell::item {

namespace {

using Kind = UpdateAction::Kind;

struct Section {
    std::string_view word;
    Kind kind;
};
constexpr std::array sections = {Section{"SET", Kind::set}, Section{"REMOVE", Kind::remove},
                                 Section{"ADD", Kind::add}, Section{"DELETE", Kind::erase}};

std::string_view long_name_of(Type type) {
    switch (type) {
        case Type::s:
            return "STRING";
        case Type::n:
            return "NUMBER";
        case Type::b:
            return "BINARY";
        case Type::boolean:
            return "BOOLEAN";
        case Type::l:
            return "LIST";
        case Type::m:
            return "MAP";
        default:
            return name_of(type);
    }
}

class UpdateParser : ExpressionReader {
 public:
    using ExpressionReader::ExpressionReader;

    Result<Update> parse() {
        do {
            read_section();
        } while (is_good() && tokens_.current().kind != TokenKind::end);
        if (auto error = complaints_.error("UpdateExpression")) return *std::move(error);
        return std::move(update_);
    }

 private:
    const Section* current_section() const {
        const auto found = std::find_if(
            sections.begin(), sections.end(),
            [&](const Section& section) { return tokens_.current().is_word(section.word); });
        return found == sections.end() ? nullptr : &*found;
    }
    void read_section();
    void read_action(Kind kind);
    Node read_set_value();
    Node read_operand();
    Node read_function();
    void check_operands(const Node& node);
    void check_set(Kind kind, const Node& value);

    Update update_;
    std::array<bool, sections.size()> has_section_ = {};
    std::size_t depth_ = 0;
};

void UpdateParser::read_section() {
    const Section* const section = current_section();
    if (section == nullptr) return fail_here();
    bool& has_section = has_section_[static_cast<std::size_t>(section->kind)];
    if (has_section) {
        complaints_.add(Complaint::section, "The \"" + std::string(section->word) +
                                                "\" section can only be used once in an update "
                                                "expression;");
    }
    has_section = true;
    tokens_.advance();
    do {
        read_action(section->kind);
    } while (is_good() && tokens_.take(","));
}

void UpdateParser::read_action(Kind kind) {
    if (current_section() != nullptr) return fail_here();
    UpdateAction action{.kind = kind};
    action.path = read_path();
    if (!is_good()) return;
    if (kind == Kind::set) {
        if (!expect("=")) return;
        action.value = read_set_value();
    } else if (kind != Kind::remove) {
        action.value = read_value();
        if (is_good()) check_set(kind, action.value);
    }
    if (!is_good()) return;
    check_apart(action.path);
    update_.actions.push_back(std::move(action));
}

Node UpdateParser::read_set_value() {
    Node first = read_operand();
    const bool adds = tokens_.current().is("+");
    if (!is_good() || (!adds && !tokens_.current().is("-"))) return first;
    tokens_.advance();
    Node node{.op = adds ? Op::plus : Op::minus};
    node.args.push_back(std::move(first));
    node.args.push_back(read_operand());
    if (is_good()) check_operands(node);
    return node;
}

Node UpdateParser::read_operand() {
    if (!is_good()) return {};
    if (depth_ >= expression_depth_max) {
        fail_here();
        return {};
    }
    ++depth_;
    Node node;
    if (tokens_.take("(")) {
        node = read_set_value();
        expect(")");
    } else if (tokens_.current().kind == TokenKind::value) {
        node = read_value();
    } else if (tokens_.current().kind == TokenKind::word && tokens_.next().is("(")) {
        node = read_function();
    } else if (current_section() != nullptr) {
        fail_here();
    } else {
        node.op = Op::path;
        node.path = read_path();
    }
    --depth_;
    return node;
}

Node UpdateParser::read_function() {
    const std::string_view name = tokens_.current().text;
    tokens_.advance();
    tokens_.advance();
    Node node;
    do {
        node.args.push_back(read_operand());
    } while (is_good() && tokens_.take(","));
    expect(")");
    if (name == "if_not_exists") {
        node.op = Op::if_not_exists;
    } else if (name == "list_append") {
        node.op = Op::list_append;
    } else {
        complaints_.add(Complaint::unknown_function,
                        "Invalid function name; function: " + std::string(name));
        return node;
    }
    if (is_good()) check_operands(node);
    return node;
}

void UpdateParser::check_operands(const Node& node) {
    const std::string name(name_of(node.op));
    if (node.args.size() != 2) {
        complaints_.add(Complaint::operand_count,
                        "Incorrect number of operands for operator or function; operator or "
                        "function: " +
                            name + ", number of operands: " + std::to_string(node.args.size()));
        return;
    }
    if (node.op == Op::if_not_exists) {
        if (node.args[0].op != Op::path) {
            complaints_.add(
                Complaint::operand,
                "Operator or function requires a document path; operator or function: " + name);
        }
        return;
    }
    const Type wanted = node.op == Op::list_append ? Type::l : Type::n;
    for (const Node& arg : node.args) {
        if (arg.op != Op::value || arg.value.type == wanted) continue;
        complaints_.add(Complaint::operand,
                        "Incorrect operand type for operator or function; operator or function: " +
                            name + ", operand type: " + std::string(name_of(arg.value.type)));
    }
}

// ADD takes numbers and sets, DELETE sets.
void UpdateParser::check_set(Kind kind, const Node& node) {
    const Value& value = node.value;
    if (value.is_set() || (kind == Kind::add && value.type == Type::n)) return;
    if (complaints_.has(Complaint::undefined_value)) return;
    complaints_.add(Complaint::operand,
                    "Incorrect operand type for operator or function; operator: " +
                        std::string(kind == Kind::add ? "ADD" : "DELETE") +
                        ", operand type: " + std::string(long_name_of(value.type)));
}

class ProjectionParser : ExpressionReader {
 public:
    using ExpressionReader::ExpressionReader;

    Result<std::vector<Path>> parse() {
        std::vector<Path> paths;
        do {
            Path path = read_path();
            if (!is_good()) break;
            check_apart(path);
            paths.push_back(std::move(path));
        } while (tokens_.take(","));
        if (is_good() && tokens_.current().kind != TokenKind::end) fail_here();
        if (auto error = complaints_.error("ProjectionExpression")) return *std::move(error);
        return paths;
    }
};

}  // namespace

bool Update::only_removes() const noexcept {
    return !actions.empty() &&
           std::all_of(actions.begin(), actions.end(), [](const UpdateAction& action) {
               return action.kind == Kind::remove || action.kind == Kind::erase;
           });
}

Result<Update> parse_update(std::string_view text, Placeholders& placeholders) {
    if (const auto checked = check_expression_size(text, "UpdateExpression"); !checked.has_value())
        return checked.error();
    return UpdateParser(text, placeholders).parse();
}

Result<std::vector<Path>> parse_projection(std::string_view text, Placeholders& placeholders) {
    const auto checked = check_expression_size(text, "ProjectionExpression");
    if (!checked.has_value()) return checked.error();
    return ProjectionParser(text, placeholders).parse();
}

}  // namespace stepwell::item
