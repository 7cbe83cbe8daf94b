#include "api/metrics.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <utility>
#include <vector>

namespace stepwell::api {

namespace {

using Type = MetricsText::Type;

void write_executions(World& world, MetricsText& out) {
    const flow::Executions::Statistics counts = world.executions().statistics();
    out.single("stepwell_executions_started_total", Type::counter,
               "Executions started since the server began.", counts.started);
    out.family("stepwell_executions_ended_total", Type::counter,
               "Executions ended since the server began, by status.");
    out.sample(counts.succeeded, {{"status", "SUCCEEDED"}});
    out.sample(counts.failed, {{"status", "FAILED"}});
    out.sample(counts.timed_out, {{"status", "TIMED_OUT"}});
    out.sample(counts.aborted, {{"status", "ABORTED"}});
    out.single("stepwell_executions_running", Type::gauge, "Executions that run.", counts.running);
    out.single("stepwell_executions_passivated", Type::gauge,
               "Of these, those that only wait and are not in memory.", counts.passivated);
    out.single("stepwell_executions_resident", Type::gauge, "Of these, those in memory.",
               counts.running - std::min(counts.running, counts.passivated));
    out.single("stepwell_task_tokens_open", Type::gauge, "Task tokens that may still be returned.",
               counts.open_tokens);
}

void write_queues(World& world, MetricsText& out) {
    struct Named {
        std::string name;
        queue::QueueCounts counts;
    };
    std::vector<Named> queues;
    for (std::string& name : world.queues().names("", "", static_cast<std::size_t>(-1))) {
        const Result<queue::QueuePtr> queue = world.queues().find(name);
        if (queue.has_value()) queues.push_back({std::move(name), (*queue)->counts()});
    }
    using Counts = queue::QueueCounts;
    const auto family = [&](std::string_view name, std::string_view help, auto Counts::* count) {
        out.family(name, Type::gauge, help);
        for (const Named& queue : queues)
            out.sample(static_cast<std::uint64_t>(std::max<std::int64_t>(queue.counts.*count, 0)),
                       {{"queue", queue.name}});
    };
    family("stepwell_queue_messages_visible", "Messages that can be received.", &Counts::ready);
    family("stepwell_queue_messages_in_flight", "Messages received and not yet deleted.",
           &Counts::in_flight);
    family("stepwell_queue_messages_delayed", "Messages that cannot be received yet.",
           &Counts::delayed);
}

void write_functions(World& world, MetricsText& out) {
    const function::Functions::Statistics counts = world.functions().statistics();
    out.single("stepwell_function_invocations_total", Type::counter,
               "Invocations of functions begun since the server began.", counts.invocations);
    out.single("stepwell_function_errors_total", Type::counter,
               "Of these, those that ended in an error.", counts.errors);
    out.single("stepwell_function_invocations_under_way", Type::gauge, "Invocations that run.",
               counts.under_way);
}

void write_storage(World& world, MetricsText& out) {
    const Storage::Statistics counts = world.storage().statistics();
    const auto durable = static_cast<std::uint64_t>(world.storage().durable());
    const auto applied = static_cast<std::uint64_t>(counts.applied);
    out.single("stepwell_journal_commits_total", Type::counter, "Commits since the server began.",
               counts.commits);
    out.single("stepwell_journal_bytes_total", Type::counter, "Bytes written to the journal.",
               counts.journal_bytes);
    out.single("stepwell_journal_syncs_total", Type::counter, "Waits for the device.",
               counts.syncs);
    out.single("stepwell_store_lag_commits", Type::gauge,
               "Commits that are durable and that reads do not see yet.",
               durable > applied ? durable - applied : 0);
}

/// Bytes of memory that the process has in use; 0 where the system does not tell.
std::uint64_t resident_bytes() {
    std::FILE* const file = std::fopen("/proc/self/statm", "re");
    if (file == nullptr) return 0;
    unsigned long long pages = 0;
    unsigned long long resident = 0;
    const int read = std::fscanf(file, "%llu %llu", &pages, &resident);
    std::fclose(file);
    return read == 2 ? resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)) : 0;
}

}  // namespace

void write_metrics(World& world, MetricsText& out) {
    write_executions(world, out);
    write_queues(world, out);
    write_functions(world, out);
    write_storage(world, out);
    out.single("process_resident_memory_bytes", Type::gauge, "Resident memory in bytes.",
               resident_bytes());
}

}  // namespace stepwell::api
