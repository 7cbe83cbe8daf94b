#include "asl/template.hpp"

#include "base/limits.hpp"
#include "json/writer.hpp"

namespace stepwell::asl {

namespace {

// Of a token or a time; the input, which is filled in often, has its size.
constexpr std::size_t hole_bytes_reserved = 64;

}  // namespace

std::optional<Expression> parse_expression(std::string_view text) {
    if (text.starts_with('$')) {
        if (auto reference = Reference::parse_whole(text)) return Expression{std::move(*reference)};
        return std::nullopt;
    }
    if (auto call = Call::parse(text)) return Expression{std::move(*call)};
    return std::nullopt;
}

const std::string& text_of(const Expression& expression) {
    return std::visit(
        [](const auto& alternative) -> const std::string& { return alternative.text(); },
        expression);
}

Template Template::compile(json::Value value, std::vector<Problem>& problems) {
    Template result;
    std::string literal;
    result.add(value, literal, "", problems);
    result.after_ = std::move(literal);
    result.literal_bytes_ = result.after_.size();
    for (const Hole& hole : result.holes_) result.literal_bytes_ += hole.before.size();
    if (result.holes_.empty()) result.constant_ = Payload::trusted(result.after_);
    return result;
}

void Template::add(json::Value value, std::string& literal, const std::string& location,
                   std::vector<Problem>& problems) {
    if (value.is_object()) return add_object(value, literal, location, problems);
    if (!value.is_array()) {
        literal.append(value.raw());
        return;
    }
    literal.push_back('[');
    for (std::size_t i = 0; i < value.size(); ++i) {
        if (i != 0) literal.push_back(',');
        add(value[i], literal, location + "[" + std::to_string(i) + "]", problems);
    }
    literal.push_back(']');
}

void Template::add_object(json::Value value, std::string& literal, const std::string& location,
                          std::vector<Problem>& problems) {
    literal.push_back('{');
    bool is_first = true;
    for (const json::Member& member : value.members()) {
        if (!std::exchange(is_first, false)) literal.push_back(',');
        const json::Value inner{&member.value};
        if (!member.key.ends_with(".$")) {
            json::append_string(literal, member.key);
            literal.push_back(':');
            add(inner, literal, location + "/" + std::string{member.key}, problems);
            continue;
        }
        json::append_string(literal, member.key.substr(0, member.key.size() - 2));
        literal.push_back(':');
        auto expression = inner.is_string() ? parse_expression(inner.string()) : std::nullopt;
        if (!expression) {
            problems.push_back({std::string{member.key}, location});
            literal += "null";
            continue;
        }
        holes_.push_back(
            {std::exchange(literal, {}), std::move(*expression), std::string{member.key}});
    }
    literal.push_back('}');
}

Evaluated<void> append_expression(Evaluation& evaluation, const Expression& expression,
                                  std::string_view field, std::string& out) {
    if (const auto* call = std::get_if<Call>(&expression)) return call->append(evaluation, out);
    const auto& reference = std::get<Reference>(expression);
    if (reference.append(evaluation, out)) return {};
    return evaluation.failure("The JSONPath '" + reference.text() + "' specified for the field '" +
                              std::string{field} + "' could not be found in the input '" +
                              evaluation.root_text() + "'");
}

Evaluated<Payload> Template::render(Evaluation& evaluation) const {
    if (holes_.empty()) return constant_;
    std::string out;
    out.reserve(literal_bytes_ + evaluation.root_payload().size() +
                hole_bytes_reserved * holes_.size());
    for (const Hole& hole : holes_) {
        out.append(hole.before);
        if (auto done = append_expression(evaluation, hole.expression, hole.field, out); !done)
            return done.error();
        if (out.size() > limits::payload_bytes_max) return evaluation.too_large();
    }
    out.append(after_);
    return Payload::trusted(out);
}

void Template::visit_references(const std::function<void(const Reference&)>& visit) const {
    for (const Hole& hole : holes_) {
        if (const auto* call = std::get_if<Call>(&hole.expression)) {
            call->visit_references(visit);
        } else {
            visit(std::get<Reference>(hole.expression));
        }
    }
}

}  // namespace stepwell::asl
