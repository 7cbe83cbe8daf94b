// What a Map in DISTRIBUTED mode says of its run: what it reads, how it makes batches, how many
// failures it bears, what becomes of the results. Pure, like evaluate.hpp.
//
// source  AWS Step Functions Developer Guide, "Using Map state in Distributed mode"
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "asl/evaluate.hpp"
#include "asl/query.hpp"
#include "asl/template.hpp"

namespace stepwell::asl {

/// A number that a field gives, or names by its ...Path.
struct MapNumber {
    std::string field;            ///< "ToleratedFailureCount"
    std::optional<double> given;  ///< of JSONPath states, as is `path`
    std::optional<Reference> path;
    std::optional<Query> query;  ///< of JSONata states
};
/// Any JSON with expressions in it: Parameters (Arguments) or BatchInput.
struct MapPayload {
    std::optional<Template> parsed;  ///< of JSONPath states
    std::optional<Query> query;      ///< of JSONata states
};

enum class ItemFormat : std::uint8_t { json, jsonl, csv, manifest, parquet };
/// ReaderConfig, but for MaxItems.
struct ReaderConfig {
    ItemFormat format = ItemFormat::json;
    bool has_header_row = true;            ///< CSVHeaderLocation FIRST_ROW
    std::vector<std::string> csv_headers;  ///< of GIVEN
    char csv_delimiter = ',';
    std::string items_pointer;  ///< JSON pointer to the items; empty: the whole
};

enum class ResultTransformation : std::uint8_t { none, compact, flatten };
/// WriterConfig.
struct WriterConfig {
    ResultTransformation transformation = ResultTransformation::compact;
    bool is_jsonl = false;
};

/// All that the compiler has parsed of such a Map's fields, beside what every Map has.
struct MapRunExpressions {
    MapNumber tolerated_failure_count;
    MapNumber tolerated_failure_percentage;
    MapNumber items_per_batch_max;
    MapNumber input_bytes_per_batch_max;
    MapNumber items_max;
    MapPayload batch_input;
    bool lists_objects = false;  ///< the ItemReader: s3:listObjectsV2, else s3:getObject
    MapPayload reader_parameters;
    ReaderConfig reader;
    MapPayload writer_parameters;
    WriterConfig writer;

    void visit_references(const std::function<void(const Reference&)>& visit) const;
};

/// What a map run goes by; the same whenever it is asked for.
struct MapRunSettings {
    std::optional<std::int64_t> tolerated_failure_count;
    std::optional<double> tolerated_failure_percentage;
    std::optional<std::int64_t> items_per_batch_max;
    std::optional<std::int64_t> input_bytes_per_batch_max;
    std::optional<std::int64_t> items_max;  ///< of the ItemReader; may be negative
    Payload batch_input;                    ///< absent: none

    bool makes_batches() const noexcept {
        return items_per_batch_max.has_value() || input_bytes_per_batch_max.has_value();
    }
};
Evaluated<MapRunSettings> map_run_settings(const Scope& scope);

/// Parameters (Arguments) of the ItemReader and of the ResultWriter.
Evaluated<Payload> reader_parameters(const Scope& scope);
Evaluated<Payload> writer_parameters(const Scope& scope);
/// The parsed fields of a Map in DISTRIBUTED mode.
const MapRunExpressions& map_run_of(const State& state);

}  // namespace stepwell::asl
