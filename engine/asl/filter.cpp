#include "asl/filter.hpp"

#include <algorithm>
#include <array>

#include "json/writer.hpp"

namespace stepwell::asl {

using json::Value;

/// Reads a condition by recursive descent: `||` binds least, then `&&`, then `!`.
class FilterParser {
 public:
    explicit FilterParser(std::string_view& rest) : rest_(rest) {}

    using Result = std::shared_ptr<const Filter>;

    Result any_of() {
        return list("||", Filter::Kind::any_of, [this] { return all_of(); });
    }

 private:
    static constexpr int depth_max = 32;

    template <class Element>
    Result list(std::string_view separator, Filter::Kind kind, Element element) {
        auto filter = std::make_shared<Filter>();
        filter->kind_ = kind;
        do {
            auto child = element();
            if (child == nullptr) return nullptr;
            filter->children_.push_back(std::move(child));
            skip_space();
        } while (take(separator));
        return filter->children_.size() == 1 ? filter->children_.front() : filter;
    }

    Result all_of() {
        return list("&&", Filter::Kind::all_of, [this] { return unary(); });
    }

    Result unary() {
        if (++depth_ > depth_max) return nullptr;
        skip_space();
        Result result;
        if (!rest_.starts_with("!=") && take("!")) {
            auto filter = std::make_shared<Filter>();
            filter->kind_ = Filter::Kind::none_of;
            auto child = unary();
            if (child == nullptr) return nullptr;
            filter->children_.push_back(std::move(child));
            result = filter;
        } else if (take("(")) {
            result = any_of();
            skip_space();
            if (!take(")")) return nullptr;
        } else {
            result = comparison();
        }
        --depth_;
        return result;
    }

    Result comparison() {
        auto filter = std::make_shared<Filter>();
        filter->left_ = operand();
        if (!filter->left_) return nullptr;
        skip_space();
        const auto op = comparison_operator();
        if (!op) {
            filter->kind_ = Filter::Kind::exists;
            return filter;
        }
        filter->kind_ = Filter::Kind::compare;
        filter->operator_ = *op;
        if (*op == Filter::Operator::matches) {
            filter->pattern_ = pattern();
            return filter->pattern_ ? filter : nullptr;
        }
        filter->right_ = operand();
        return filter->right_ ? filter : nullptr;
    }

    std::optional<Filter::Operator> comparison_operator() {
        using enum Filter::Operator;
        struct Token {
            std::string_view text;
            Filter::Operator op;
        };
        static constexpr std::array<Token, 19> tokens{{{"===", equal},
                                                       {"!==", not_equal},
                                                       {"==", equal},
                                                       {"!=", not_equal},
                                                       {"<=", less_equal},
                                                       {">=", greater_equal},
                                                       {"<", less},
                                                       {">", greater},
                                                       {"in ", in},
                                                       {"in[", in},
                                                       {"nin ", not_in},
                                                       {"nin[", not_in},
                                                       {"=~", matches},
                                                       {"subsetof ", subset_of},
                                                       {"anyof ", any_of_list},
                                                       {"noneof ", none_of_list},
                                                       {"contains ", contains},
                                                       {"size ", size},
                                                       {"empty ", empty}}};
        for (const Token& token : tokens) {
            if (!rest_.starts_with(token.text)) continue;
            rest_.remove_prefix(token.text.ends_with('[') ? token.text.size() - 1
                                                          : token.text.size());
            return token.op;
        }
        return std::nullopt;
    }

    std::optional<Filter::Operand> operand() {
        skip_space();
        if (rest_.empty()) return std::nullopt;
        if (rest_.front() == '@' || rest_.front() == '$') {
            const bool is_from_root = rest_.front() == '$';
            rest_.remove_prefix(1);
            auto path = Path::parse(rest_, Path::Context::filter);
            if (!path || path->function()) return std::nullopt;
            return Filter::PathOperand{is_from_root, std::move(*path)};
        }
        return literal();
    }

