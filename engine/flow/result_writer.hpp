// What a ResultWriter writes: the results of a map run's children, as objects.
//
// source  AWS Step Functions Developer Guide, "ResultWriter (Map)"
#pragma once

#include <cstdint>
#include <string>

#include <stepwell/execution.hpp>
#include <stepwell/journal.hpp>
#include <stepwell/payload.hpp>
#include <stepwell/result.hpp>
#include <stepwell/unique_function.hpp>

#include "asl/map_run.hpp"
#include "base/identity.hpp"
#include "flow/map_run.hpp"
#include "flow/ports.hpp"

namespace stepwell::flow {

/// A child and how it ended, as AWS shows it where the output alone does not tell.
Payload with_metadata(const ExecutionDescription& child);

/// Where the results go.
struct ResultTarget {
    std::string bucket;
    std::string prefix;  ///< of all keys: that of the ResultWriter, and the run's UUID
    asl::WriterConfig config;

    std::string manifest_key() const { return prefix + "manifest.json"; }
};
/// What the Map's ResultWriter names with these Parameters (Arguments).
///
/// errors  any, with a cause for States.ResultWriterFailed: no Bucket
Result<ResultTarget> result_target(const Identity& identity, const asl::State& state,
                                   const Payload& parameters, MapRunId run);

/// Writes what the store has of the run's results: SUCCEEDED_n and FAILED_n, each an array (or
/// lines) of some 32 MiB, and at last manifest.json, which names them. So one file at a time is in
/// memory. Writing once more writes the same.
///
/// done  runs once, on any thread; an error's message is the cause of States.ResultWriterFailed
void write_results(const Storage& storage, const Identity& identity, ObjectPort& objects,
                   ResultTarget target, MapRunId run, std::string labelled_name,
                   UniqueFunction<void(Result<>)> done);

}  // namespace stepwell::flow
