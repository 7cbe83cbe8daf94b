#include "asl/intrinsic.hpp"

#include <array>

#include "base/limits.hpp"
#include "json/writer.hpp"

namespace stepwell::asl {

namespace {

struct Signature {
    std::string_view name;
    Function function;
    std::size_t arguments_min;
    std::size_t arguments_max;
};
constexpr std::size_t any_number = SIZE_MAX;
// No call takes more: several payloads' worth, so that nested calls cannot fill the memory.
constexpr std::size_t argument_bytes_max = 4 * limits::payload_bytes_max;

constexpr std::array<Signature, 18> signatures{{
    {"States.Format", Function::format, 1, any_number},
    {"States.StringToJson", Function::string_to_json, 1, 1},
    {"States.JsonToString", Function::json_to_string, 1, 1},
    {"States.Array", Function::array, 0, any_number},
    {"States.ArrayPartition", Function::array_partition, 2, 2},
    {"States.ArrayContains", Function::array_contains, 2, 2},
    {"States.ArrayRange", Function::array_range, 3, 3},
    {"States.ArrayGetItem", Function::array_get_item, 2, 2},
    {"States.ArrayLength", Function::array_length, 1, 1},
    {"States.ArrayUnique", Function::array_unique, 1, 1},
    {"States.Base64Encode", Function::base64_encode, 1, 1},
    {"States.Base64Decode", Function::base64_decode, 1, 1},
    {"States.Hash", Function::hash, 2, 2},
    {"States.JsonMerge", Function::json_merge, 3, 3},
    {"States.MathRandom", Function::math_random, 2, 3},
    {"States.MathAdd", Function::math_add, 2, 2},
    {"States.StringSplit", Function::string_split, 2, 2},
    {"States.UUID", Function::uuid, 0, 0},
}};
static_assert([] {
    for (std::size_t i = 0; i < signatures.size(); ++i) {
        if (static_cast<std::size_t>(signatures[i].function) != i) return false;
    }
    return true;
}());

const Signature* find_signature(std::string_view name) {
    for (const Signature& signature : signatures) {
        if (signature.name == name) return &signature;
    }
    return nullptr;
}

}  // namespace

std::string_view name_of(Function function) noexcept {
    return signatures[static_cast<std::size_t>(function)].name;
}

/// Reads calls and their arguments by recursive descent.
class CallParser {
 public:
    explicit CallParser(std::string_view text) : rest_(text) {}

    std::optional<Call> parse() {
        skip_space();
        auto call = this->call();
        skip_space();
        return rest_.empty() ? std::move(call) : std::nullopt;
    }

 private:
    std::optional<Call> call() {
        if (++depth_ > Call::depth_max) return std::nullopt;
        const std::string_view whole = rest_;
        const std::size_t size = rest_.find('(');
        if (size == std::string_view::npos) return std::nullopt;
        const Signature* const signature = find_signature(rest_.substr(0, size));
        if (signature == nullptr) return std::nullopt;
        rest_.remove_prefix(size + 1);
        Call call;
        call.function_ = signature->function;
        if (!arguments(call)) return std::nullopt;
        const std::size_t count = call.arguments_.size();
        if (count < signature->arguments_min || count > signature->arguments_max)
            return std::nullopt;
        call.text_ = whole.substr(0, whole.size() - rest_.size());
        --depth_;
        return call;
    }

    bool arguments(Call& call) {
        skip_space();
        if (take(')')) return true;
        while (true) {
            auto argument =
                this->argument(call.function_ == Function::format && call.arguments_.empty());
            if (!argument) return false;
            call.arguments_.push_back(std::move(*argument));
            skip_space();
            if (take(')')) return true;
            if (!take(',')) return false;
        }
    }

    std::optional<Call::Argument> argument(bool is_template) {
        skip_space();
        if (rest_.empty()) return std::nullopt;
        if (rest_.front() == '\'') return string(is_template);
        if (rest_.front() == '$') {
            auto reference = Reference::parse(rest_, Path::Context::argument);
            if (!reference) return std::nullopt;
            return Call::Argument{std::move(*reference)};
        }
        if (rest_.starts_with("States.")) {
            auto nested = call();
            if (!nested) return std::nullopt;
            return Call::Argument{std::move(*nested)};
        }
        return number_or_word();
    }

