// Query and Scan.
#include "api/dynamodb_expressions.hpp"
#include "api/dynamodb_operations.hpp"
#include "base/try.hpp"
#include "item/errors.hpp"
#include "item/value_json.hpp"

namespace stepwell::api::dynamodb {

namespace {

namespace invalid = item::errors;

// What both operations have in common.
struct Reading {
    item::Query query;
    Expressions expressions;
    std::string select;
    Capacity capacity = Capacity::none;
    bool is_consistent = false;
};

Result<> check_select(Input& input, const Reading& reading, std::string_view verb) {
    const bool has_projection = reading.expressions.projection.has_value();
    const std::string_view parameter =
        input.has("ProjectionExpression") ? "ProjectionExpression" : "AttributesToGet";
    if (reading.select == "SPECIFIC_ATTRIBUTES" && !has_projection) {
        return invalid::invalid(
            "Must specify the AttributesToGet or ProjectionExpression when choosing to get "
            "SPECIFIC_ATTRIBUTES");
    }
    if (has_projection && !reading.select.empty() && reading.select != "SPECIFIC_ATTRIBUTES") {
        return invalid::invalid("Cannot specify the " + std::string(parameter) +
                                " when choosing to get " +
                                (reading.select == "COUNT" ? "only the Count" : reading.select));
    }
    if (reading.select == "ALL_PROJECTED_ATTRIBUTES" && reading.query.index.empty()) {
        return invalid::invalid_value("ALL_PROJECTED_ATTRIBUTES can be used only when " +
                                      std::string(verb) + " using an IndexName");
    }
    return {};
}

Result<> read_start(Input& input, item::Query& query) {
    const auto start = input.object("ExclusiveStartKey");
    if (!start.has_value()) return {};
    auto key = item::read_item(*start);
    if (!key.has_value()) {
        if (!key.error().is(stepwell::errors::validation)) return key.error();
        return invalid::invalid("The provided starting key is invalid: " + key.error().message());
    }
    query.start = *std::move(key);
    return {};
}

Result<Reading> read_common(Input& input, bool is_query) {
    Reading reading;
    reading.query.table = input.table_name();
    reading.query.index = input.text("IndexName").value_or("");
    reading.select = input
                         .one_of("Select", {"SPECIFIC_ATTRIBUTES", "COUNT", "ALL_ATTRIBUTES",
                                            "ALL_PROJECTED_ATTRIBUTES"})
                         .value_or("");
    reading.capacity = read_capacity(input);
    reading.is_consistent = input.boolean("ConsistentRead").value_or(false);
    if (const auto limit = input.integer_from("Limit", 1))
        reading.query.limit = static_cast<std::uint64_t>(*limit);
    if (const auto error = input.error()) return *error;
    if (const auto read = read_start(input, reading.query); !read.has_value()) return read.error();
    SW_TRY(
        reading.expressions,
        read_expressions(input, {.key_condition = is_query, .filter = true, .projection = true}));
    const auto checked = check_select(input, reading, is_query ? "Querying" : "Scanning");
    if (!checked.has_value()) return checked.error();
    return reading;
}

Result<> check_index(const Reading& reading, const item::Page& page) {
    if (page.index == nullptr || !page.index->is_global) return {};
    if (reading.is_consistent) {
        return invalid::invalid("Consistent reads are not supported on global secondary indexes");
    }
    if (reading.select == "ALL_ATTRIBUTES" && page.index->projection != "ALL") {
        return invalid::invalid_value(
            "Select type ALL_ATTRIBUTES is not supported for global secondary index " +
            page.index->name + " because its projection type is not ALL");
    }
    return {};
}

void write_found(json::Writer& writer, const Reading& reading, const item::Page& page,
                 const item::Item& item) {
    if (reading.expressions.projection.has_value()) {
        const bool is_partial = page.index != nullptr && page.index->is_global;
        const item::Item& whole = item;
        item::write_item(
            writer,
            item::project(is_partial ? item::projected(*page.table, *page.index, item) : whole,
                          *reading.expressions.projection));
    } else if (page.index != nullptr && reading.select != "ALL_ATTRIBUTES") {
        item::write_item(writer, item::projected(*page.table, *page.index, item));
    } else {
        item::write_item(writer, item);
    }
}

Result<std::string> answer(const item::Items& items, Reading& reading) {
    if (reading.expressions.key_condition.has_value())
        reading.query.key_condition = &*reading.expressions.key_condition;
    if (reading.expressions.filter.has_value()) reading.query.filter = &*reading.expressions.filter;
    SW_TRY(const item::Page page, items.query(reading.query));
    if (const auto checked = check_index(reading, page); !checked.has_value())
        return checked.error();
    json::Writer writer;
    writer.begin_object();
    if (reading.select != "COUNT") {
        writer.key("Items").begin_array();
        for (const item::ItemPtr& item : page.items) write_found(writer, reading, page, *item);
        writer.end_array();
    }
    writer.member_integer("Count", static_cast<std::int64_t>(page.items.size()));
    writer.member_integer("ScannedCount", static_cast<std::int64_t>(page.scanned));
    if (page.last_key.has_value()) {
        writer.key("LastEvaluatedKey");
        item::write_item(writer, *page.last_key);
    }
    if (reading.capacity != Capacity::none) {
        writer.key("ConsumedCapacity");
        write_capacity(writer, reading.capacity, page.table->name,
                       read_units(page.scanned_bytes, reading.is_consistent));
    }
    writer.end_object();
    return writer.take();
}

void respond_with(item::Items& items, Result<Reading> reading, Respond respond) {
    if (!reading.has_value()) return respond(reading.error());
    Result<std::string> body = answer(items, *reading);
    if (!body.has_value()) return respond(body.error());
    respond_when_settled(items, std::move(respond), *std::move(body));
}

Result<Reading> read_query(Input& input) {
    SW_TRY(Reading reading, read_common(input, true));
    reading.query.is_forward = input.boolean("ScanIndexForward").value_or(true);
    if (const auto error = input.error()) return *error;
    if (!reading.expressions.key_condition.has_value()) {
        return invalid::invalid(
            "Either the KeyConditions or KeyConditionExpression parameter must be specified in the "
            "request.");
    }
    return reading;
}

Result<Reading> read_scan(Input& input) {
    constexpr std::int64_t segments_max = 1'000'000;
    const auto segment = input.integer_from("Segment", 0);
    const auto segments = input.integer_from("TotalSegments", 1);
    if (segments.has_value() && *segments > segments_max) {
        input.complain("TotalSegments", std::to_string(*segments),
                       "Member must have value less than or equal to 1000000");
    }
    SW_TRY(Reading reading, read_common(input, false));
    if (segment.has_value() != segments.has_value()) {
        return invalid::invalid(
            segment.has_value()
                ? "The TotalSegments parameter is required but was not present in the request when "
                  "Segment parameter is present"
                : "The Segment parameter is required but was not present in the request when "
                  "parameter TotalSegments is present");
    }
    if (!segment.has_value()) return reading;
    if (*segment >= *segments) {
        return invalid::invalid(
            "The Segment parameter is zero-based and must be less than parameter TotalSegments: "
            "Segment: " +
            std::to_string(*segment) +
            " is not less than TotalSegments: " + std::to_string(*segments));
    }
    reading.query.segment = static_cast<std::uint64_t>(*segment);
    reading.query.segments = static_cast<std::uint64_t>(*segments);
    return reading;
}

void query(item::Items& items, Input& input, const Call&, Respond respond) {
    respond_with(items, read_query(input), std::move(respond));
}
void scan(item::Items& items, Input& input, const Call&, Respond respond) {
    respond_with(items, read_scan(input), std::move(respond));
}

}  // namespace

std::vector<NamedHandler> query_operations() { return {{"Query", query}, {"Scan", scan}}; }

}  // namespace stepwell::api::dynamodb