    // "/text/i", which the whole of a string has to match.
    std::shared_ptr<const jsonata::Regex> pattern() {
        skip_space();
        if (!take("/")) return nullptr;
        std::size_t end = 0;
        while (end < rest_.size() && rest_[end] != '/') end += rest_[end] == '\\' ? 2 : 1;
        if (end >= rest_.size()) return nullptr;
        const std::string text = "^(?:" + std::string(rest_.substr(0, end)) + ")$";
        rest_.remove_prefix(end + 1);
        jsonata::RegexFlags flags;
        while (!rest_.empty() && (rest_.front() == 'i' || rest_.front() == 'm')) {
            (rest_.front() == 'i' ? flags.ignores_case : flags.is_multiline) = true;
            rest_.remove_prefix(1);
        }
        std::string error;
        return jsonata::Regex::compile(text, flags, error);
    }

    std::optional<Filter::Operand> literal() {
        std::string text;
        if (rest_.front() == '\'') {
            if (!single_quoted(text)) return std::nullopt;
        } else if (!json_literal(text)) {
            return std::nullopt;
        }
        auto document = json::Document::parse(text);
        if (!document) return std::nullopt;
        return std::make_shared<const json::Document>(std::move(*document));
    }

    // 'text' with \' and \\, as a JSON string.
    bool single_quoted(std::string& out) {
        std::string content;
        for (std::size_t i = 1; i < rest_.size(); ++i) {
            if (rest_[i] == '\'') {
                rest_.remove_prefix(i + 1);
                json::append_string(out, content);
                return true;
            }
            if (rest_[i] == '\\' && i + 1 < rest_.size()) ++i;
            content.push_back(rest_[i]);
        }
        return false;
    }

    // A JSON value: up to the white space, operator or bracket that ends it outside of strings and
    // nested brackets.
    bool json_literal(std::string& out) {
        std::size_t depth = 0;
        std::size_t i = 0;
        for (; i < rest_.size(); ++i) {
            const char c = rest_[i];
            if (c == '"') {
                for (++i; i < rest_.size() && rest_[i] != '"'; ++i) i += rest_[i] == '\\';
                continue;
            }
            if (c == '[' || c == '{') ++depth;
            if (depth == 0 && std::string_view{" )&|<>=!"}.find(c) != std::string_view::npos) break;
            if (c == ']' || c == '}') {
                if (depth == 0) break;
                --depth;
            }
        }
        i = std::min(i, rest_.size());
        out = rest_.substr(0, i);
        rest_.remove_prefix(i);
        if (out.starts_with('.')) out.insert(0, "0");  // .85
        if (out.starts_with('['))
            std::replace(out.begin(), out.end(), '\'', '"');  // ['a','b'] is common
        return !out.empty();
    }

    bool take(std::string_view token) {
        if (!rest_.starts_with(token)) return false;
        rest_.remove_prefix(token.size());
        return true;
    }
    void skip_space() {
        while (!rest_.empty() &&
               (rest_.front() == ' ' || rest_.front() == '\t' || rest_.front() == '\n')) {
            rest_.remove_prefix(1);
        }
    }

