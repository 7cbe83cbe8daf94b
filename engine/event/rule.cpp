#include "event/rule.hpp"

#include "base/bytes.hpp"

namespace stepwell::event {

namespace {

constexpr char record_version = 1;

void append_optional(std::string& out, const std::optional<std::string>& text) {
    append_varint(out, text.has_value() ? 1 : 0);
    if (text.has_value()) append_text(out, *text);
}

std::optional<std::string> read_optional(ByteReader& reader) {
    if (reader.varint() != 1) return std::nullopt;
    return std::string(reader.text());
}

}  // namespace

bool is_input_path(std::string_view path) noexcept {
    return path == "$" || (path.starts_with("$.") && path.size() > 2 &&
                           path.find_first_of("[]*?@ '\"") == std::string_view::npos &&
                           path.find("..") == std::string_view::npos && !path.ends_with('.'));
}

std::optional<std::string> payload_for(const Target& target, json::Value event) {
    if (target.input.has_value()) return target.input;
    json::Value at = event;
    std::string_view rest = "$";
    if (target.input_path.has_value()) rest = *target.input_path;
    rest.remove_prefix(1);
    while (!rest.empty()) {
        rest.remove_prefix(1);  // the dot
        const std::string_view name = rest.substr(0, rest.find('.'));
        const auto found = at.find(name);
        if (!found.has_value()) return std::nullopt;
        at = *found;
        rest.remove_prefix(name.size());
    }
    return std::string(at.raw());
}

std::string rule_key(std::string_view name) { return std::string(rule_key_prefix).append(name); }

std::string encode_rule(const Rule& rule) {
    std::string out(1, record_version);
    append_text(out, rule.name);
    append_text(out, rule.pattern_text);
    append_varint(out, rule.is_enabled ? 1 : 0);
    append_text(out, rule.description);
    append_text(out, rule.role_arn);
    append_varint(out, rule.targets.size());
    for (const Target& target : rule.targets) {
        append_text(out, target.id);
        append_text(out, target.arn);
        append_text(out, target.role_arn);
        append_optional(out, target.input);
        append_optional(out, target.input_path);
        append_text(out, target.message_group_id);
    }
    return out;
}

std::optional<Rule> decode_rule(std::string_view bytes) {
    ByteReader reader(bytes);
    if (reader.big_endian<char>() != record_version) return std::nullopt;
    Rule rule;
    rule.name = reader.text();
    rule.pattern_text = reader.text();
    rule.is_enabled = reader.varint() == 1;
    rule.description = reader.text();
    rule.role_arn = reader.text();
    for (std::uint64_t left = reader.varint(); left > 0 && reader.is_good(); --left) {
        Target target;
        target.id = reader.text();
        target.arn = reader.text();
        target.role_arn = reader.text();
        target.input = read_optional(reader);
        target.input_path = read_optional(reader);
        target.message_group_id = reader.text();
        rule.targets.push_back(std::move(target));
    }
    Result<Pattern> pattern = Pattern::parse(rule.pattern_text);
    if (!reader.is_good() || !reader.is_at_end() || !pattern.has_value()) return std::nullopt;
    rule.pattern = std::make_shared<const Pattern>(*std::move(pattern));
    return rule;
}

std::string delivery_key(std::string_view id) {
    return std::string(delivery_key_prefix).append(id);
}

std::string encode_delivery(const Delivery& delivery) {
    std::string out(1, record_version);
    append_text(out, delivery.arn);
    append_text(out, delivery.payload);
    return out;
}

std::optional<Delivery> decode_delivery(std::string_view bytes) {
    ByteReader reader(bytes);
    if (reader.big_endian<char>() != record_version) return std::nullopt;
    Delivery delivery;
    delivery.arn = reader.text();
    delivery.payload = reader.text();
    if (!reader.is_good() || !reader.is_at_end()) return std::nullopt;
    return delivery;
}

}  // namespace stepwell::event
