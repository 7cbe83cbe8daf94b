#include "asl/result_path.hpp"

#include "asl/reference.hpp"
#include "json/writer.hpp"

namespace stepwell::asl {

namespace {

using json::Value;
using Step = std::variant<std::string, std::size_t>;

// Writes the input again with the result in its place.
class Placement {
 public:
    Placement(const std::vector<Step>& steps, std::string_view result)
        : steps_(steps), result_(result) {}

    // False when `node` (nothing: not there yet) has no place for step `index`.
    bool write(std::optional<Value> node, std::size_t index) {
        if (index == steps_.size()) {
            writer_.raw(result_);
            return true;
        }
        failed_at_ = index;
        failed_in_ = node;
        if (const auto* name = std::get_if<std::string>(&steps_[index]))
            return write_member(node, *name, index);
        return node && write_element(*node, std::get<std::size_t>(steps_[index]), index);
    }
    std::string_view text() const { return writer_.text(); }

    std::string problem(Value root) const {
        const Step& step = steps_[failed_at_];
        std::string text = "Unable to apply step \"";
        if (const auto* name = std::get_if<std::string>(&step)) {
            text += *name;
        } else {
            text += std::to_string(std::get<std::size_t>(step));
        }
        text += "\" to input ";
        json::append_compact(text, failed_in_.value_or(root));
        return text;
    }

 private:
    bool write_member(std::optional<Value> node, const std::string& name, std::size_t index) {
        if (node && !node->is_object()) return false;
        writer_.begin_object();
        bool is_written = false;
        if (node) {
            for (const json::Member& member : node->members()) {
                writer_.key(member.key);
                const Value value{&member.value};
                if (member.key != name) {
                    writer_.raw(value.raw());
                } else if (is_written = true; !write(value, index + 1)) {
                    return false;
                }
            }
        }
        if (!is_written) {
            writer_.key(name);
            if (!write(std::nullopt, index + 1)) return false;
        }
        writer_.end_object();
        return true;
    }

    bool write_element(Value node, std::size_t position, std::size_t index) {
        if (!node.is_array() || position >= node.size()) return false;
        writer_.begin_array();
        for (std::size_t i = 0; i < node.size(); ++i) {
            if (i != position) {
                writer_.raw(node[i].raw());
            } else if (!write(node[i], index + 1)) {
                return false;
            }
        }
        writer_.end_array();
        return true;
    }

    const std::vector<Step>& steps_;
    const std::string_view result_;
    json::Writer writer_;
    std::size_t failed_at_ = 0;
    std::optional<Value> failed_in_;
};

}  // namespace

ResultPath ResultPath::discarding() {
    ResultPath path;
    path.is_discarding_ = true;
    return path;
}

std::optional<ResultPath> ResultPath::parse(std::string_view text) {
    const auto reference = Reference::parse_whole(text);
    if (!reference || reference->root() != Reference::Root::input ||
        !reference->path().is_reference()) {
        return std::nullopt;
    }
    ResultPath path;
    path.text_ = text;
    for (const Path::Step& step : reference->path().steps()) {
        if (step.kind == Path::StepKind::member) {
            path.steps_.emplace_back(step.names.front());
        } else if (step.indices.front() >= 0) {
            path.steps_.emplace_back(static_cast<std::size_t>(step.indices.front()));
        } else {
            return std::nullopt;
        }
    }
    return path;
}

Evaluated<Payload> ResultPath::place(const Scope& scope, const Payload& input,
                                     const Payload& result) const {
    if (is_discarding_) return input;
    if (steps_.empty()) return result;
    const json::Document document = json::Document::of(input);
    Placement placement{steps_, result.text()};
    if (!placement.write(document.root(), 0)) {
        return Failure{"States.ResultPathMatchFailure",
                       cause_in_state(scope, placement.problem(document.root()))};
    }
    return Payload::trusted(placement.text());
}

}  // namespace stepwell::asl
