#include "api/dynamodb.hpp"

#include <algorithm>

#include "api/dynamodb_operations.hpp"
#include "base/errors.hpp"
#include "base/siphash.hpp"

namespace stepwell::api {

namespace dynamodb {

namespace {

constexpr std::uint64_t write_unit_bytes = 1024;
constexpr std::uint64_t read_unit_bytes = 4096;
constexpr milliseconds client_token_lifetime = std::chrono::minutes{10};
/// A task's call comes again after a crash only, before anything else happens.
constexpr milliseconds task_token_lifetime = std::chrono::minutes{1};

Operation operation(item::Items& items, Handler handler) {
    return [&items, handler](const Call& call, Respond respond) {
        const auto document = json::Document::parse(call.body.empty() ? "{}" : call.body);
        if (!document.has_value() || !document->root().is_object()) {
            return respond(Error{errors::serialization,
                                 "Start of structure or map found where not expected."});
        }
        Input input(document->root());
        handler(items, input, call, std::move(respond));
    };
}

std::uint64_t units(std::uint64_t bytes, std::uint64_t unit) {
    return std::max<std::uint64_t>(1, (bytes + unit - 1) / unit);
}

}  // namespace

void set_token(item::WriteCall& write, const Call& call, std::optional<std::string_view> token) {
    if (token.has_value()) {
        write.token = "client/" + std::string(*token);
        write.request_hash =
            siphash128(MacKey{0x64796e616d6f, 0x746f6b656e}, call.body.data(), call.body.size())[0];
        write.token_lifetime = client_token_lifetime;
    } else if (!call.context.starter.empty()) {
        write.token = "task/" + call.context.starter;
        write.token_lifetime = task_token_lifetime;
    }
}

Capacity read_capacity(Input& input) {
    const auto text = input.one_of("ReturnConsumedCapacity", {"INDEXES", "TOTAL", "NONE"});
    if (text == "TOTAL") return Capacity::total;
    return text == "INDEXES" ? Capacity::indexes : Capacity::none;
}

double write_units(const item::Written& written) {
    const auto bytes = [](const item::ItemPtr& item) {
        return item == nullptr ? std::size_t{0} : item::bytes_of(*item);
    };
    return static_cast<double>(
        units(std::max(bytes(written.before), bytes(written.after)), write_unit_bytes));
}

double read_units(std::uint64_t bytes, bool is_consistent) {
    constexpr double eventual = 0.5;
    return static_cast<double>(units(bytes, read_unit_bytes)) * (is_consistent ? 1.0 : eventual);
}

void write_capacity(json::Writer& writer, Capacity capacity, std::string_view table,
                    double consumed) {
    writer.begin_object().member("TableName", table).key("CapacityUnits").number(consumed);
    if (capacity == Capacity::indexes) {
        writer.key("Table").begin_object().key("CapacityUnits").number(consumed).end_object();
    }
    writer.end_object();
}

void respond_when_settled(item::Items& items, Respond respond, std::string body) {
    items.when_settled([respond = std::move(respond), body = std::move(body)]() mutable {
        respond(Reply{std::move(body)});
    });
}

}  // namespace dynamodb

void register_dynamodb(OperationTable& table, item::Items& items) {
    using namespace dynamodb;
    for (const auto& handlers :
         {table_operations(), item_operations(), query_operations(), batch_operations()}) {
        for (const auto& [name, handler] : handlers)
            table.add("dynamodb", name, operation(items, handler));
    }
}

}  // namespace stepwell::api
