#include "flow/result_writer.hpp"

#include <array>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "base/errors.hpp"
#include "base/time_text.hpp"
#include "base/try.hpp"
#include "flow/execution_reads.hpp"
#include "flow/item_reader.hpp"
#include "json/value.hpp"
#include "json/writer.hpp"

namespace stepwell::flow {

namespace {

constexpr std::size_t file_bytes = 32U << 20U;  // a file is closed once it has so many
constexpr std::array<std::string_view, 2> file_kinds{"SUCCEEDED", "FAILED"};

// Writes file after file: each is made when the one before is there.
class ResultExport : public std::enable_shared_from_this<ResultExport> {
 public:
    ResultExport(const Storage& storage, const Identity& identity, ObjectPort& objects,
                 ResultTarget target, MapRunId run, std::string labelled_name,
                 UniqueFunction<void(Result<>)> done)
        : storage_(storage),
          identity_(identity),
          objects_(objects),
          target_(std::move(target)),
          run_(run),
          labelled_name_(std::move(labelled_name)),
          done_(std::move(done)) {}

    void write_next() {
        while (kind_ < file_kinds.size()) {
            const Result<std::string> content = next_file();
            if (!content.has_value()) return done_(content.error());
            if (!content->empty()) return put_file(*content);
            ++kind_;
            next_index_ = 0;
            file_number_ = 0;
        }
        put({target_.bucket, target_.manifest_key()}, manifest(),
            [](ResultExport& self) { self.done_({}); });
    }

 private:
    struct File {
        std::string key;
        std::size_t size;
    };

    // As many of the next results of this kind as go into a file; empty: there are none left.
    Result<std::string> next_file() {
        std::string content;
        std::optional<Error> failure;
        const std::string from = child_result_key(run_, next_index_);
        storage_.scan(Table::map_run, {map_run_key(run_), from},
                      [&](std::string_view key, std::string_view bytes) {
                          const std::optional<std::uint32_t> index = index_of_result_key(key);
                          if (!index.has_value()) return true;
                          if (content.size() >= file_bytes) return false;
                          next_index_ = *index + 1;
                          const Result<> added = add(content, bytes);
                          if (!added.has_value()) failure = added.error();
                          return added.has_value();
                      });
        if (failure.has_value()) return *failure;
        if (content.empty() || target_.config.is_jsonl) return content;
        return "[" + content + "]";
    }

    Result<> add(std::string& content, std::string_view bytes) {
        const std::optional<ChildResult> result = decode_child_result(bytes);
        if (!result.has_value())
            return Error(stepwell::errors::system_failure, "The result of a child is damaged");
        const bool is_succeeded = result->status == ExecutionStatus::succeeded;
        if (is_succeeded != (kind_ == 0)) return {};
        SW_TRY(const Payload text, text_of(*result));
        std::string_view written = text.text();
        const bool is_flattened =
            is_succeeded && target_.config.transformation == asl::ResultTransformation::flatten &&
            written.starts_with('[');
        if (!is_flattened) {
            append(content, written);
            return {};
        }
        const json::Document document = json::Document::of(text);
        for (const json::Node& node : document.root().elements())
            append(content, json::Value{&node}.raw());
        return {};
    }

    void append(std::string& content, std::string_view text) const {
        if (!content.empty()) content.push_back(target_.config.is_jsonl ? '\n' : ',');
        content.append(text);
    }

    Result<Payload> text_of(const ChildResult& result) const {
        if (result.child == 0) return result.text;
        const bool is_alone = result.status == ExecutionStatus::succeeded &&
                              target_.config.transformation != asl::ResultTransformation::none;
        if (is_alone) return read_payload(storage_, result.child, result.place, Field::output);
        SW_TRY(
            const ExecutionDescription child,
            describe(storage_, identity_,
                     execution_arn(identity_, labelled_name_, uuid_of(identity_, result.child))));
        return with_metadata(child);
    }

    void put_file(const std::string& content) {
        std::string key = target_.prefix;
        key.append(file_kinds[kind_]).append("_").append(std::to_string(file_number_++));
        key.append(target_.config.is_jsonl ? ".jsonl" : ".json");
        files_[kind_].push_back({key, content.size()});
        put({target_.bucket, key}, content, [](ResultExport& self) { self.write_next(); });
    }

