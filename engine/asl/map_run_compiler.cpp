// The fields that only a Map in DISTRIBUTED mode has.
//
// source  what AWS refuses: floci-io/floci#3733, which was measured on AWS
#include <array>
#include <limits>

#include "asl/compiler.hpp"

namespace stepwell::asl {

using json::Value;

namespace {

constexpr std::int64_t count_max = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t items_max = 100'000'000;
constexpr std::int64_t percentage_max = 100;

// The rest of `fields` is in the object `field`; nothing when it is absent or no object.
std::optional<Fields> inner(const Fields& fields, std::string_view field,
                            Diagnostics& diagnostics) {
    const auto value = fields.object(field);
    if (!value || !value->is_object()) return std::nullopt;
    return Fields{*value, fields.at(field), diagnostics};
}

template <class T>
struct Word {
    std::string_view text;
    T value;
};
constexpr std::array formats{Word{"JSON", ItemFormat::json}, Word{"JSONL", ItemFormat::jsonl},
                             Word{"CSV", ItemFormat::csv}, Word{"MANIFEST", ItemFormat::manifest},
                             Word{"PARQUET", ItemFormat::parquet}};
constexpr std::array transformations{Word{"NONE", ResultTransformation::none},
                                     Word{"COMPACT", ResultTransformation::compact},
                                     Word{"FLATTEN", ResultTransformation::flatten}};
constexpr std::array delimiters{Word{"COMMA", ','}, Word{"PIPE", '|'}, Word{"SEMICOLON", ';'},
                                Word{"SPACE", ' '}, Word{"TAB", '\t'}};
constexpr std::array header_locations{Word{"FIRST_ROW", true}, Word{"GIVEN", false}};
constexpr std::array output_types{Word{"JSON", false}, Word{"JSONL", true}};
constexpr std::array reader_resources{Word{"arn:aws:states:::s3:getObject", false},
                                      Word{"arn:aws:states:::s3:listObjectsV2", true}};
constexpr std::array writer_resources{Word{"arn:aws:states:::s3:putObject", true}};

// What the field's text stands for; a diagnostic when it is none of the words.
template <class T, std::size_t size>
std::optional<T> choice(const Fields& fields, std::string_view field,
                        const std::array<Word<T>, size>& words) {
    const auto text = fields.string(field);
    if (!text) return std::nullopt;
    std::string listed;
    for (const Word<T>& word : words) {
        if (word.text == *text) return word.value;
        listed.append(listed.empty() ? "" : ", ").append(word.text);
    }
    fields.wrong(field, "Value should be one of the following: [" + listed + "]");
    return std::nullopt;
}

}  // namespace

MapNumber Compiler::map_number(const Fields& fields, std::string_view field, const State& state,
                               NumberRange range) {
    MapNumber number;
    number.field = field;
    const std::string path_field = number.field + "Path";
    if (fields.has(field) && fields.has(path_field))
        fields.wrong("There should only be one of the following fields: [" + number.field + ", " +
                     path_field + "]");
    // The state's own fields are held to their language elsewhere.
    const bool is_inner = fields.location() != state.location;
    if (is_inner && state.query_language == QueryLanguage::jsonata && fields.has(path_field))
        fields.wrong("The QueryLanguage is set to 'JSONata', but field '" + path_field +
                     "' is only supported for the 'JSONPath' QueryLanguage");
    const auto value = fields.any(field);
    if (state.query_language == QueryLanguage::jsonata && value && Query::is_expression(*value)) {
        number.query = query(fields, field, state, QueryExtra::none);
        return number;
    }
    if (range.is_whole) {
        const auto given = fields.integer(field, 0, range.max);
        if (given) number.given = static_cast<double>(*given);
    } else {
        number.given = fields.number(field, 0);
        if (number.given && *number.given > static_cast<double>(range.max))
            fields.wrong(field, "Maximum value is " + std::to_string(range.max) + ".0");
    }
    if (state.query_language == QueryLanguage::jsonata) return number;
    number.path = reference_path(fields, path_field);
    if (number.path && number.path->root() == Reference::Root::context) {
        fields.wrong(path_field, "Value is not a Reference Path");
        number.path.reset();
    }
    return number;
}

MapPayload Compiler::map_payload(const Fields& fields, std::string_view field, const State& state) {
    MapPayload payload;
    if (state.query_language == QueryLanguage::jsonata) {
        payload.query = query(fields, field, state, QueryExtra::none);
    } else {
        payload.parsed = payload_template(fields, field);
    }
    return payload;
}

void Compiler::compile_map_run(const Fields& fields, State& state, Expressions& expressions) {
    expressions.map_run = std::make_unique<MapRunExpressions>();
    MapRunExpressions& map_run = *expressions.map_run;
    const NumberRange whole{.max = count_max, .is_whole = true};
    map_run.tolerated_failure_count = map_number(fields, "ToleratedFailureCount", state, whole);
    map_run.tolerated_failure_percentage = map_number(fields, "ToleratedFailurePercentage", state,
                                                      {.max = percentage_max, .is_whole = false});
    if (const auto label = fields.string("Label")) state.distributed->label = *label;
    if (fields.has("ItemReader")) compile_item_reader(fields, state, map_run);
    if (const auto batcher = inner(fields, "ItemBatcher", diagnostics_)) {
        batcher->allow({"MaxItemsPerBatch", "MaxItemsPerBatchPath", "MaxInputBytesPerBatch",
                        "MaxInputBytesPerBatchPath", "BatchInput"});
        map_run.items_per_batch_max = map_number(*batcher, "MaxItemsPerBatch", state, whole);
        map_run.input_bytes_per_batch_max =
            map_number(*batcher, "MaxInputBytesPerBatch", state, whole);
        if (batcher->has("BatchInput"))
            map_run.batch_input = map_payload(*batcher, "BatchInput", state);
    }
    if (fields.has("ResultWriter")) compile_result_writer(fields, state, map_run);
}

void Compiler::compile_item_reader(const Fields& fields, State& state, MapRunExpressions& map_run) {
    const auto reader = inner(fields, "ItemReader", diagnostics_);
    if (!reader) return;
    state.distributed->has_reader = true;
    const bool is_jsonata = state.query_language == QueryLanguage::jsonata;
    const std::string_view parameters = is_jsonata ? "Arguments" : "Parameters";
    reader->allow({"Resource", parameters, "ReaderConfig"});
    reader->require({"Resource"});
    map_run.lists_objects = choice(*reader, "Resource", reader_resources).value_or(false);
    if (reader->has(parameters))
        map_run.reader_parameters = map_payload(*reader, parameters, state);
    const auto config = inner(*reader, "ReaderConfig", diagnostics_);
    if (!config) return;
    config->allow({"InputType", "CSVHeaderLocation", "CSVHeaders", "CSVDelimiter", "MaxItems",
                   "MaxItemsPath", "ItemsPointer", "Transformation", "ManifestType"});
    ReaderConfig& parsed = map_run.reader;
    parsed.format = choice(*config, "InputType", formats).value_or(ItemFormat::json);
    parsed.has_header_row = choice(*config, "CSVHeaderLocation", header_locations).value_or(true);
    parsed.csv_delimiter = choice(*config, "CSVDelimiter", delimiters).value_or(',');
    if (const auto pointer = config->string("ItemsPointer")) parsed.items_pointer = *pointer;
    if (const auto headers = config->array("CSVHeaders")) {
        for (const json::Node& header : headers->elements()) {
            if (Value{&header}.is_string())
                parsed.csv_headers.emplace_back(Value{&header}.string());
        }
    }
    map_run.items_max =
        map_number(*config, "MaxItems", state, {.max = items_max, .is_whole = true});
}

void Compiler::compile_result_writer(const Fields& fields, State& state,
                                     MapRunExpressions& map_run) {
    const auto writer = inner(fields, "ResultWriter", diagnostics_);
    if (!writer) return;
    const bool is_jsonata = state.query_language == QueryLanguage::jsonata;
    const std::string_view parameters = is_jsonata ? "Arguments" : "Parameters";
    writer->allow({"Resource", parameters, "WriterConfig"});
    state.distributed->exports_results =
        choice(*writer, "Resource", writer_resources).value_or(false);
    if (state.distributed->exports_results)
        map_run.writer.transformation = ResultTransformation::none;
    if (writer->has(parameters))
        map_run.writer_parameters = map_payload(*writer, parameters, state);
    const auto config = inner(*writer, "WriterConfig", diagnostics_);
    if (!config) return;
    config->allow({"Transformation", "OutputType"});
    if (const auto chosen = choice(*config, "Transformation", transformations))
        map_run.writer.transformation = *chosen;
    map_run.writer.is_jsonl = choice(*config, "OutputType", output_types).value_or(false);
}

}  // namespace stepwell::asl
