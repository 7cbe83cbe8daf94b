// DynamoDB's expressions, numbers and stored items of any kind: all are read or refused; what an
// update makes can be stored and read again; numbers keep their value and their order.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "item/expression.hpp"
#include "item/key_condition.hpp"
#include "item/records.hpp"
#include "item/value_json.hpp"
#include "json/value.hpp"

using namespace stepwell;
using namespace stepwell::item;

namespace {

Item item_of(std::string_view json) { return *read_item(json::Document::parse(json)->root()); }

const Item& thing() {
    static const Item item = item_of(
        R"({"a":{"S":"text"},"n":{"N":"5"},"b":{"B":"AQID"},"t":{"BOOL":true},"z":{"NULL":true},)"
        R"("l":{"L":[{"N":"1"},{"M":{"x":{"S":"q"}}}]},"m":{"M":{"a":{"N":"1"},"l":{"L":[]}}},)"
        R"("ss":{"SS":["x","y"]},"ns":{"NS":["1","2"]}})");
    return item;
}

Placeholders known() {
    static const Map values = item_of(
        R"({":a":{"S":"text"},":n":{"N":"5"},":l":{"L":[{"N":"7"}]},":s":{"SS":["y"]},":t":{"S":"N"},":m":{"NS":["1"]}})");
    return *Placeholders::make(Placeholders::Names{{"#a", "a"}, {"#d", "a.b"}}, values);
}

void check_stored(const Item& item) {
    const auto again = decode_item(encode_item(item));
    if (!again.has_value() || !equal(Value{Type::m, item}, Value{Type::m, *again})) std::abort();
}

void check_number(std::string_view text) {
    const Result<Number> number = Number::parse(text);
    if (!number.has_value()) return;
    const Result<Number> again = Number::parse(number->text());
    if (!again.has_value() || *again != *number) std::abort();
    std::string bytes;
    number->append_sortable(bytes);
    std::string five;
    thing().at("n").number().append_sortable(five);
    if ((bytes < five) != (*number < thing().at("n").number())) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 1) return 0;
    const std::string_view text{reinterpret_cast<const char*>(data) + 1, size - 1};
    Placeholders placeholders = known();
    switch (data[0] % 5) {
        case 0:
            if (const auto node = parse_condition(text, "FilterExpression", placeholders)) {
                (void)holds(*node, thing());
                (void)key_range(*node, {{"a", Type::s}, KeyAttribute{"n", Type::n}});
            }
            break;
        case 1:
            if (const auto update = parse_update(text, placeholders)) {
                const Result<Item> updated = apply_update(*update, thing());
                if (updated.has_value()) check_stored(*updated);
            }
            break;
        case 2:
            if (const auto paths = parse_projection(text, placeholders))
                check_stored(project(thing(), *paths));
            break;
        case 3:
            check_number(text);
            break;
        default:
            if (const auto item = decode_item(text)) check_stored(*item);
            (void)decode_table(text);
    }
    return 0;
}