    std::string_view& rest_;
    int depth_ = 0;
};

std::shared_ptr<const Filter> Filter::parse(std::string_view& text) {
    return FilterParser{text}.any_of();
}

std::optional<Value> Filter::value_of(const Operand& operand, Value current, Value root,
                                      std::size_t& visits_left) {
    if (const auto* literal = std::get_if<std::shared_ptr<const json::Document>>(&operand))
        return (*literal)->root();
    const auto& path = std::get<PathOperand>(operand);
    const Value start = path.is_from_root ? root : current;
    if (path.path.is_definite()) return path.path.find(start);
    std::vector<Value> found;
    if (!path.path.find_all(start, found, visits_left) || found.empty()) return std::nullopt;
    return found.front();
}

namespace {

bool is_among(Value value, Value list) {
    for (const json::Node& element : list.elements()) {
        if (json::equal(value, Value{&element})) return true;
    }
    return false;
}

// -1, 0 or 1; nothing for values that have no order.
std::optional<int> order(Value left, Value right) {
    if (left.is_number() && right.is_number()) {
        const double a = left.number();
        const double b = right.number();
        return a < b ? -1 : a > b ? 1 : 0;
    }
    if (left.is_string() && right.is_string()) {
        const int order = left.string().compare(right.string());
        return order < 0 ? -1 : order > 0 ? 1 : 0;
    }
    return std::nullopt;
}

bool are_all_among(Value values, Value list) {
    return values.is_array() &&
           std::all_of(values.elements().begin(), values.elements().end(),
                       [list](const json::Node& each) { return is_among(Value{&each}, list); });
}
bool are_any_among(Value values, Value list) {
    return std::any_of(values.elements().begin(), values.elements().end(),
                       [list](const json::Node& each) { return is_among(Value{&each}, list); });
}

bool contains_value(Value container, Value value) {
    if (container.is_string() && value.is_string())
        return container.string().find(value.string()) != std::string::npos;
    return is_among(value, container);
}

std::optional<std::size_t> length(Value value) {
    if (value.is_string()) return value.string().size();
    if (value.is_array() || value.is_object()) return value.size();
    return std::nullopt;
}

}  // namespace

bool Filter::compares(Value current, Value root, std::size_t& visits_left) const {
    const auto left = value_of(*left_, current, root, visits_left);
    if (operator_ == Operator::matches) {
        if (!left || !left->is_string()) return false;
        jsonata::Regex::Match match;
        return pattern_->search(left->string(), 0, match, visits_left) ==
               jsonata::Regex::Found::yes;
    }
    const auto right = value_of(*right_, current, root, visits_left);
    if (operator_ == Operator::not_equal) return !left || !right || !json::equal(*left, *right);
    if (!left || !right) return false;
    switch (operator_) {
        case Operator::equal:
            return json::equal(*left, *right);
        case Operator::not_equal:
        case Operator::matches:
            return false;  // done above
        case Operator::subset_of:
            return are_all_among(*left, *right);
        case Operator::any_of_list:
            return are_any_among(*left, *right);
        case Operator::none_of_list:
            return left->is_array() && !are_any_among(*left, *right);
        case Operator::less:
            return order(*left, *right) == -1;
        case Operator::greater:
            return order(*left, *right) == 1;
        case Operator::less_equal:
            return order(*left, *right).value_or(1) <= 0;
        case Operator::greater_equal:
            return order(*left, *right).value_or(-1) >= 0;
        case Operator::in:
            return is_among(*left, *right);
        case Operator::not_in:
            return !is_among(*left, *right);
        case Operator::contains:
            return contains_value(*left, *right);
        case Operator::size: {
            const auto size = length(*left);
            return size && right->integer() == static_cast<std::int64_t>(*size);
        }
        case Operator::empty:
            return length(*left) && right->is_boolean() &&
                   (*length(*left) == 0) == right->boolean();
    }
    return false;
}

bool Filter::accepts(Value current, Value root, std::size_t& visits_left) const {
    switch (kind_) {
        case Kind::all_of:
            return std::all_of(children_.begin(), children_.end(), [&](const auto& child) {
                return child->accepts(current, root, visits_left);
            });
        case Kind::any_of:
            return std::any_of(children_.begin(), children_.end(), [&](const auto& child) {
                return child->accepts(current, root, visits_left);
            });
        case Kind::none_of:
            return !children_.front()->accepts(current, root, visits_left);
        case Kind::exists:
            return value_of(*left_, current, root, visits_left).has_value();
        case Kind::compare:
            return compares(current, root, visits_left);
    }
    return false;
}

}  // namespace stepwell::asl
