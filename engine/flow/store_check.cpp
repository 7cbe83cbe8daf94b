#include "flow/store_check.hpp"

#include <algorithm>
#include <optional>
#include <unordered_set>
#include <utility>

#include "base/bytes.hpp"
#include "flow/execution_reads.hpp"
#include "flow/history_event.hpp"
#include "flow/map_run.hpp"
#include "flow/records.hpp"
#include "flow/redrive.hpp"

namespace stepwell::flow {

namespace {

class ExecutionsCheck {
 public:
    explicit ExecutionsCheck(const Storage& storage) : storage_(storage) {}

    CheckedExecutions run() {
        check_running();
        check_ended();
        check_listings();
        check_histories();
        check_redrive_points();
        check_map_runs();
        return std::move(found_);
    }

 private:
    void report(ExecutionId id, const std::string& what) {
        constexpr std::size_t shown_max = 100;
        ++found_.problem_count;
        if (found_.problems.size() < shown_max)
            found_.problems.push_back("execution " + std::to_string(id) + ": " + what);
    }

    std::optional<ExecutionRecord> record_of(ExecutionId id) const {
        return find_record(storage_, id);
    }

    void check_running() {
        storage_.scan(Table::continuation, {}, [&](std::string_view key, std::string_view bytes) {
            const auto id = ByteReader(key).big_endian<ExecutionId>();
            if (branch_of_key(key).has_value()) {
                if (!decode_branch(bytes).has_value())
                    report(id, "where a branch of it stands cannot be read");
                if (!running_.contains(id))
                    report(id, "where a branch of it stands is stored, and it does not run");
                return true;
            }
            ++found_.executions;
            ++found_.running;
            running_.insert(id);
            const std::optional<RunningExecution> running = split_running(bytes);
            if (!running.has_value() || !decode_continuation(running->continuation).has_value())
                report(id, "where it stands cannot be read");
            check_record(id, running.has_value() ? running->record : std::string_view{});
            return true;
        });
    }

    void check_ended() {
        storage_.scan(Table::execution, {}, [&](std::string_view key, std::string_view bytes) {
            const auto id = ByteReader(key).big_endian<ExecutionId>();
            if (running_.contains(id)) return true;  // it was redriven
            ++found_.executions;
            check_record(id, bytes);
            return true;
        });
    }

    void check_record(ExecutionId id, std::string_view bytes) {
        const std::optional<ExecutionRecord> record = decode_execution_record(bytes);
        if (!record.has_value()) return report(id, "its record cannot be read");
        const bool runs = record->status == ExecutionStatus::running;
        if (runs != running_.contains(id)) report(id, "its record does not tell whether it runs");
        if (!storage_.get(Table::history, history_key(id, 1)).has_value())
            report(id, "its history has no beginning");
        if (given_name(record->name) == record->name) check_indexes(id, *record);
    }

    // Executions of EXPRESS machines are in no index.
    void check_indexes(ExecutionId id, const ExecutionRecord& record) {
        if (!record.name.empty()) {
            const auto named =
                storage_.get(Table::execution_name, name_key(record.machine_name, record.name));
            if (!named.has_value() || ByteReader(*named).big_endian<ExecutionId>() != id)
                report(id, "its name does not lead to it");
        }
        const ListingKey listed = listing_key(listing_of(record), record.start, id);
        if (!storage_.get(Table::execution_listing, listed).has_value())
            report(id, "it is not listed");
    }

    void check_listings() {
        storage_.scan(Table::execution_listing, {}, [&](std::string_view key, std::string_view) {
            const ExecutionId id = execution_of_listing(key);
            if (!record_of(id).has_value()) report(id, "it is listed, and is nowhere");
            return true;
        });
    }

    void check_histories() {
        std::optional<ExecutionId> id;
        EventId last = 0;
        const auto finish = [&] {
            if (!id.has_value()) return;
            const std::optional<ExecutionRecord> record = record_of(*id);
            if (!record.has_value()) return report(*id, "a history without a record");
            if (record->status != ExecutionStatus::running && record->last_event != last)
                report(*id, "its history ends with event " + std::to_string(last) + " and not " +
                                std::to_string(record->last_event));
        };
        storage_.scan(Table::history, {}, [&](std::string_view key, std::string_view chunk) {
            const auto of = ByteReader(key).big_endian<ExecutionId>();
            if (of != id) {
                finish();
                id = of;
                last = 0;
            }
            const EventId first = first_event_of(key);
            if (first != last + 1)
                report(of, "no event " + std::to_string(last + 1) + " in its history");
            last = first - 1;
            const bool is_whole = read_chunk(first, chunk, [&](const Event& event) {
                last = event.id;
                ++found_.events;
                return true;
            });
            if (!is_whole)
                report(of, "its history cannot be read after event " + std::to_string(last));
            return true;
        });
        finish();
    }

    void check_redrive_points() {
        storage_.scan(Table::redrive, {}, [&](std::string_view key, std::string_view bytes) {
            const auto id = ByteReader(key).big_endian<ExecutionId>();
            if (!is_readable_redrive_point(bytes))
                report(id, "where it can be redriven cannot be read");
            const std::optional<ExecutionRecord> record = record_of(id);
            const bool has_failed = record.has_value() &&
                                    record->status != ExecutionStatus::running &&
                                    record->status != ExecutionStatus::succeeded;
            if (!has_failed) report(id, "it can be redriven, and it has not failed");
            return true;
        });
    }

    static bool is_readable_redrive_point(std::string_view bytes) {
        const std::optional<RedrivePoint> point = decode_redrive_point(bytes);
        return point.has_value() && decode_continuation(point->continuation).has_value() &&
               std::all_of(point->branches.begin(), point->branches.end(), [](const auto& branch) {
                   return decode_branch(branch.second).has_value();
               });
    }

    void check_map_runs() {
        storage_.scan(Table::map_run, {}, [&](std::string_view key, std::string_view bytes) {
            if (key.size() != sizeof(MapRunId)) return true;
            const std::optional<MapRunRecord> record = decode_map_run_record(bytes);
            const auto id = ByteReader(key).big_endian<MapRunId>();
            if (!record.has_value()) {
                report(id, "its map run cannot be read");
            } else if (record->status == MapRunStatus::running && !is_running(record->execution)) {
                report(record->execution, "a map run of it runs, and it does not");
            }
            return true;
        });
    }

    bool is_running(ExecutionId id) const {
        const std::optional<ExecutionRecord> record = record_of(id);
        return record.has_value() && record->status == ExecutionStatus::running;
    }

    const Storage& storage_;
    CheckedExecutions found_;
    std::unordered_set<ExecutionId> running_;
};

}  // namespace

CheckedExecutions check_executions(const Storage& storage) {
    return ExecutionsCheck(storage).run();
}

}  // namespace stepwell::flow
