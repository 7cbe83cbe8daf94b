// Filter policies: which messages a subscription wants.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <stepwell/result.hpp>

#include "topic/ports.hpp"

namespace stepwell::topic {

enum class FilterScope : std::uint8_t { message_attributes, message_body };

/// A policy, checked and taken apart once; matching parses nothing of it again.
///
/// threads  immutable; any
class FilterPolicy {
 public:
    /// errors   InvalidParameter, the message beginning "FilterPolicy: ": no object of arrays, an
    /// unknown or malformed
    ///          operator, more than five keys, more than 150 combinations, nesting in the scope of
    ///          attributes
    /// source   Amazon SNS Developer Guide, "Subscription filter policies"
    static Result<FilterPolicy> parse(std::string_view text, FilterScope scope);

    /// A message without a body that the policy can read (no JSON object) does not match in the
    /// scope of the body.
    bool matches(const std::vector<MessageAttribute>& attributes, std::string_view body) const;

    /// A value of a message or of a policy.
    struct Leaf {
        enum class Kind : std::uint8_t { text, number, boolean, null };
        Kind kind = Kind::null;
        std::string text = {};
        double number = 0;
        friend bool operator==(const Leaf&, const Leaf&) = default;
    };

 private:
    struct Equals {
        Leaf value;
    };
    struct EqualsIgnoreCase {
        std::string lower;
    };
    struct Prefix {
        std::string text;
        bool is_negated = false;
    };
    struct Suffix {
        std::string text;
        bool is_negated = false;
    };
    struct AnythingBut {
        std::vector<Leaf> values;
    };
    struct Exists {
        bool must_exist = true;
    };
    struct Comparison {
        enum class Operator : std::uint8_t {
            equal,
            less,
            less_or_equal,
            greater,
            greater_or_equal
        };
        Operator op;
        double operand;
    };
    struct Numeric {
        std::vector<Comparison> all;
    };
    struct Cidr {
        std::vector<unsigned char> network;  // 4 or 16 bytes
        std::uint32_t bits = 0;
    };
    using Condition =
        std::variant<Equals, EqualsIgnoreCase, Prefix, Suffix, AnythingBut, Exists, Numeric, Cidr>;

    /// One key, "parent.child" when nested, and the conditions of which one has to hold.
    struct Rule {
        std::string path;
        std::vector<Condition> any_of;
    };
    /// All rules have to hold. `$or` multiplies these.
    using Alternative = std::vector<Rule>;

    class Parser;
    static bool holds(const Condition& condition, const Leaf& leaf);

    FilterScope scope_ = FilterScope::message_attributes;
    std::vector<Alternative> any_of_;
};

}  // namespace stepwell::topic
