#include "wire/rest_json.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>

#include "base/errors.hpp"
#include "base/try.hpp"
#include "json/writer.hpp"
#include "wire/form.hpp"
#include "wire/json_body.hpp"

namespace stepwell::wire {

namespace {

/// Takes the next segment off a path: "/a/b" gives "a" and leaves "/b".
std::string_view next_segment(std::string_view& path) noexcept {
    path.remove_prefix(1);
    const auto end = std::min(path.find('/'), path.size());
    const std::string_view segment = path.substr(0, end);
    path.remove_prefix(end);
    return segment;
}

bool match_path(const RestOperation& operation, std::string_view path, RestMatch& match) {
    std::string_view pattern = operation.path;
    match = {&operation, {}};
    while (!pattern.empty() && !path.empty()) {
        const std::string_view expected = next_segment(pattern);
        const std::string_view given = next_segment(path);
        if (!expected.starts_with('{')) {
            if (expected != given) return false;
            continue;
        }
        auto decoded = percent_decoded(given, false);
        if (!decoded.has_value() || decoded->empty()) return false;
        match.path_members.emplace_back(expected.substr(1, expected.size() - 2),
                                        *std::move(decoded));
    }
    return pattern.empty() && path.empty();
}

/// One parameter that a query may hold: "tagKeys=TagKeys:list".
struct QueryMember {
    std::string_view parameter;
    std::string_view member;
    std::string_view type;  ///< "" is text
};

QueryMember read_query_member(std::string_view text) noexcept {
    QueryMember read;
    const auto colon = text.find(':');
    if (colon != std::string_view::npos) read.type = text.substr(colon + 1);
    text = text.substr(0, colon);
    const auto equals = text.find('=');
    read.parameter = text.substr(0, equals);
    read.member = equals == std::string_view::npos ? read.parameter : text.substr(equals + 1);
    return read;
}

Error malformed(const QueryMember& member) {
    return Error{errors::serialization, "The value of the query parameter '" +
                                            std::string{member.parameter} + "' is not a valid " +
                                            std::string{member.type} + "."};
}

Result<> write_query_member(json::Writer& out, const QueryMember& member, const Form& form) {
    const std::string* value = form.find(member.parameter);
    if (value == nullptr) return {};
    out.key(member.member);
    if (member.type == "integer") {
        std::int64_t number = 0;
        const char* const end = value->data() + value->size();
        const auto parsed = std::from_chars(value->data(), end, number);
        if (parsed.ec != std::errc{} || parsed.ptr != end) return malformed(member);
        out.integer(number);
    } else if (member.type == "boolean") {
        if (*value != "true" && *value != "false") return malformed(member);
        out.boolean(*value == "true");
    } else if (member.type == "list") {
        out.begin_array();
        for (const Form::Parameter& parameter : form.with_prefix(member.parameter)) {
            if (parameter.name == member.parameter) out.string(parameter.value);
        }
        out.end_array();
    } else {
        out.string(*value);
    }
    return {};
}

}  // namespace

bool is_dated_path(std::string_view path) noexcept {
    constexpr std::string_view form = "/0000-00-00/";
    if (path.size() < form.size()) return false;
    for (std::size_t i = 0; i < form.size(); ++i) {
        const bool is_digit = path[i] >= '0' && path[i] <= '9';
        if (form[i] == '0' ? !is_digit : path[i] != form[i]) return false;
    }
    return true;
}

std::optional<RestMatch> match_lambda(const HttpRequest& request) {
    std::string_view path = request.path;
    if (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
    RestMatch match;
    for (const RestOperation& operation : lambda_operations()) {
        if (operation.method != request.method) continue;
        if (request.query.find(operation.fixed_query) == std::string_view::npos) continue;
        if (match_path(operation, path, match)) return match;
    }
    return std::nullopt;
}

Result<std::string> rest_input(const RestMatch& match, const HttpRequest& request,
                               std::string_view body) {
    Form form;
    if (!form.add(request.query))
        return Error{errors::serialization, "The query string is malformed."};
    json::Writer out;
    out.begin_object();
    std::string_view rest = match.operation->query;
    while (!rest.empty()) {
        const auto space = std::min(rest.find(' '), rest.size());
        const Result<> written =
            write_query_member(out, read_query_member(rest.substr(0, space)), form);
        if (written.has_error()) return written.error();
        rest.remove_prefix(std::min(space + 1, rest.size()));
    }
    for (const auto& [name, value] : match.path_members) out.member(name, value);
    out.end_object();
    std::string own = out.take();
    const Result<> own_is_valid = check_json_object(own);  // what the URL held may not be UTF-8
    if (own_is_valid.has_error()) return own_is_valid.error();
    if (body.empty()) return own;

    const Result<> body_is_valid = check_json_object(body);
    if (body_is_valid.has_error()) return body_is_valid.error();
    const auto open = body.find('{');
    const auto close = body.rfind('}');
    const bool is_empty = body.substr(open + 1, close - open - 1).find_first_not_of(" \t\r\n") ==
                          std::string_view::npos;
    if (own == "{}") return std::string{body};
    if (is_empty) return own;
    std::string merged;
    merged.reserve(close - open + own.size() + 1);
    merged.append(body.substr(open, close - open))
        .append(",")
        .append(std::string_view{own}.substr(1));
    return merged;
}

}  // namespace stepwell::wire
