#include "api/s3_tasks.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/base64.hpp"
#include "base/time_text.hpp"
#include "base/try.hpp"
#include "json/outline.hpp"
#include "json/value.hpp"
#include "json/writer.hpp"

namespace stepwell::api {

namespace {

// More than any task's result may be: the execution fails with it, as it does with all of it.
constexpr std::uint64_t content_bytes_max = 512U << 10U;

constexpr std::array<std::string_view, 3> time_members{"LastModified", "CreationDate", "Initiated"};

bool is_time(std::string_view member) {
    return std::find(time_members.begin(), time_members.end(), member) != time_members.end();
}

// S3's times are whole seconds, and Java leaves a fraction of zero out.
std::string time_text(double seconds) {
    std::string text = iso8601(TimePoint{std::chrono::seconds{std::llround(seconds)}});
    text.erase(text.find('.'), std::string_view(".000").size());
    return text;
}

void copy_with_times(json::Writer& writer, json::Value value, bool is_time_value) {
    if (value.is_object()) {
        writer.begin_object();
        for (const json::Member& member : value.members()) {
            writer.key(member.key);
            copy_with_times(writer, json::Value{&member.value}, is_time(member.key));
        }
        writer.end_object();
    } else if (value.is_array()) {
        writer.begin_array();
        for (const json::Node& element : value.elements())
            copy_with_times(writer, json::Value{&element}, false);
        writer.end_array();
    } else if (is_time_value && value.is_number()) {
        writer.string(time_text(value.number()));
    } else {
        writer.raw(value.raw());
    }
}

// How many bytes of `text` are one character of UTF-8; 0: they are none.
std::size_t utf8_size(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char first = byte(0);
    if (first < 0x80) return 1;
    const std::size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || text.size() < size) return 0;
    const bool is_odd = (first == 0xe0 && byte(1) < 0xa0) || (first == 0xed && byte(1) > 0x9f) ||
                        (first == 0xf0 && byte(1) < 0x90) || (first == 0xf4 && byte(1) > 0x8f);
    if (is_odd) return 0;
    for (std::size_t i = 1; i < size; ++i) {
        if ((byte(i) & 0xc0) != 0x80) return 0;
    }
    return size;
}

// What is no UTF-8 is replaced, as Java does.
std::string as_utf8(std::string_view bytes) {
    std::string text;
    text.reserve(bytes.size());
    while (!bytes.empty()) {
        const std::size_t size = utf8_size(bytes);
        text.append(size == 0 ? std::string_view("\xEF\xBF\xBD") : bytes.substr(0, size));
        bytes.remove_prefix(std::max<std::size_t>(size, 1));
    }
    return text;
}

}  // namespace

void prepare_s3_call(std::string_view action, Call& call) {
    const json::Outline given(call.body);
    const bool has_body = given.find("Body").has_value();
    json::Writer writer;
    writer.begin_object();
    for (const json::Member& member : given.members()) {
        const json::Value value{&member.value};
        if (member.key == "Body") {
            call.raw_payload = value.raw();
        } else {
            writer.member_raw(member.key, value.raw());
        }
    }
    if (has_body && !given.find("ContentType").has_value())
        writer.member("ContentType", "text/plain; charset=UTF-8");
    const bool sends = action == "putObject" || action == "uploadPart";
    if (sends && !given.find("ChecksumAlgorithm").has_value())
        writer.member("ChecksumAlgorithm", "CRC32");
    if (action == "getObject" && !given.find("ChecksumMode").has_value())
        writer.member("ChecksumMode", "ENABLED");
    std::string body = writer.end_object().take();
    call.body = std::move(body);
}

Result<std::string> s3_task_output(Reply reply) {
    std::string content;
    if (reply.content.has_value()) {
        std::uint64_t left = content_bytes_max;
        for (FileRange& range : reply.content->files) {
            range.size = std::min(range.size, left);
            left -= range.size;
        }
        SW_TRY(content, (*std::move(reply.content)).read());
    }
    const json::Document document =
        *json::Document::parse(reply.body.empty() ? std::string_view("{}") : reply.body);
    json::Writer writer;
    writer.begin_object();
    bool has_body = !reply.content.has_value();
    for (const json::Member& member : document.root().members()) {
        // Members are sorted, Body among them.
        if (!has_body && member.key > "Body") {
            writer.member("Body", as_utf8(content));
            has_body = true;
        }
        writer.key(member.key);
        copy_with_times(writer, json::Value{&member.value}, is_time(member.key));
    }
    return writer.end_object().take();
}

bool is_s3_exception(std::string_view code) noexcept {
    static constexpr std::array<std::string_view, 6> classes{
        "BucketAlreadyExists", "BucketAlreadyOwnedByYou",
        "InvalidRequest",      "NoSuchBucket",
        "NoSuchKey",           "NoSuchUpload"};
    return std::find(classes.begin(), classes.end(), code) != classes.end();
}

std::string s3_extended_request_id(std::string_view request_id) {
    return base64_encode(std::string(request_id).append(request_id.substr(0, 12)));
}

}  // namespace stepwell::api
