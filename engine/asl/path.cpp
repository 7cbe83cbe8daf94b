#include "asl/path.hpp"

#include <charconv>

#include "asl/filter.hpp"
#include "base/assert.hpp"

namespace stepwell::asl {

using json::Value;

/// Reads one path, step by step. Members consume from the front of rest_.
class PathParser {
 public:
    PathParser(std::string_view text, Path::Context context) : rest_(text), context_(context) {}

    std::optional<Path> parse() {
        while (!rest_.empty() && (rest_.front() == '.' || rest_.front() == '[')) {
            if (function()) break;
            if (!step()) return std::nullopt;
        }
        for (const Path::Step& step : path_.steps_) {
            const bool is_single =
                step.kind == Path::StepKind::member || step.kind == Path::StepKind::index;
            path_.is_definite_ &= is_single && !step.is_deep;
        }
        return std::move(path_);
    }
    std::string_view rest() const { return rest_; }

 private:
    bool step() {
        Path::Step step;
        if (take("..")) {
            step.is_deep = true;
            if (!rest_.empty() && rest_.front() == '[') {
                if (!bracket(step)) return false;
            } else if (!name(step)) {
                return false;
            }
        } else if (take(".") && (rest_.empty() || rest_.front() != '[')) {
            if (!name(step)) return false;
        } else if (!bracket(step)) {
            return false;
        }
        path_.steps_.push_back(std::move(step));
        return true;
    }

    // ".length()", which nothing follows.
    bool function() {
        if (!rest_.starts_with('.')) return false;
        const std::size_t end = rest_.find("()");
        if (end == std::string_view::npos) return false;
        const auto found = find_path_function(rest_.substr(1, end - 1));
        if (!found) return false;
        path_.function_ = found;
        rest_.remove_prefix(end + 2);
        return true;
    }

    bool name(Path::Step& step) {
        if (take("*")) {
            step.kind = Path::StepKind::wildcard;
            return true;
        }
        const std::string_view stops = context_ == Path::Context::alone ? std::string_view{".[] ()"}
                                       : context_ == Path::Context::argument
                                           ? std::string_view{".[] (),\t\n'"}
                                           : std::string_view{".[] (),\t\n'\"=!<>&|~"};
        const std::size_t size = std::min(rest_.find_first_of(stops), rest_.size());
        if (size == 0) return false;
        step.names.emplace_back(rest_.substr(0, size));
        rest_.remove_prefix(size);
        return true;
    }

    bool bracket(Path::Step& step) {
        rest_.remove_prefix(1);
        skip_space();
        if (rest_.empty()) return false;
        bool is_well_formed = false;
        if (rest_.front() == '\'' || rest_.front() == '"') {
            is_well_formed = quoted_names(step);
        } else if (rest_.front() == '*') {
            step.kind = Path::StepKind::wildcard;
            rest_.remove_prefix(1);
            is_well_formed = true;
        } else if (rest_.front() == '?') {
            is_well_formed = filter(step);
        } else {
            is_well_formed = numbers(step);
        }
        skip_space();
        return is_well_formed && take("]");
    }

    bool quoted_names(Path::Step& step) {
        while (true) {
            if (rest_.empty() || (rest_.front() != '\'' && rest_.front() != '"')) return false;
            if (!quoted_name(step)) return false;
            skip_space();
            if (!take(",")) break;
            skip_space();
        }
        step.kind = step.names.size() == 1 ? Path::StepKind::member : Path::StepKind::members;
        return true;
    }

    bool quoted_name(Path::Step& step) {
        const char quote = rest_.front();
        std::string name;
        for (std::size_t i = 1; i < rest_.size(); ++i) {
            if (rest_[i] == quote) {
                rest_.remove_prefix(i + 1);
                step.names.push_back(std::move(name));
                return true;
            }
            if (rest_[i] == '\\' && i + 1 < rest_.size()) ++i;
            name.push_back(rest_[i]);
        }
        return false;
    }

    bool filter(Path::Step& step) {
        rest_.remove_prefix(1);
        skip_space();
        if (!take("(")) return false;
        step.filter = Filter::parse(rest_);
        step.kind = Path::StepKind::filter;
        skip_space();
        return step.filter != nullptr && take(")");
    }

