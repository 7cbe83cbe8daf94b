#include "asl/reference.hpp"

#include "json/writer.hpp"

namespace stepwell::asl {

namespace {

// Variable names: letters (of any script), digits and `_`, not starting with a digit.
bool is_name_start(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           static_cast<unsigned char>(c) >= 0x80;
}
bool is_name_part(char c) { return is_name_start(c) || (c >= '0' && c <= '9'); }

}  // namespace

std::optional<Reference> Reference::parse(std::string_view& text, Path::Context context) {
    const std::string_view whole = text;
    if (!text.starts_with('$')) return std::nullopt;
    text.remove_prefix(1);
    Reference reference;
    if (text.starts_with('$')) {
        reference.root_ = Root::context;
        text.remove_prefix(1);
    } else if (!text.empty() && is_name_start(text.front())) {
        reference.root_ = Root::variable;
        std::size_t size = 0;
        while (size < text.size() && is_name_part(text[size])) ++size;
        reference.variable_ = text.substr(0, size);
        text.remove_prefix(size);
    }
    auto path = Path::parse(text, context);
    if (!path) return std::nullopt;
    reference.path_ = std::move(*path);
    reference.text_ = whole.substr(0, whole.size() - text.size());
    if (reference.root_ == Root::context) {
        if (const auto names = reference.path_.names())
            reference.field_ = find_context_field(*names);
    }
    return reference;
}

std::optional<Reference> Reference::parse_whole(std::string_view text) {
    while (text.ends_with(' ')) text.remove_suffix(1);  // as AWS does
    auto reference = parse(text, Path::Context::alone);
    return text.empty() ? std::move(reference) : std::nullopt;
}

std::optional<json::Value> Reference::start(Evaluation& evaluation) const {
    switch (root_) {
        case Root::input:
            return evaluation.root();
        case Root::context:
            return evaluation.context();
        case Root::variable:
            return evaluation.variable(variable_);
    }
    return std::nullopt;
}

std::optional<json::Value> Reference::find_all(Evaluation& evaluation, json::Value start) const {
    std::vector<json::Value> found;
    if (!path_.find_all(start, found)) return std::nullopt;
    json::Writer writer;
    writer.begin_array();
    for (const json::Value value : found) writer.raw(value.raw());
    writer.end_array();
    return evaluation.keep(writer.text());
}

std::optional<json::Value> Reference::find(Evaluation& evaluation, std::string* reason) const {
    const auto from = start(evaluation);
    if (!from) {
        if (reason != nullptr) *reason = "No results for path: $['" + variable_ + "']";
        return std::nullopt;
    }
    std::optional<json::Value> value;
    if (path_.is_definite()) {
        value = path_.find(*from, reason);
    } else {
        value = find_all(evaluation, *from);
        if (!value && reason != nullptr)
            *reason = "Too many results for path: " + path_.normalized();
    }
    if (!value || !path_.function()) return value;
    const auto result = apply(*path_.function(), *value);
    if (result) return evaluation.keep(*result);
    if (reason != nullptr) *reason = "No results for path: " + path_.normalized();
    return std::nullopt;
}

bool Reference::append(Evaluation& evaluation, std::string& out, std::string* reason) const {
    if (root_ == Root::input && path_.is_root()) {
        out.append(evaluation.root_payload().text());
        return true;
    }
    if (field_ && evaluation.scope().context.given == nullptr) {
        if (append_context_field(out, *field_, evaluation.scope().context)) return true;
    }
    const auto value = find(evaluation, reason);
    if (!value) return false;
    out.append(value->raw());
    return true;
}

}  // namespace stepwell::asl
