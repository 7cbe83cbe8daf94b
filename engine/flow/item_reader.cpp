#include "flow/item_reader.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "base/errors.hpp"
#include "base/try.hpp"
#include "json/value.hpp"
#include "json/writer.hpp"

namespace stepwell::flow {

namespace {

constexpr std::size_t utf8_mark_bytes = 3;
constexpr std::string_view utf8_mark = "\xef\xbb\xbf";

Error unreadable(std::string cause) {
    return Error(stepwell::errors::validation, std::move(cause));
}

// Collects the items, not more than are wanted.
class Items {
 public:
    explicit Items(std::uint64_t max) : max_(max) { writer_.begin_array(); }

    bool is_full() const noexcept { return max_ != 0 && count_ == max_; }
    json::Writer& next() {
        ++count_;
        return writer_;
    }
    Payload take() { return Payload::trusted(writer_.end_array().text()); }

 private:
    json::Writer writer_;
    const std::uint64_t max_;
    std::uint64_t count_ = 0;
};

// The value that a JSON pointer names.
std::optional<json::Value> at_pointer(json::Value value, std::string_view pointer) {
    while (!pointer.empty()) {
        if (pointer.front() != '/') return std::nullopt;
        pointer.remove_prefix(1);
        const std::string_view escaped = pointer.substr(0, pointer.find('/'));
        pointer.remove_prefix(escaped.size());
        std::string name;
        for (std::size_t i = 0; i < escaped.size(); ++i) {
            const bool is_escape = escaped[i] == '~' && i + 1 < escaped.size();
            name.push_back(!is_escape ? escaped[i] : escaped[++i] == '1' ? '/' : '~');
        }
        std::optional<json::Value> inner = value.find(name);
        if (value.is_array()) {
            std::size_t index = 0;
            const auto [end, error] =
                std::from_chars(name.data(), name.data() + name.size(), index);
            const bool is_index = error == std::errc{} && end == name.data() + name.size();
            if (is_index && index < value.size()) inner = value[index];
        }
        if (!inner) return std::nullopt;
        value = *inner;
    }
    return value;
}

Result<Payload> items_of_json(const ItemSource& source, std::string_view text) {
    SW_TRY(const json::Document document, json::Document::parse(text));
    const auto found = at_pointer(document.root(), source.config.items_pointer);
    if (!found)
        return unreadable("The ItemsPointer '" + source.config.items_pointer +
                          "' points to nothing in the JSON file");
    if (!found->is_array()) return unreadable("Attempting to map over non-iterable node.");
    Items items(source.items_max);
    for (const json::Node& node : found->elements()) {
        if (items.is_full()) break;
        items.next().raw(json::Value{&node}.raw());
    }
    return items.take();
}

Result<Payload> items_of_jsonl(const ItemSource& source, std::string_view text) {
    Items items(source.items_max);
    for (std::size_t line = 1; !text.empty() && !items.is_full(); ++line) {
        const std::string_view row = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(row.size() + 1, text.size()));
        if (row.find_first_not_of(" \t\r") == std::string_view::npos) continue;
        const Result<json::Document> document = json::Document::parse(row);
        if (!document)
            return unreadable("Line " + std::to_string(line) + " of the JSONL file is not JSON: " +
                              std::string(document.error().message()));
        items.next().raw(document->root().raw());
    }
    return items.take();
}

// Reads one record of a CSV file from the front of `text` and takes it off. A field in quotes may
// have delimiters, line ends and, doubled, quotes in it.
std::vector<std::string> take_record(std::string_view& text, char delimiter) {
    std::vector<std::string> fields(1);
    bool is_quoted = false;
    bool is_at_start = true;
    std::size_t at = 0;
    for (; at < text.size(); ++at) {
        const char c = text[at];
        if (is_quoted) {
            const bool is_doubled = c == '"' && at + 1 < text.size() && text[at + 1] == '"';
            if (c == '"' && !is_doubled) {
                is_quoted = false;
            } else {
                fields.back().push_back(c);
                if (is_doubled) ++at;
            }
        } else if (c == '"' && is_at_start) {
            is_quoted = true;
            is_at_start = false;
        } else if (c == delimiter) {
            fields.emplace_back();
            is_at_start = true;
        } else if (c == '\n') {
            break;
        } else if (c == '\r' && (at + 1 == text.size() || text[at + 1] == '\n')) {
            continue;
        } else {
            fields.back().push_back(c);
            is_at_start = false;
        }
    }
    text.remove_prefix(std::min(at + 1, text.size()));
    return fields;
}

// Columns without a name are left out, names without a column get an empty text.
Result<Payload> items_of_csv(const ItemSource& source, std::string_view text) {
    if (text.starts_with(utf8_mark)) text.remove_prefix(utf8_mark_bytes);
    const char delimiter = source.config.csv_delimiter;
    std::vector<std::string> headers = source.config.csv_headers;
    if (source.config.has_header_row) {
        if (text.empty()) return unreadable("The CSV file has no header row");
        headers = take_record(text, delimiter);
    }
    Items items(source.items_max);
    while (!text.empty() && !items.is_full()) {
        const std::vector<std::string> fields = take_record(text, delimiter);
        const bool is_blank = fields.size() == 1 && fields.front().empty();
        if (is_blank) continue;
        json::Writer& item = items.next().begin_object();
        for (std::size_t i = 0; i < headers.size(); ++i)
            item.member(headers[i], i < fields.size() ? fields[i] : std::string());
        item.end_object();
    }
    return items.take();
}

}  // namespace