    bool numbers(Path::Step& step) {
        step.from = number();
        skip_space();
        if (take(":")) {
            skip_space();
            step.kind = Path::StepKind::slice;
            step.to = number();
            if (take(":")) number();  // the library that AWS uses reads a step and ignores it
            return step.from.has_value() || step.to.has_value();
        }
        if (!step.from) return false;
        step.indices.push_back(*std::exchange(step.from, std::nullopt));
        while (take(",")) {
            skip_space();
            const auto next = number();
            if (!next) return false;
            step.indices.push_back(*next);
            skip_space();
        }
        step.kind = step.indices.size() == 1 ? Path::StepKind::index : Path::StepKind::indices;
        return true;
    }

    std::optional<std::int64_t> number() {
        std::int32_t value = 0;
        const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
        if (error != std::errc{}) return std::nullopt;
        rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
        return value;
    }

    bool take(std::string_view token) {
        if (!rest_.starts_with(token)) return false;
        rest_.remove_prefix(token.size());
        return true;
    }
    void skip_space() {
        while (!rest_.empty() && rest_.front() == ' ') rest_.remove_prefix(1);
    }

    std::string_view rest_;
    const Path::Context context_;
    Path path_;
};

std::optional<Path> Path::parse(std::string_view& text, Context context) {
    PathParser parser{text, context};
    auto path = parser.parse();
    text = parser.rest();
    return path;
}

std::optional<std::vector<std::string_view>> Path::names() const {
    std::vector<std::string_view> names;
    for (const Step& step : steps_) {
        if (step.kind != StepKind::member || step.is_deep) return std::nullopt;
        names.push_back(step.names.front());
    }
    return names;
}

namespace {

void append_bracketed(std::string& out, const Path::Step& step) {
    if (step.is_deep) out += "..";
    out.push_back('[');
    switch (step.kind) {
        case Path::StepKind::member:
        case Path::StepKind::members:
            for (std::size_t i = 0; i < step.names.size(); ++i) {
                out.append(i == 0 ? "'" : ",'").append(step.names[i]).push_back('\'');
            }
            break;
        case Path::StepKind::index:
        case Path::StepKind::indices:
            for (std::size_t i = 0; i < step.indices.size(); ++i) {
                if (i != 0) out.push_back(',');
                out += std::to_string(step.indices[i]);
            }
            break;
        case Path::StepKind::slice:
            if (step.from) out += std::to_string(*step.from);
            out.push_back(':');
            if (step.to) out += std::to_string(*step.to);
            break;
        case Path::StepKind::wildcard:
            out.push_back('*');
            break;
        case Path::StepKind::filter:
            out.push_back('?');
            break;
    }
    out.push_back(']');
}

// Where index `index` of an array of `size` lies; nothing outside.
std::optional<std::size_t> position(std::int64_t index, std::size_t size) {
    const auto signed_size = static_cast<std::int64_t>(size);
    if (index < 0) index += signed_size;
    if (index < 0 || index >= signed_size) return std::nullopt;
    return static_cast<std::size_t>(index);
}

// Java's name for the class of a value, as error texts show it.
std::string_view java_class(Value value) {
    switch (value.kind()) {
        case json::Kind::null:
            return "null";
        case json::Kind::boolean:
            return "java.lang.Boolean";
        case json::Kind::number:
            return value.integer() ? "java.lang.Integer" : "java.lang.Double";
        case json::Kind::string:
            return "java.lang.String";
        case json::Kind::array:
            return "java.util.ArrayList";
        case json::Kind::object:
            return "java.util.LinkedHashMap";
    }
    return "null";
}

// The values that one step finds. All functions add to `found` and take from `visits_left`; at 0
// they stop.
class StepWalk {
 public:
    StepWalk(const Path::Step& step, Value root, std::vector<Value>& found,
             std::size_t& visits_left)
        : step_(step), root_(root), found_(found), visits_left_(visits_left) {}

    void walk(Value value) {
        if (visits_left_ <= value.size() + 1) {
            visits_left_ = 0;
            return;
        }
        visits_left_ -= value.size() + 1;
        if (!step_.is_deep) return one_level(value);
        // at any depth: the value itself, then what it holds, in document order
        if (value.is_object() || value.is_array()) one_level(value);
        for (const json::Node& element : value.elements()) walk(Value{&element});
        for (const json::Member& member : value.members()) walk(Value{&member.value});
    }

