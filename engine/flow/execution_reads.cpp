#include "flow/execution_reads.hpp"

#include <algorithm>
#include <utility>

#include "base/bytes.hpp"
#include "base/errors.hpp"
#include "base/try.hpp"
#include "flow/errors.hpp"
#include "flow/map_run.hpp"
#include "flow/page_token.hpp"
#include "flow/redrive.hpp"

namespace stepwell::flow {

namespace {

Error damaged(std::string_view what, ExecutionId id) {
    return Error(stepwell::errors::system_failure,
                 std::string("the stored ").append(what).append(" of execution ") +
                     std::to_string(id) + " is missing or damaged");
}

// Calls `visit(first id, bytes)` for the chunks from the one that holds event `from` on, upwards or
// downwards.
void scan_chunks(const Storage& storage, ExecutionId id, EventId from, bool reverse,
                 const std::function<bool(EventId, std::string_view)>& visit) {
    const ExecutionKey prefix = execution_key(id);
    std::string start = history_key(id, from).text();
    if (!reverse) {
        // The chunk with the greatest first id that is not beyond `from`.
        storage.scan(Table::history, {prefix, start, true},
                     [&](std::string_view key, std::string_view) {
                         start = key;
                         return false;
                     });
    }
    storage.scan(Table::history, {prefix, start, reverse},
                 [&](std::string_view key, std::string_view bytes) {
                     return visit(first_event_of(key), bytes);
                 });
}

Result<ExecutionRecord> read_record(const Storage& storage, ExecutionId id) {
    std::optional<ExecutionRecord> record = find_record(storage, id);
    if (!record.has_value()) return damaged("record", id);
    return *std::move(record);
}

Error no_such_execution(std::string_view arn) {
    return Error(errors::execution_does_not_exist,
                 std::string("Execution Does Not Exist: '").append(arn).append("'"));
}

constexpr std::string_view executions_listing = "executions";
constexpr std::string_view history_listing = "history";

Error invalid_page_token() {
    return Error(errors::invalid_token, "Invalid Token: 'Invalid token'");
}

bool is_called_by(const ExecutionRecord& record, const MachineQualifier& wanted) {
    if (!wanted.alias.empty()) return record.qualifier.alias == wanted.alias;
    return wanted.version == 0 || record.qualifier.version == wanted.version;
}

}  // namespace

Result<Payload> read_payload(const Storage& storage, ExecutionId id, EventPlace place,
                             Field field) {
    const std::optional<std::string> chunk =
        storage.get(Table::history, history_key(id, place.chunk));
    Payload found;
    const bool is_good =
        chunk.has_value() && read_chunk(place.chunk, *chunk, [&](const Event& read) {
            if (read.id != place.event) return read.id < place.event;
            if (const auto text = read.text(field); text.has_value())
                found = Payload::trusted(*text);
            return false;
        });
    if (!is_good || found.is_absent()) return damaged("history", id);
    return found;
}

Result<Payload> find_payload(const Storage& storage, ExecutionId id, EventId event, Field field) {
    Result<Payload> found = damaged("history", id);
    scan_chunks(storage, id, event, false, [&](EventId first, std::string_view) {
        found = read_payload(storage, id, {event, first}, field);
        return false;
    });
    return found;
}

// While an execution ends, its record goes from the one table to the other: who looks for it in
// this order finds it in one of them.
std::optional<ExecutionRecord> find_record(const Storage& storage, ExecutionId id) {
    const ExecutionKey key = execution_key(id);
    if (const std::optional<std::string> running = storage.get(Table::continuation, key)) {
        const std::optional<RunningExecution> parts = split_running(*running);
        return parts.has_value() ? decode_execution_record(parts->record) : std::nullopt;
    }
    const std::optional<std::string> ended = storage.get(Table::execution, key);
    return ended.has_value() ? decode_execution_record(*ended) : std::nullopt;
}

ExecutionDescription describe_record(const Identity& identity, ExecutionId id,
                                     const ExecutionRecordView& record) {
    ExecutionDescription description;
    const std::string unnamed = record.name.empty() ? uuid_of(identity, id) : std::string();
    const std::string_view name = record.name.empty() ? unnamed : record.name;
    description.execution_arn = execution_arn(identity, record.machine_name, name);
    description.state_machine_arn = state_machine_arn(identity, record.machine_name);
    const auto qualified = [&](const std::string& qualifier) {
        return description.state_machine_arn + ":" + qualifier;
    };
    if (record.qualifier.version != 0)
        description.state_machine_version_arn = qualified(std::to_string(record.qualifier.version));
    if (!record.qualifier.alias.empty())
        description.state_machine_alias_arn = qualified(record.qualifier.alias);
    description.machine_id = record.machine_id;
    description.machine_revision = record.machine_revision;
    description.name = given_name(name);
    description.status = record.status;
    description.start_date = record.start;
    if (record.status != ExecutionStatus::running) description.stop_date = record.stop;
    description.trace_header = record.trace_header;
    if (record.child_of != nullptr) {
        description.map_run_arn =
            map_run_arn(identity, record.machine_name, record.child_of->map_run);
        if (record.child_of->has_batch) description.item_count = record.child_of->items;
    }
    description.redrive_count = record.redrives.count;
    if (record.redrives.count > 0) description.redrive_date = record.redrives.date;
    return description;
}

Result<ExecutionId> find_execution(const Storage& storage, const Identity& identity,
                                   std::string_view arn) {
    const std::optional<ExecutionNames> names = parse_execution_arn(identity, arn);
    if (!names.has_value()) return no_such_execution(arn);
    if (const auto said = id_of_uuid(identity, names->execution); said.has_value()) {
        const std::optional<ExecutionRecord> record = find_record(storage, *said);
        const bool is_it =
            record.has_value() && record->name.empty() && record->machine_name == names->machine;
        if (is_it) return *said;
    }
    const std::optional<std::string> id =
        storage.get(Table::execution_name, name_key(names->machine, names->execution));
    if (!id.has_value()) return no_such_execution(arn);
    return ByteReader(*id).big_endian<ExecutionId>();
}

namespace {

// What the record and the history tell.
Result<ExecutionDescription> describe_stored(const Storage& storage, const Identity& identity,
                                             ExecutionId id, const ExecutionRecord& record) {
    ExecutionDescription description = describe_record(identity, id, view_of(record));
    SW_TRY(description.input, read_payload(storage, id, {1, 1}, Field::input));
    if (record.status == ExecutionStatus::running) return description;
    bool is_found = false;
    scan_chunks(storage, id, record.last_event, false, [&](EventId first, std::string_view bytes) {
        read_chunk(first, bytes, [&](const Event& event) {
            if (event.id != record.last_event) return true;
            is_found = true;
            if (const auto text = event.text(Field::output))
                description.output = Payload::trusted(*text);
            if (const auto text = event.text(Field::error)) description.error = std::string(*text);
            if (const auto text = event.text(Field::cause)) description.cause = std::string(*text);
            return false;
        });
        return false;
    });
    if (!is_found) return damaged("history", id);
    return description;
}

Result<ExecutionDescription> describe_found(const Storage& storage, const Identity& identity,
                                            std::string_view arn) {
    SW_TRY(const ExecutionId id, find_execution(storage, identity, arn));
    SW_TRY(const ExecutionRecord record, read_record(storage, id));
    return describe_stored(storage, identity, id, record);
}

Result<ExecutionDescription> describe_found(const Storage& storage, const Identity& identity,
                                            RedriveFacts facts, std::string_view arn) {
    SW_TRY(const ExecutionId id, find_execution(storage, identity, arn));
    SW_TRY(const ExecutionRecord record, read_record(storage, id));
    SW_TRY(ExecutionDescription description, describe_stored(storage, identity, id, record));
    const bool has_point = storage.get(Table::redrive, execution_key(id)).has_value();
    description.redrive_status_reason =
        redrive_obstacle(
            view_of(record),
            {has_point, facts.machines.takes_executions(record.machine_id), facts.clock.now()})
            .value_or("");
    return description;
}

// What is missing may have been deleted while it was read.
Result<ExecutionDescription> unless_deleted(const Storage& storage, const Identity& identity,
                                            std::string_view arn,
                                            Result<ExecutionDescription> description) {
    if (description.has_value()) return description;
    SW_TRY([[maybe_unused]] const ExecutionId id, find_execution(storage, identity, arn));
    return description;
}

}  // namespace

Result<ExecutionDescription> describe(const Storage& storage, const Identity& identity,
                                      std::string_view arn) {
    return unless_deleted(storage, identity, arn, describe_found(storage, identity, arn));
}

Result<ExecutionDescription> describe(const Storage& storage, const Identity& identity,
                                      RedriveFacts facts, std::string_view arn) {
    return unless_deleted(storage, identity, arn, describe_found(storage, identity, facts, arn));
}

Result<ListExecutionsOutput> list(const Storage& storage, const Identity& identity,
                                  const ListExecutionsInput& input) {
    SW_TRY(const std::string from, read_page_token(executions_listing, input.next_token));
    const std::string prefix = listing_prefix(input.machine_id).text();
    if (!from.empty() && !from.starts_with(prefix)) return invalid_page_token();
    ListExecutionsOutput output;
    storage.scan(
        Table::execution_listing, {prefix, from, true},
        [&](std::string_view key, std::string_view) {
            const ExecutionId id = execution_of_listing(key);
            const Result<ExecutionRecord> record = read_record(storage, id);
            if (!record.has_value()) return true;
            if (input.status_filter.has_value() && record->status != *input.status_filter)
                return true;
            if (!is_called_by(*record, input.qualifier)) return true;
            if (input.is_redriven.has_value() && (record->redrives.count > 0) != *input.is_redriven)
                return true;
            if (output.executions.size() == input.max_results) {
                output.next_token = make_page_token(executions_listing, key);
                return false;
            }
            output.executions.push_back(describe_record(identity, id, view_of(*record)));
            return true;
        });
    return output;
}

Result<GetHistoryOutput> read_history(const Storage& storage, const Identity& identity,
                                      const GetHistoryInput& input) {
    SW_TRY(const ExecutionId id, find_execution(storage, identity, input.execution_arn));
    SW_TRY(const std::string position, read_page_token(history_listing, input.next_token));
    EventId from = input.reverse_order ? ~EventId{0} : 1;
    if (!position.empty()) {
        ByteReader reader(position);
        const auto of_execution = reader.big_endian<ExecutionId>();
        from = reader.big_endian<EventId>();
        if (!reader.is_good() || !reader.is_at_end() || of_execution != id || from == 0) {
            return invalid_page_token();
        }
    }
    GetHistoryOutput output;
    output.events = "[";
    std::uint32_t count = 0;
    bool is_good = true;
    // False once the page is full, and then the next page's start is known.
    const auto take = [&](EventId event_id, std::string_view json) {
        if (count == input.max_results) {
            output.next_token = make_page_token(history_listing, history_key(id, event_id));
            return false;
        }
        if (count++ > 0) output.events += ',';
        output.events += json;
        return true;
    };
    scan_chunks(storage, id, from, input.reverse_order, [&](EventId first, std::string_view bytes) {
        std::vector<std::pair<EventId, std::string>> events;
        is_good = read_chunk(first, bytes, [&](const Event& event) {
            if (!input.reverse_order && event.id < from) return true;
            if (input.reverse_order && event.id > from) return false;
            events.emplace_back(event.id, std::string());
            append_json(events.back().second, event, input.include_execution_data);
            return input.reverse_order || events.size() <= input.max_results;
        });
        if (!is_good) return false;
        if (input.reverse_order) std::reverse(events.begin(), events.end());
        for (const auto& [event_id, json] : events) {
            if (!take(event_id, json)) return false;
        }
        return true;
    });
    // It may have been deleted meanwhile, chunk after chunk.
    SW_TRY(const ExecutionId still, find_execution(storage, identity, input.execution_arn));
    if (still != id) return no_such_execution(input.execution_arn);
    if (!is_good) return damaged("history", id);
    output.events += ']';
    return output;
}

void describe_when_applied(Storage& storage, const Identity& identity, RedriveFacts facts,
                           std::string arn, Completion<ExecutionDescription> done) {
    storage.when_applied(storage.durable(), [&storage, &identity, facts, arn = std::move(arn),
                                             done = std::move(done)]() mutable {
        done(describe(storage, identity, facts, arn));
    });
}

}  // namespace stepwell::flow