std::string text_parameter(json::Value parameters, std::string_view name) {
    const auto value = parameters.find(name);
    return value && value->is_string() ? std::string(value->string()) : std::string();
}

Result<ItemSource> item_source(const asl::State& state, const Payload& parameters) {
    const asl::MapRunExpressions& map = asl::map_run_of(state);
    ItemSource source;
    source.is_listing = map.lists_objects;
    source.config = map.reader;
    if (parameters.is_absent())
        return unreadable("The ItemReader has no parameters that name a bucket");
    const json::Document document = json::Document::of(parameters);
    source.bucket = text_parameter(document.root(), "Bucket");
    source.key = text_parameter(document.root(), "Key");
    source.prefix = text_parameter(document.root(), "Prefix");
    if (source.bucket.empty()) return unreadable("The ItemReader names no Bucket");
    if (source.is_listing) return source;
    if (source.key.empty()) return unreadable("The ItemReader names no Key");
    if (source.config.format == asl::ItemFormat::manifest)
        return unreadable("An InputType of MANIFEST is not read by this version of Stepwell");
    if (source.config.format == asl::ItemFormat::parquet)
        return unreadable("An InputType of PARQUET is not read by this version of Stepwell");
    return source;
}

void read_items(ObjectPort& objects, ItemSource source,
                UniqueFunction<void(Result<Payload>)> done) {
    if (source.is_listing) {
        ListObjectsRequest request{source.bucket, source.prefix, source.items_max};
        return objects.list_objects(
            std::move(request),
            [done = std::move(done)](Result<std::vector<ListedObject>> listed) mutable {
                if (!listed) return done(listed.error());
                done(items_of_listing(*listed));
            });
    }
    ObjectName name{source.bucket, source.key};
    objects.get_object(std::move(name), [source = std::move(source), done = std::move(done)](
                                            Result<std::string> content) mutable {
        if (!content) return done(content.error());
        done(items_of_text(source, *content));
    });
}

Result<Payload> items_of_text(const ItemSource& source, std::string_view text) {
    switch (source.config.format) {
        case asl::ItemFormat::json:
            return items_of_json(source, text);
        case asl::ItemFormat::jsonl:
            return items_of_jsonl(source, text);
        case asl::ItemFormat::csv:
            return items_of_csv(source, text);
        case asl::ItemFormat::manifest:
        case asl::ItemFormat::parquet:
            break;
    }
    return unreadable("The InputType is not read by this version of Stepwell");
}

Payload items_of_listing(const std::vector<ListedObject>& objects) {
    json::Writer out;
    out.begin_array();
    for (const ListedObject& object : objects) {
        out.begin_object().member("Etag", object.etag).member("Key", object.key);
        out.member_integer("LastModified", object.last_modified.time_since_epoch().count() / 1000);
        out.member_integer("Size", static_cast<std::int64_t>(object.size));
        out.member("StorageClass", object.storage_class).end_object();
    }
    return Payload::trusted(out.end_array().text());
}

}  // namespace stepwell::flow
