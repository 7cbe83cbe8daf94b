// A rule: which events go where. And how it stands in the store.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "event/pattern.hpp"

namespace stepwell::event {

struct Target {
    std::string id;
    std::string arn;
    std::string role_arn = {};
    std::optional<std::string> input = {};       ///< JSON that goes instead of the event
    std::optional<std::string> input_path = {};  ///< the part of the event that goes
    std::string message_group_id = {};
};

struct Rule {
    std::string name;
    std::string pattern_text;
    std::shared_ptr<const Pattern> pattern = {};
    bool is_enabled = true;
    std::string description = {};
    std::string role_arn = {};
    std::vector<Target> targets = {};
};

/// What of the event the target is sent; nothing when its InputPath leads nowhere.
std::optional<std::string> payload_for(const Target& target, json::Value event);
/// Whether it is a path that is followed here: "$", or names with dots between.
bool is_input_path(std::string_view path) noexcept;

inline constexpr std::string_view rule_key_prefix = "event_rule/";
inline constexpr std::string_view delivery_key_prefix = "event_delivery/";

std::string rule_key(std::string_view name);
std::string encode_rule(const Rule& rule);
/// Nothing for damaged bytes or an unknown version.
std::optional<Rule> decode_rule(std::string_view bytes);

/// What is still to be started, by function or state machine.
struct Delivery {
    std::string arn;
    std::string payload;
};
std::string delivery_key(std::string_view id);
std::string encode_delivery(const Delivery& delivery);
std::optional<Delivery> decode_delivery(std::string_view bytes);

}  // namespace stepwell::event