    // 'text': \' \\ \{ \} stand for the character behind the backslash; any other backslash for
    // itself. A template of States.Format keeps what its own escapes need.
    std::optional<Call::Argument> string(bool is_template) {
        std::string content;
        for (std::size_t i = 1; i < rest_.size(); ++i) {
            const char c = rest_[i];
            if (c == '\'') {
                rest_.remove_prefix(i + 1);
                std::string text;
                json::append_string(text, content);
                return literal(text);
            }
            if (c != '\\' || i + 1 == rest_.size()) {
                content.push_back(c);
                continue;
            }
            const char escaped = rest_[++i];
            const bool is_known =
                escaped == '\'' || escaped == '\\' || escaped == '{' || escaped == '}';
            if (!is_known || (is_template && escaped != '\'')) content.push_back('\\');
            content.push_back(escaped);
        }
        return std::nullopt;
    }

    std::optional<Call::Argument> number_or_word() {
        const std::size_t size = std::min(rest_.find_first_of(",) \t\n"), rest_.size());
        const std::string_view text = rest_.substr(0, size);
        if (text.empty() || text.front() == '"' || text.front() == '{' || text.front() == '[')
            return std::nullopt;
        rest_.remove_prefix(size);
        return literal(text);
    }

    static std::optional<Call::Argument> literal(std::string_view json) {
        auto document = json::Document::parse(json);
        if (!document) return std::nullopt;
        return Call::Argument{std::make_shared<const json::Document>(std::move(*document))};
    }

    bool take(char c) {
        if (rest_.empty() || rest_.front() != c) return false;
        rest_.remove_prefix(1);
        return true;
    }
    void skip_space() {
        while (!rest_.empty() &&
               (rest_.front() == ' ' || rest_.front() == '\n' || rest_.front() == '\t')) {
            rest_.remove_prefix(1);
        }
    }

    std::string_view rest_;
    int depth_ = 0;
};

std::optional<Call> Call::parse(std::string_view text) { return CallParser{text}.parse(); }

bool Call::run_into(Evaluation& evaluation, std::string& out, std::string& problem) const {
    std::vector<json::Value> values;
    std::size_t bytes = 0;  // of all arguments
    values.reserve(arguments_.size());
    for (const Argument& argument : arguments_) {
        std::optional<json::Value> value;
        if (const auto* literal = std::get_if<Literal>(&argument)) {
            value = (*literal)->root();
        } else if (const auto* call = std::get_if<Call>(&argument)) {
            value = call->run(evaluation, problem);
            if (!value) return false;
        } else {
            const auto& reference = std::get<Reference>(argument);
            value = reference.find(evaluation);
            if (!value) {
                problem = "The JsonPath argument for the field '" + reference.text() +
                          "' could not be found in the input '" + evaluation.root_text() + "'";
                return false;
            }
        }
        bytes += value->raw().size();
        values.push_back(*value);
        if (bytes > argument_bytes_max) break;
    }
    if (bytes <= argument_bytes_max && apply(function_, values, out)) return true;
    problem = "Invalid arguments in " + std::string{name_of(function_)};
    return false;
}

std::optional<json::Value> Call::run(Evaluation& evaluation, std::string& problem) const {
    std::string out;
    if (!run_into(evaluation, out, problem)) return std::nullopt;
    return evaluation.keep(out);
}

Evaluated<void> Call::append(Evaluation& evaluation, std::string& out) const {
    std::string problem;
    const std::size_t size = out.size();
    if (run_into(evaluation, out, problem)) return {};
    out.resize(size);
    return evaluation.failure("The function '" + text_ + "' had the following error: " + problem);
}

void Call::visit_references(const std::function<void(const Reference&)>& visit) const {
    for (const Argument& argument : arguments_) {
        if (const auto* reference = std::get_if<Reference>(&argument)) visit(*reference);
        if (const auto* call = std::get_if<Call>(&argument)) call->visit_references(visit);
    }
}

}  // namespace stepwell::asl
