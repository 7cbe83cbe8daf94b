#include "wire/rest_xml.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <ctime>

#include "base/time_text.hpp"
#include "json/value.hpp"
#include "json/writer.hpp"
#include "object/errors.hpp"
#include "wire/form.hpp"
#include "wire/json_body.hpp"
#include "wire/xml_reader.hpp"
#include "wire/xml_writer.hpp"

namespace stepwell::wire {

namespace s3_errors = object::errors;

namespace {

constexpr std::string_view xml_namespace_of_s3 = "http://s3.amazonaws.com/doc/2006-03-01/";
constexpr std::string_view metadata_prefix = "x-amz-meta-";

// ---- requests

std::string lower_case(std::string_view text) {
    std::string lower(text);
    for (char& c : lower) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return lower;
}

// Lists in XML: elements that are repeated, and those that hold others of one name.
struct XmlList {
    std::string_view member;
    std::string_view element;
    bool is_wrapped;  // in an element that is called like the member, or `wrapper`
    std::string_view wrapper = {};
};
constexpr std::array xml_lists{
    XmlList{"Buckets", "Bucket", true},
    XmlList{"TagSet", "Tag", true},
    XmlList{"Grants", "Grant", true, "AccessControlList"},
    XmlList{"Parts", "Part", false},
    XmlList{"Objects", "Object", false},
    XmlList{"Uploads", "Upload", false},
    XmlList{"Errors", "Error", false},
    XmlList{"Rules", "Rule", false},
    XmlList{"Versions", "Version", false},
};

const XmlList* list_of_element(std::string_view element) {
    const auto found = std::find_if(
        xml_lists.begin(), xml_lists.end(),
        [element](const XmlList& list) { return !list.is_wrapped && list.element == element; });
    return found == xml_lists.end() ? nullptr : &*found;
}

const XmlList* list_of_member(std::string_view member) {
    const auto found =
        std::find_if(xml_lists.begin(), xml_lists.end(),
                     [member](const XmlList& list) { return list.member == member; });
    return found == xml_lists.end() ? nullptr : &*found;
}

void write_json(json::Writer& writer, const XmlElement& element) {
    const XmlList* const wrapped = list_of_member(element.name);
    if (wrapped != nullptr && wrapped->is_wrapped) {
        writer.begin_array();
        for (const XmlElement& item : element.elements) write_json(writer, item);
        writer.end_array();
        return;
    }
    if (element.elements.empty()) {
        writer.string(element.text);
        return;
    }
    writer.begin_object();
    const XmlList* written = nullptr;  // a flat list that is done
    for (const XmlElement& item : element.elements) {
        const XmlList* const flat = list_of_element(item.name);
        if (flat == nullptr) {
            writer.key(item.name);
            write_json(writer, item);
        } else if (flat != written) {
            written = flat;
            writer.key(flat->member).begin_array();
            for (const XmlElement& one : element.elements) {
                if (one.name == flat->element) write_json(writer, one);
            }
            writer.end_array();
        }
    }
    writer.end_object();
}

// HTTP's form of a date; nothing for any other.
std::optional<std::int64_t> seconds_of_http_date(std::string_view text) {
    std::tm parts{};
    const std::string copy(text);
    const char* const end = strptime(copy.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
    if (end == nullptr || *end != '\0') return std::nullopt;
    return static_cast<std::int64_t>(timegm(&parts));
}

bool is_date(std::string_view member) {
    return member.ends_with("ModifiedSince") || member.ends_with("UnmodifiedSince");
}

void write_member(json::Writer& writer, std::string_view member, std::string_view value) {
    if (!is_date(member)) {
        writer.member(member, value);
    } else if (const auto seconds = seconds_of_http_date(value)) {
        writer.member_integer(member, *seconds);
    }
}

void write_headers(json::Writer& writer, const HttpRequest& request) {
    std::vector<std::pair<std::string, std::string_view>> metadata;
    request.visit_headers([&](std::string_view header, std::string_view value) {
        std::string name = lower_case(header);
        if (name.starts_with(metadata_prefix)) {
            name.erase(0, metadata_prefix.size());
            return metadata.emplace_back(std::move(name), value), void();
        }
        // How the body came is no property of the object.
        if (name == "content-encoding") {
            const std::string coding = object_coding(value);
            if (!coding.empty()) writer.member("ContentEncoding", coding);
            return;
        }
        const std::string_view member = s3_member_of_header(name);
        if (!member.empty()) write_member(writer, member, value);
    });
    if (metadata.empty()) return;
    writer.key("Metadata").begin_object();
    for (const auto& [name, value] : metadata) writer.member(name, value);
    writer.end_object();
}

// Checksums behind an aws-chunked body.
void write_trailers(json::Writer& writer, std::string_view trailers) {
    while (!trailers.empty()) {
        const std::string_view line = trailers.substr(0, trailers.find('\n'));
        trailers.remove_prefix(std::min(line.size() + 1, trailers.size()));
        const std::size_t colon = line.find(':');
        if (colon == std::string_view::npos) continue;
        const std::string name = lower_case(line.substr(0, colon));
        const std::string_view member = s3_member_of_header(name);
        if (name.starts_with("x-amz-checksum-") && !member.empty())
            writer.member(member, without_outer_space(line.substr(colon + 1)));
    }
}

// ---- replies

bool is_time(std::string_view member) {
    return member == "LastModified" || member == "CreationDate" || member == "Initiated";
}

TimePoint time_of(json::Value seconds) {
    return TimePoint{std::chrono::seconds{std::llround(seconds.number())}};
}

std::string text_of(std::string_view member, json::Value value) {
    if (is_time(member) && value.is_number()) return iso8601(time_of(value));
    return std::string(value.is_string() ? value.string() : value.raw());
}

void write_xml(XmlWriter& writer, std::string_view name, json::Value value);

void write_xml_members(XmlWriter& writer, json::Value value) {
    for (const json::Member& member : value.members())
        write_xml(writer, member.key, json::Value{&member.value});
}

void write_xml(XmlWriter& writer, std::string_view name, json::Value value) {
    if (value.is_array()) {
        const XmlList* const list = list_of_member(name);
        const std::string_view element = list == nullptr ? name : list->element;
        const bool is_wrapped = list != nullptr && list->is_wrapped;
        const std::string_view wrapper =
            is_wrapped && !list->wrapper.empty() ? list->wrapper : name;
        if (is_wrapped) writer.open(wrapper);
        for (const json::Node& node : value.elements())
            write_xml(writer, element, json::Value{&node});
        if (is_wrapped) writer.close(wrapper);
        return;
    }
    if (!value.is_object()) {
        writer.element(name, text_of(name, value));
        return;
    }
    // The one element with attributes.
    constexpr std::string_view grantee =
        "Grantee xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" "
        "xsi:type=\"CanonicalUser\"";
    writer.open(name == "Grantee" ? grantee : name);
    write_xml_members(writer, value);
    writer.close(name);
}

// Of an output with XML: what stands in headers all the same.
bool is_header(const S3Operation& operation, std::string_view member) {
    if (operation.output.empty() || member == "ServerSideEncryption") return true;
    return operation.name == "CreateMultipartUpload" && member.starts_with("Checksum");
}

json::Document parsed_output(std::string_view output) {
    return *json::Document::parse(output.empty() ? std::string_view("{}") : output);
}

}  // namespace

std::string object_coding(std::string_view codings) {
    std::string kept;
    while (!codings.empty()) {
        const std::string_view one = codings.substr(0, codings.find(','));
        codings.remove_prefix(std::min(one.size() + 1, codings.size()));
        const std::string_view coding = without_outer_space(one);
        if (coding.empty() || equal_ignoring_case(coding, "aws-chunked")) continue;
        if (!kept.empty()) kept.push_back(',');
        kept.append(coding);
    }
    return kept;
}

Result<std::string> s3_input(const S3Request& target, const HttpRequest& request) {
    json::Writer writer;
    writer.begin_object();
    if (!target.bucket.empty()) writer.member("Bucket", target.bucket);
    if (!target.key.empty()) writer.member("Key", target.key);
    Form form;
    if (target.is_malformed || !form.add(request.query))
        return Error(s3_errors::invalid_uri, "Couldn't parse the specified URI.");
    for (const Form::Parameter& parameter : form.with_prefix("")) {
        const std::string_view member = s3_member_of_parameter(parameter.name);
        if (!member.empty()) writer.member(member, parameter.value);
    }
    write_headers(writer, request);
    write_trailers(writer, request.trailers);
    const std::string_view input = target.operation->input;
    if (!input.empty() && input != "*" && !request.body.empty()) {
        const std::optional<XmlElement> root = read_xml(request.body);
        if (!root.has_value())
            return Error(s3_errors::malformed_xml,
                         "The XML you provided was not well-formed or did not validate against "
                         "our published schema");
        writer.key(input);
        if (root->elements.empty()) {
            writer.begin_object().end_object();
        } else {
            write_json(writer, *root);
        }
    }
    std::string json = writer.end_object().take();
    if (!check_json_object(json).has_value())
        return Error(s3_errors::invalid_request, "The request's names and headers must be UTF-8.");
    return json;
}

void write_s3_headers(ReplyWriter& writer, const S3Operation& operation, std::string_view output) {
    const json::Document document = parsed_output(output);
    for (const json::Member& member : document.root().members()) {
        const json::Value value{&member.value};
        if (member.key == "Metadata") {
            for (const json::Member& one : value.members())
                writer.header(std::string(metadata_prefix).append(one.key),
                              json::Value{&one.value}.string());
            continue;
        }
        const std::string_view header = s3_header_of_member(member.key);
        if (header.empty() || !is_header(operation, member.key)) continue;
        const bool is_time_value = is_time(member.key) && value.is_number();
        writer.header(header,
                      is_time_value ? http_date(time_of(value)) : text_of(member.key, value));
    }
}

std::string s3_output_xml(const S3Operation& operation, std::string_view output) {
    if (operation.output.empty()) return {};
    const json::Document document = parsed_output(output);
    std::string_view name = operation.output;
    json::Value value = document.root();
    XmlWriter writer;
    writer.declaration();
    if (name.starts_with('=')) {
        name.remove_prefix(1);
        const std::optional<json::Value> text = value.find(name);
        writer.open(name, {}, xml_namespace_of_s3);
        if (text.has_value()) writer.text(text_of(name, *text));
        return writer.close(name).take();
    }
    if (name == "-") {
        for (const json::Member& member : document.root().members()) {
            if (is_header(operation, member.key)) continue;
            name = member.key;
            value = json::Value{&member.value};
        }
    }
    writer.open(name, {}, xml_namespace_of_s3);
    for (const json::Member& member : value.members()) {
        if (!is_header(operation, member.key))
            write_xml(writer, member.key, json::Value{&member.value});
    }
    return writer.close(name).take();
}

std::uint64_t s3_content_length(std::string_view output) {
    const json::Document document = parsed_output(output);
    const auto length = document.root().find("ContentLength");
    return length.has_value() ? static_cast<std::uint64_t>(length->integer().value_or(0)) : 0;
}

std::string s3_error_xml(const Error& error, const S3ErrorPlace& place) {
    XmlWriter writer;
    writer.declaration().open("Error");
    writer.element("Code", error.code()).element("Message", error.message());
    if (error.is(s3_errors::no_such_key)) {
        writer.element("Key", place.key);
    } else if (!place.key.empty() && !error.is(s3_errors::no_such_bucket)) {
        writer.element("Resource", place.resource);
    } else if (!place.bucket.empty()) {
        writer.element("BucketName", place.bucket);
    } else {
        writer.element("Resource", place.resource);
    }
    writer.element("RequestId", place.request_id);
    writer.element("HostId", place.extended_request_id);
    return writer.close("Error").take();
}

}  // namespace stepwell::wire
