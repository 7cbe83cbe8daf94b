#include "flow/map_run_reads.hpp"

#include <algorithm>

#include "base/bytes.hpp"
#include "base/try.hpp"
#include "flow/errors.hpp"
#include "flow/execution_reads.hpp"
#include "flow/page_token.hpp"

namespace stepwell::flow {

namespace {

constexpr std::string_view map_runs_listing = "mapRuns";

std::optional<MapRunRecord> read_map_run(const Storage& storage, MapRunId id) {
    const std::optional<std::string> bytes = storage.get(Table::map_run, map_run_key(id));
    return bytes.has_value() ? decode_map_run_record(*bytes) : std::nullopt;
}

MapRunCounts counts_of(const MapRunEnds& ends, std::uint64_t begun, std::uint64_t total) {
    MapRunCounts counts;
    counts.pending = total - begun;
    counts.running = begun - ends.over();
    counts.succeeded = ends.succeeded;
    counts.failed = ends.failed;
    counts.timed_out = ends.timed_out;
    counts.aborted = ends.aborted;
    counts.total = total;
    return counts;
}

// Where only the size of a batch is bounded, how many there will be is not known.
std::uint64_t children_total(const MapRunRecord& record) {
    const std::uint64_t left = record.items_total - record.next_item;
    if (record.items_per_child_max == 0) return record.children_started + (left > 0 ? 1 : 0);
    return record.children_started +
           (left + record.items_per_child_max - 1) / record.items_per_child_max;
}

MapRunDescription description_of(const Identity& identity, const FoundMapRun& run) {
    const MapRunRecord& record = run.record;
    const std::string name = labelled_name(record.machine_name, record.label);
    MapRunDescription description;
    description.map_run_arn = map_run_arn(identity, name, run.id);
    description.execution_arn = execution_arn(identity, record.machine_name, record.execution_name);
    description.state_machine_arn = state_machine_arn(identity, name);
    description.status = record.status;
    description.start_date = record.start;
    if (record.status != MapRunStatus::running) description.stop_date = record.stop;
    description.max_concurrency = record.max_concurrency;
    description.tolerated_failure_count = record.tolerated_failure_count.value_or(0);
    description.tolerated_failure_percentage = record.tolerated_failure_percentage.value_or(0);
    description.items = counts_of(record.items, record.next_item, record.items_total);
    description.executions =
        counts_of(record.children, record.children_started, children_total(record));
    description.items.results_written = record.results_written;
    description.executions.results_written = record.results_written;
    return description;
}

}  // namespace

Result<FoundMapRun> find_map_run(const Storage& storage, const Identity& identity,
                                 std::string_view arn) {
    const Error absent(errors::resource_not_found,
                       "Resource not found: '" + std::string(arn) + "'");
    const std::optional<MapRunId> id = parse_map_run_arn(identity, arn);
    if (!id.has_value()) return absent;
    std::optional<MapRunRecord> record = read_map_run(storage, *id);
    if (!record.has_value()) return absent;
    const std::string name = labelled_name(record->machine_name, record->label);
    if (map_run_arn(identity, name, *id) != arn) return absent;
    return FoundMapRun{*id, std::move(*record)};
}

Result<MapRunDescription> describe_map_run(const Storage& storage, const Identity& identity,
                                           std::string_view arn) {
    SW_TRY(const FoundMapRun run, find_map_run(storage, identity, arn));
    return description_of(identity, run);
}

Result<ListMapRunsOutput> list_map_runs(const Storage& storage, const Identity& identity,
                                        const ListMapRunsInput& input) {
    SW_TRY(const ExecutionId execution, find_execution(storage, identity, input.execution_arn));
    SW_TRY(const std::string from, read_page_token(map_runs_listing, input.next_token));
    const std::string prefix = execution_key(execution).text();
    if (!from.empty() && !from.starts_with(prefix))
        return Error(errors::invalid_token, "Invalid Token: 'Invalid token'");
    ListMapRunsOutput output;
    storage.scan(Table::map_run, {prefix, from, true}, [&](std::string_view key, std::string_view) {
        const MapRunId id = ByteReader(key.substr(sizeof(ExecutionId))).big_endian<MapRunId>();
        std::optional<MapRunRecord> record = read_map_run(storage, id);
        if (!record.has_value()) return true;
        if (output.map_runs.size() == input.max_results) {
            output.next_token = make_page_token(map_runs_listing, key);
            return false;
        }
        output.map_runs.push_back(description_of(identity, {id, std::move(*record)}));
        return true;
    });
    return output;
}

}  // namespace stepwell::flow