 private:
    void one_level(Value value) {
        switch (step_.kind) {
            case Path::StepKind::member:
            case Path::StepKind::members:
                for (const std::string& name : step_.names) {
                    if (const auto member = value.find(name)) found_.push_back(*member);
                }
                break;
            case Path::StepKind::index:
            case Path::StepKind::indices:
                if (!value.is_array()) break;
                for (const std::int64_t index : step_.indices) {
                    if (const auto at = position(index, value.size())) found_.push_back(value[*at]);
                }
                break;
            case Path::StepKind::slice:
                slice(value);
                break;
            case Path::StepKind::wildcard:
                each_child(value, [](Value) { return true; });
                break;
            case Path::StepKind::filter:
                if (value.is_object() && !step_.is_deep) {
                    if (step_.filter->accepts(value, root_, visits_left_)) found_.push_back(value);
                } else {
                    each_child(value, [this](Value child) {
                        return step_.filter->accepts(child, root_, visits_left_);
                    });
                }
                break;
        }
    }

    template <class Accepts>
    void each_child(Value value, Accepts accepts) {
        for (const json::Node& element : value.elements()) {
            if (accepts(Value{&element})) found_.push_back(Value{&element});
        }
        for (const json::Member& member : value.members()) {
            if (accepts(Value{&member.value})) found_.push_back(Value{&member.value});
        }
    }

    void slice(Value value) {
        if (!value.is_array()) return;
        const auto size = static_cast<std::int64_t>(value.size());
        std::int64_t from = step_.from.value_or(0);
        std::int64_t to = step_.to.value_or(size);
        if (from < 0) from = std::max<std::int64_t>(0, from + size);
        if (to < 0) to += size;
        for (std::int64_t i = from; i < std::min(to, size); ++i)
            found_.push_back(value[static_cast<std::size_t>(i)]);
    }

    const Path::Step& step_;
    const Value root_;
    std::vector<Value>& found_;
    std::size_t& visits_left_;
};

}  // namespace

std::string Path::normalized() const {
    std::string text = "$";
    for (const Step& step : steps_) append_bracketed(text, step);
    return text;
}

std::optional<Value> Path::find(Value root, std::string* reason) const {
    SW_ASSERT(is_definite_);
    Value value = root;
    for (std::size_t i = 0; i < steps_.size(); ++i) {
        const Step& step = steps_[i];
        const auto explain = [&](auto&& text) {
            if (reason != nullptr) *reason = text();
        };
        const auto path_up_to = [&](std::size_t count) {
            std::string text = "$";
            for (std::size_t s = 0; s < count; ++s) append_bracketed(text, steps_[s]);
            return text;
        };
        std::optional<Value> next;
        if (step.kind == StepKind::member) {
            if (!value.is_object()) {
                explain([&] {
                    return "Expected to find an object with property ['" + step.names.front() +
                           "'] in path " + path_up_to(i) + " but found '" +
                           std::string{java_class(value)} +
                           "'. This is not a json object according to the JsonProvider: "
                           "'com.jayway.jsonpath.spi.json.JacksonJsonProvider'.";
                });
                return std::nullopt;
            }
            next = value.find(step.names.front());
        } else {
            if (!value.is_array()) {
                explain([&] {
                    if (value.is_null()) return "The path " + path_up_to(i) + " is null";
                    std::string text = "Filter: [" + std::to_string(step.indices.front()) +
                                       "] can only be applied to arrays. Current context is: ";
                    json::append_compact(text, value);
                    return text;
                });
                return std::nullopt;
            }
            if (const auto at = position(step.indices.front(), value.size())) next = value[*at];
        }
        if (!next) {
            const bool is_last = i + 1 == steps_.size();
            explain([&] {
                return is_last || step.kind == StepKind::index
                           ? "No results for path: " + normalized()
                           : "Missing property in path " + path_up_to(i + 1);
            });
            return std::nullopt;
        }
        value = *next;
    }
    return value;
}

bool Path::find_all(Value root, std::vector<Value>& found) const {
    std::size_t visits_left = visits_max;
    return find_all(root, found, visits_left);
}

bool Path::find_all(Value root, std::vector<Value>& found, std::size_t& visits_left) const {
    std::vector<Value> current{root};
    for (const Step& step : steps_) {
        std::vector<Value> next;
        StepWalk walk{step, root, next, visits_left};
        for (const Value value : current) walk.walk(value);
        if (visits_left == 0) return false;
        current = std::move(next);
    }
    found = std::move(current);
    return true;
}

}  // namespace stepwell::asl