    void put(ObjectName name, std::string content, void (*then)(ResultExport&)) {
        objects_.put_object(std::move(name), std::move(content),
                            [self = shared_from_this(), then](const Result<>& written) {
                                if (!written.has_value()) return self->done_(written.error());
                                then(*self);
                            });
    }

    std::string manifest() const {
        json::Writer out;
        out.begin_object().member("DestinationBucket", target_.bucket);
        out.member("MapRunArn", map_run_arn(identity_, labelled_name_, run_));
        out.key("ResultFiles").begin_object();
        write_files(out, "FAILED", files_[1]);
        write_files(out, "PENDING", {});
        write_files(out, "SUCCEEDED", files_[0]);
        out.end_object().end_object();
        return out.take();
    }

    static void write_files(json::Writer& out, std::string_view kind,
                            const std::vector<File>& files) {
        out.key(kind).begin_array();
        for (const File& file : files) {
            out.begin_object().member("Key", file.key);
            out.member_integer("Size", static_cast<std::int64_t>(file.size)).end_object();
        }
        out.end_array();
    }

    const Storage& storage_;
    const Identity identity_;  // a copy: the last object may be there when the shard is gone
    ObjectPort& objects_;
    const ResultTarget target_;
    const MapRunId run_;
    const std::string labelled_name_;
    UniqueFunction<void(Result<>)> done_;
    std::size_t kind_ = 0;  // of the files that are being written
    std::uint32_t next_index_ = 0;
    std::uint32_t file_number_ = 0;
    std::array<std::vector<File>, file_kinds.size()> files_;
};

}  // namespace

Payload with_metadata(const ExecutionDescription& child) {
    json::Writer out;
    out.begin_object();
    if (child.cause.has_value()) out.member("Cause", *child.cause);
    if (child.error.has_value()) out.member("Error", *child.error);
    out.member("ExecutionArn", child.execution_arn).member("Input", child.input.text());
    out.key("InputDetails").begin_object().member_boolean("Included", true).end_object();
    out.member("Name", child.name);
    if (!child.output.is_absent()) {
        out.member("Output", child.output.text());
        out.key("OutputDetails").begin_object().member_boolean("Included", true).end_object();
    }
    out.member_integer("RedriveCount", 0);
    if (child.status == ExecutionStatus::succeeded) {
        out.member("RedriveStatus", "NOT_REDRIVABLE");
        out.member("RedriveStatusReason", "Execution is SUCCEEDED and cannot be redriven");
    } else {
        out.member("RedriveStatus", "REDRIVABLE_BY_MAP_RUN");
    }
    out.member("StartDate", iso8601(child.start_date));
    out.member("StateMachineArn", child.state_machine_arn);
    out.member("Status", name_of(child.status));
    if (child.stop_date.has_value()) out.member("StopDate", iso8601(*child.stop_date));
    out.end_object();
    return Payload::trusted(out.text());
}

Result<ResultTarget> result_target(const Identity& identity, const asl::State& state,
                                   const Payload& parameters, MapRunId run) {
    ResultTarget target;
    target.config = asl::map_run_of(state).writer;
    if (!parameters.is_absent()) {
        const json::Document document = json::Document::of(parameters);
        target.bucket = text_parameter(document.root(), "Bucket");
        target.prefix = text_parameter(document.root(), "Prefix");
    }
    if (target.bucket.empty())
        return Error(stepwell::errors::validation, "The ResultWriter names no Bucket");
    if (!target.prefix.empty() && !target.prefix.ends_with('/')) target.prefix.push_back('/');
    target.prefix.append(uuid_of(identity, run)).append("/");
    return target;
}

void write_results(const Storage& storage, const Identity& identity, ObjectPort& objects,
                   ResultTarget target, MapRunId run, std::string labelled_name,
                   UniqueFunction<void(Result<>)> done) {
    std::make_shared<ResultExport>(storage, identity, objects, std::move(target), run,
                                   std::move(labelled_name), std::move(done))
        ->write_next();
}

}  // namespace stepwell::flow
