// DynamoDB's expressions: what they mean, and AWS's words for what is wrong with one.
#include "item/expression.hpp"

#include <gtest/gtest.h>

#include <string>

#include "item/item_of.hpp"

namespace stepwell::item {
namespace {

constexpr std::string_view thing =
    R"({"id":{"S":"thing-1"},"n":{"N":"5"},"b":{"B":"AQID"},"yes":{"BOOL":true},"nil":{"NULL":true},)"
    R"("l":{"L":[{"N":"1"},{"N":"2"},{"N":"3"},{"M":{"x":{"S":"deep"}}}]},)"
    R"("m":{"M":{"a":{"N":"1"},"b":{"L":[{"S":"q"}]}}},"ss":{"SS":["x","y"]},"ns":{"NS":["1","2"]}})";
constexpr std::string_view values =
    R"({":s":{"S":"thing"},":id":{"S":"thing-1"},":one":{"N":"1"},":five":{"N":"5.0"},":nine":{"N":"9"},)"
    R"(":x":{"S":"x"},":l":{"L":[{"N":"7"}]},":t":{"S":"SS"},":ss":{"SS":["y","x"]},":z":{"SS":["x","z"]},)"
    R"(":b":{"BOOL":true},":empty":{"L":[]}})";

Placeholders placeholders() {
    return *Placeholders::make(Placeholders::Names{{"#id", "id"}, {"#m", "m"}, {"#dot", "a.b"}},
                               item_of(values));
}

std::string condition(std::string_view text) {
    Placeholders known = placeholders();
    const Result<Node> parsed = parse_condition(text, "ConditionExpression", known);
    if (!parsed.has_value()) return parsed.error().message();
    return holds(*parsed, item_of(thing)) ? "true" : "false";
}
std::string update(std::string_view text, std::string_view item = thing) {
    Placeholders known = placeholders();
    const Result<Update> parsed = parse_update(text, known);
    if (!parsed.has_value()) return parsed.error().message();
    const Result<Item> updated = apply_update(*parsed, item_of(item));
    return updated.has_value() ? text_of(*updated) : updated.error().message();
}
std::string projection(std::string_view text) {
    Placeholders known = placeholders();
    const auto parsed = parse_projection(text, known);
    if (!parsed.has_value()) return parsed.error().message();
    return text_of(project(item_of(thing), *parsed));
}

TEST(Condition, ComparesValuesOfOneType) {
    for (const std::string_view text : {"n = :five",
                                        "n <> :one",
                                        "n <> :s",
                                        "n > :one",
                                        "n >= :five",
                                        "n < :nine",
                                        "n <= :five",
                                        "n BETWEEN :one AND :nine",
                                        "n IN (:one, :five)",
                                        ":five = n",
                                        "ss = :ss",
                                        "l[0] = :one",
                                        "m.a = l[0]",
                                        "yes = :b",
                                        "nope <> :one",
                                        "size(l) > :one",
                                        "size(id) > :five",
                                        "NOT n = :one",
                                        "not (n = :one)",
                                        "n = :five and yes = :b",
                                        "n = :one OR n = :five AND yes = :b"}) {
        EXPECT_EQ(condition(text), "true") << text;
    }
    for (const std::string_view text :
         {"n = :s", "n < :s", "id < :five", "nope = :one", "nope < :one", "l[9] = :one",
          "m.zz = :one", "l.a = :one", "size(n) = :one", "(n = :one OR n = :five) AND n = :nine",
          "NOT n = :five OR n = :one", "nope IN (:one)", "nope BETWEEN :one AND :five"}) {
        EXPECT_EQ(condition(text), "false") << text;
    }
}

TEST(Condition, HasFunctions) {
    for (const std::string_view text :
         {"attribute_exists(id)", "attribute_exists(l[3].x)", "attribute_not_exists(nope)",
          "attribute_type(ss, :t)", "begins_with(id, :s)", "contains(id, :s)", "contains(ss, :x)",
          "contains(l, :one)", "contains(ns, :one)", "begins_with(#id, :s)",
          "attribute_exists(#m.a)"}) {
        EXPECT_EQ(condition(text), "true") << text;
    }
    for (const std::string_view text :
         {"attribute_exists(nope)", "attribute_not_exists(id)", "attribute_type(l, :t)",
          "begins_with(n, :s)", "contains(l, :x)", "contains(n, :one)", "attribute_exists(#dot)"}) {
        EXPECT_EQ(condition(text), "false") << text;
    }
}

TEST(Condition, SaysWhatIsWrongAsAWSDoes) {
    const auto invalid = [](std::string_view what) {
        return "Invalid ConditionExpression: " + std::string(what);
    };
    EXPECT_EQ(condition(""), invalid("The expression can not be empty;"));
    EXPECT_EQ(condition("n = "), invalid("Syntax error; token: \"<EOF>\", near: \"=\""));
    EXPECT_EQ(condition("n = = :one"), invalid("Syntax error; token: \"=\", near: \"= = :one\""));
    EXPECT_EQ(condition("n"), invalid("Syntax error; token: \"<EOF>\", near: \"n\""));
    EXPECT_EQ(condition("my-attr = :one"),
              invalid("Syntax error; token: \"-\", near: \"my-attr\""));
    EXPECT_EQ(condition("(n = :one"), invalid("Syntax error; token: \"<EOF>\", near: \":one\""));
    EXPECT_EQ(condition("n = :one)"), invalid("Syntax error; token: \")\", near: \":one)\""));
    EXPECT_EQ(condition("((n = :one))"), invalid("The expression has redundant parentheses;"));
    EXPECT_EQ(condition("name = :one"),
              invalid("Attribute name is a reserved keyword; reserved keyword: name"));
    EXPECT_EQ(condition("m.Status = :one"),
              invalid("Attribute name is a reserved keyword; reserved keyword: Status"));
    EXPECT_EQ(condition("n = :missing"),
              invalid("An expression attribute value used in expression is not defined; attribute "
                      "value: :missing"));
    EXPECT_EQ(condition("#none = :one"),
              invalid("An expression attribute name used in the document path is not defined; "
                      "attribute name: #none"));
    EXPECT_EQ(condition("starts_with(id, :s)"),
              invalid("Invalid function name; function: starts_with"));
    EXPECT_EQ(condition("attribute_exists(id, n)"),
              invalid("Incorrect number of operands for operator or function; operator or "
                      "function: attribute_exists, number of operands: 2"));
    EXPECT_EQ(condition("attribute_exists(:s)"),
              invalid("Operator or function requires a document path; operator or function: "
                      "attribute_exists"));
    EXPECT_EQ(condition("begins_with(id, :one)"),
              invalid("Incorrect operand type for operator or function; operator or function: "
                      "begins_with, operand type: N"));
    EXPECT_EQ(condition("attribute_type(id, :s)"),
              invalid("Invalid attribute type name found; type: thing, valid types: "
                      "{B,NULL,SS,BOOL,L,BS,N,NS,S,M}"));
    EXPECT_EQ(condition("size(id)"),
              invalid("The function is not allowed to be used this way in an expression; "
                      "function: size"));
    EXPECT_EQ(condition("contains(id, :s) = :b"),
              invalid("Syntax error; token: \"=\", near: \") = :b\""));
    EXPECT_EQ(condition("n = n"),
              invalid("The first operand must be distinct from the remaining operands for this "
                      "operator or function; operator: =, first operand: [n]"));
    EXPECT_EQ(condition("n BETWEEN :nine AND :one"),
              invalid("The BETWEEN operator requires upper bound to be greater than or equal to "
                      "lower bound; lower bound operand: AttributeValue: {N:9}, upper bound "
                      "operand: AttributeValue: {N:1}"));
}

TEST(Condition, IsBounded) {
    const std::string deep = std::string(3'000, '(') + "n";
    EXPECT_EQ(condition(deep).substr(0, 41), "Invalid ConditionExpression: Syntax error");
    std::string nots;
    for (int i = 0; i < 900; ++i) nots += "NOT ";
    EXPECT_EQ(condition(nots + "n = :one").substr(0, 41),
              "Invalid ConditionExpression: Syntax error");
    EXPECT_EQ(condition(std::string(4'097, 'n')),
              "Invalid ConditionExpression: Expression size has exceeded the maximum allowed size; "
              "expression size: 4097");
}

TEST(Update, SetsFromWhatWasThereBefore) {
    EXPECT_EQ(update("SET n = n + :one, m.c = n", R"({"n":{"N":"5"},"m":{"M":{}}})"),
              R"({"m":{"M":{"c":{"N":"5"}}},"n":{"N":"6"}})");
    EXPECT_EQ(update("set a = if_not_exists(a, :one) - :five", R"({})"), R"({"a":{"N":"-4"}})");
    EXPECT_EQ(
        update("SET a = list_append(if_not_exists(a, :empty), :l)", R"({"a":{"L":[{"S":"x"}]}})"),
        R"({"a":{"L":[{"S":"x"},{"N":"7"}]}})");
    EXPECT_EQ(update("SET a[9] = :one, a[0] = :x", R"({"a":{"L":[{"S":"q"},{"S":"r"}]}})"),
              R"({"a":{"L":[{"S":"x"},{"S":"r"},{"N":"1"}]}})");
    EXPECT_EQ(update("SET n = nope"),
              "The provided expression refers to an attribute that does not exist in the item");
    EXPECT_EQ(update("SET n = id + :one"),
              "An operand in the update expression has an incorrect data type");
    EXPECT_EQ(update("SET nope.a = :one"),
              "The document path provided in the update expression is invalid for update");
}

TEST(Update, RemovesAddsAndDeletes) {
    EXPECT_EQ(update("REMOVE l[0], l[2], nope, l[9]",
                     R"({"l":{"L":[{"N":"0"},{"N":"1"},{"N":"2"},{"N":"3"}]}})"),
              R"({"l":{"L":[{"N":"1"},{"N":"3"}]}})");
    EXPECT_EQ(update("ADD n :one, ss :z, fresh :one", R"({"n":{"N":"1"},"ss":{"SS":["x","y"]}})"),
              R"({"fresh":{"N":"1"},"n":{"N":"2"},"ss":{"SS":["x","y","z"]}})");
    EXPECT_EQ(update("DELETE ss :ss", R"({"ss":{"SS":["x","y","z"]}})"), R"({"ss":{"SS":["z"]}})");
    EXPECT_EQ(update("DELETE ss :ss", R"({"ss":{"SS":["x","y"]}})"), R"({})");
    EXPECT_EQ(update("DELETE ss :ss", R"({"n":{"N":"1"}})"), R"({"n":{"N":"1"}})");
    EXPECT_EQ(update("ADD id :one"),
              "An operand in the update expression has an incorrect data type");
}

TEST(Update, SaysWhatIsWrongAsAWSDoes) {
    const auto invalid = [](std::string_view what) {
        return "Invalid UpdateExpression: " + std::string(what);
    };
    EXPECT_EQ(update("SET n = 0"), invalid("Syntax error; token: \"0\", near: \"= 0\""));
    EXPECT_EQ(update("n = :one"), invalid("Syntax error; token: \"n\", near: \"n =\""));
    EXPECT_EQ(update("SET n = :one SET a = :one"),
              invalid("The \"SET\" section can only be used once in an update expression;"));
    EXPECT_EQ(update("SET n = :one REMOVE n"),
              invalid("Two document paths overlap with each other; must remove or rewrite one of "
                      "these paths; path one: [n], path two: [n]"));
    EXPECT_EQ(update("SET a.b[1].c = :one, a.b = :one"),
              invalid("Two document paths overlap with each other; must remove or rewrite one of "
                      "these paths; path one: [a, b, [1], c], path two: [a, b]"));
    EXPECT_EQ(update("REMOVE a.b SET a[1] = :one"),
              invalid("Two document paths conflict with each other; must remove or rewrite one of "
                      "these paths; path one: [a, b], path two: [a, [1]]"));
    EXPECT_EQ(update("ADD n :s"),
              invalid("Incorrect operand type for operator or function; operator: ADD, operand "
                      "type: STRING"));
    EXPECT_EQ(update("DELETE n :one"),
              invalid("Incorrect operand type for operator or function; operator: DELETE, operand "
                      "type: NUMBER"));
    EXPECT_EQ(update("SET n = append(n, :l)"), invalid("Invalid function name; function: append"));
    EXPECT_EQ(update("SET n = list_append(n, :one)"),
              invalid("Incorrect operand type for operator or function; operator or function: "
                      "list_append, operand type: N"));
    EXPECT_EQ(update("SET n = if_not_exists(:one, n)"),
              invalid("Operator or function requires a document path; operator or function: "
                      "if_not_exists"));
}

TEST(Projection, GivesWhatThePathsLeadTo) {
    EXPECT_EQ(projection("id, m.a, l[3].x, l[1], nope"),
              R"({"id":{"S":"thing-1"},"l":{"L":[{"M":{"x":{"S":"deep"}}},{"N":"2"}]},)"
              R"("m":{"M":{"a":{"N":"1"}}}})");
    EXPECT_EQ(projection("m.zz"), "{}");
    EXPECT_EQ(projection("m, m.a"),
              "Invalid ProjectionExpression: Two document paths overlap with each other; must "
              "remove or rewrite one of these paths; path one: [m], path two: [m, a]");
    EXPECT_EQ(projection("id,"),
              "Invalid ProjectionExpression: Syntax error; token: \"<EOF>\", near: \",\"");
}

TEST(Placeholders, AreAllUsedAndWellFormed) {
    Placeholders known = placeholders();
    ASSERT_TRUE(
        parse_condition("#id = :id AND #m.a = :one", "FilterExpression", known).has_value());
    EXPECT_EQ(known.check_all_used().error().message(),
              "Value provided in ExpressionAttributeNames unused in expressions: keys: {#dot}");
    EXPECT_EQ(Placeholders::make(Placeholders::Names{{"x", "y"}}, std::nullopt).error().message(),
              "ExpressionAttributeNames contains invalid key: Syntax error; key: \"x\"");
    EXPECT_EQ(Placeholders::make(std::nullopt, Map{}).error().message(),
              "ExpressionAttributeValues must not be empty");
}

}  // namespace
}  // namespace stepwell::item
