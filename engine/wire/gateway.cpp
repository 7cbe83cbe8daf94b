#include "wire/gateway.hpp"

#include <array>
#include <boost/crc.hpp>
#include <optional>
#include <unordered_set>
#include <utility>

#include "api/s3_tasks.hpp"
#include "base/errors.hpp"
#include "base/random.hpp"
#include "json/writer.hpp"
#include "wire/aws_json.hpp"
#include "wire/aws_query.hpp"
#include "wire/json_body.hpp"
#include "wire/request_counts.hpp"
#include "wire/rest_xml.hpp"
#include "wire/routes.hpp"

namespace stepwell::wire {

namespace {

constexpr std::size_t code_bytes_max = 70 * 1024 * 1024;  // 50 MiB in base64, and what is around it

constexpr std::size_t object_bytes_max = 5ULL << 30U;
constexpr std::size_t object_bytes_framing_max = 64ULL << 20U;  // aws-chunked, around the object
constexpr std::size_t object_bytes_in_memory_max = 1U << 20U;

// Names under which the services are listed by LocalStack's health page, which tools poll.
constexpr std::array<std::pair<std::string_view, std::string_view>, 9> listed_services{{
    {"states", "stepfunctions"},
    {"sqs", "sqs"},
    {"sns", "sns"},
    {"lambda", "lambda"},
    {"dynamodb", "dynamodb"},
    {"events", "events"},
    {"iam", "iam"},
    {"sts", "sts"},
    {"s3", "s3"},
}};

constexpr std::string_view allowed_methods = "GET, HEAD, POST, PUT, DELETE";
constexpr std::string_view allowed_headers =
    "authorization, content-type, x-amz-target, x-amz-date, x-amz-security-token, "
    "x-amz-user-agent, "
    "x-amz-content-sha256, x-amzn-query-mode, x-amz-invocation-type, x-amz-log-type, "
    "x-amz-client-context, "
    "amz-sdk-invocation-id, amz-sdk-request";
constexpr std::string_view exposed_headers =
    "x-amzn-requestid, x-amzn-errortype, x-amzn-query-error, "
    "x-amz-function-error, x-amz-log-result, x-amz-executed-version";

constexpr ErrorKind slow_down{"SlowDown", 503};
constexpr std::string_view retry_after = "Retry-After";
constexpr std::string_view retry_after_s = "1";

// These wait for something that others do, for as long as the caller likes, and cost nothing
// meanwhile: they are not among the requests under way.
constexpr std::array<std::pair<std::string_view, std::string_view>, 5> waiting_operations{
    {{"sqs", "ReceiveMessage"},
     {"states", "GetActivityTask"},
     {"states", "StartSyncExecution"},
     {"lambda", "Invoke"},
     {"lambda", "InvokeAsync"}}};

/// One call on its way: what has to be known to write its answer.
struct Exchange {
    explicit Exchange(PendingReply to) : reply(std::move(to)) {}

    PendingReply reply;
    Protocol protocol = Protocol::aws_json;
    std::string_view service = {};
    const QueryService* query_service = nullptr;
    const QueryOperation* query_operation = nullptr;
    RequestCounts::Operation* counts = nullptr;
    int success_status = 200;
    S3Request s3 = {};      // rest_xml
    std::string path = {};  // rest_xml
    bool is_head = false;
    bool is_json_1_1 = false;
    std::string request_id = {};
    std::string allow_origin = {};
    std::optional<Result<api::Reply>> answer = {};
    std::optional<Admission::Place> place = {};
};

void write_origin(ReplyWriter& writer, std::string_view allow_origin) {
    if (allow_origin.empty()) return;
    writer.header("Access-Control-Allow-Origin", allow_origin);
    writer.header("Access-Control-Expose-Headers", exposed_headers);
    writer.header("Vary", "Origin");
}

void begin(ReplyWriter& writer, const Exchange& exchange, int status) {
    exchange.counts->add(status);
    writer.begin(status);
    writer.header("x-amzn-RequestId", exchange.request_id);
    write_origin(writer, exchange.allow_origin);
}

std::string_view json_type(const Exchange& exchange) noexcept {
    if (exchange.protocol == Protocol::rest_json) return "application/json";
    return exchange.is_json_1_1 ? "application/x-amz-json-1.1" : "application/x-amz-json-1.0";
}

/// DynamoDB's clients check the body by it.
void write_crc32(ReplyWriter& writer, const Exchange& exchange, std::string_view body) {
    if (exchange.service != "dynamodb") return;
    boost::crc_32_type crc;
    crc.process_bytes(body.data(), body.size());
    writer.header("x-amz-crc32", std::to_string(crc.checksum()));
}

void begin_s3(ReplyWriter& writer, const Exchange& exchange, int status) {
    exchange.counts->add(status);
    writer.begin(status);
    writer.header("x-amz-request-id", exchange.request_id);
    writer.header("x-amz-id-2", api::s3_extended_request_id(exchange.request_id));
    write_origin(writer, exchange.allow_origin);
}

void write_s3_error(ReplyWriter& writer, const Exchange& exchange, const Error& error) {
    begin_s3(writer, exchange, error.kind().http_status);
    if (error.is(slow_down)) writer.header(retry_after, retry_after_s);
    const std::string extended = api::s3_extended_request_id(exchange.request_id);
    writer.finish("application/xml",
                  s3_error_xml(error, {exchange.s3.bucket, exchange.s3.key, exchange.path,
                                       exchange.request_id, extended}));
}

void write_s3_success(ReplyWriter& writer, const Exchange& exchange, api::Reply reply) {
    const S3Operation& operation = *exchange.s3.operation;
    begin_s3(writer, exchange, reply.http_status);
    write_s3_headers(writer, operation, reply.body);
    if (reply.content.has_value()) return writer.finish_with_content(*std::move(reply.content));
    if (operation.name == "HeadObject" && exchange.is_head)
        return writer.finish_without_body(s3_content_length(reply.body));
    std::string xml = s3_output_xml(operation, reply.body);
    const std::string_view type = xml.empty() ? std::string_view{} : "application/xml";
    writer.finish(type, std::move(xml));
}

/// What a service says to a request that came while too many were under way.
Error too_many(std::string_view service) {
    if (service == "s3") return {slow_down, "Please reduce your request rate."};
    return {errors::throttling, "Rate exceeded"};
}

void write_error(ReplyWriter& writer, const Exchange& exchange, const Error& error) {
    if (exchange.protocol == Protocol::rest_xml) return write_s3_error(writer, exchange, error);
    const ErrorKind& kind = error.kind();
    // An unknown path is a missing page; an unknown action or target is a bad request.
    const bool is_no_route =
        exchange.protocol == Protocol::rest_json && error.is(errors::unknown_operation);
    begin(writer, exchange, is_no_route ? 404 : kind.http_status);
    if (error.is(errors::throttling)) writer.header(retry_after, retry_after_s);
    if (exchange.protocol == Protocol::aws_query) {
        const std::string_view xml_namespace = exchange.query_service == nullptr
                                                   ? std::string_view{}
                                                   : exchange.query_service->xml_namespace;
        writer.finish("text/xml", query_error(error, xml_namespace, exchange.request_id));
        return;
    }
    writer.header("x-amzn-ErrorType", kind.name);
    if (exchange.service == "sqs") writer.header("x-amzn-query-error", query_error_header(kind));
    const bool is_rest = exchange.protocol == Protocol::rest_json;
    std::string body = is_rest ? rest_error(error) : json_error(error, exchange.service);
    write_crc32(writer, exchange, body);
    writer.finish(json_type(exchange), std::move(body));
}

void write_success(ReplyWriter& writer, const Exchange& exchange, api::Reply reply) {
    if (exchange.protocol == Protocol::rest_xml)
        return write_s3_success(writer, exchange, std::move(reply));
    const bool has_own_status = reply.http_status != 200;
    if (exchange.protocol == Protocol::aws_query) {
        Result<std::string> xml = query_output(reply.body, *exchange.query_service,
                                               *exchange.query_operation, exchange.request_id);
        if (xml.has_error()) {
            const Error failure{errors::internal_failure,
                                "The operation's answer could not be written."};
            return write_error(writer, exchange, failure);
        }
        begin(writer, exchange, reply.http_status);
        writer.finish("text/xml", *std::move(xml));
        return;
    }
    const bool takes_status = has_own_status || reply.is_raw_payload;
    begin(writer, exchange, takes_status ? reply.http_status : exchange.success_status);
    bool has_type = false;
    for (const auto& [name, value] : reply.headers) {
        has_type |= equal_ignoring_case(name, "content-type");
        writer.header(name, value);
    }
    // AWS JSON answers always have a body, "{}" at least; REST answers may have none.
    if (reply.body.empty() && exchange.protocol == Protocol::aws_json) reply.body = "{}";
    write_crc32(writer, exchange, reply.body);
    writer.finish(has_type ? std::string_view{} : json_type(exchange), std::move(reply.body));
}

void write_answer(ReplyWriter& writer, Exchange& exchange) {
    Result<api::Reply>& answer = *exchange.answer;
    if (answer.has_error()) return write_error(writer, exchange, answer.error());
    write_success(writer, exchange, *std::move(answer));
}

/// Answers on the connection's thread, so that writing it down costs the service's thread nothing.
void send(std::unique_ptr<Exchange> exchange, Result<api::Reply> answer) {
    exchange->answer.emplace(std::move(answer));
    PendingReply reply = std::move(exchange->reply);
    reply.send(
        [exchange = std::move(exchange)](ReplyWriter& writer) { write_answer(writer, *exchange); });
}

/// The input of the operation, and for Invoke the payload beside it.
Result<> read_input(const HttpRequest& request, Route& route, api::Call& call) {
    switch (route.protocol) {
        case Protocol::aws_json: {
            if (request.body.empty()) {
                call.body = "{}";
                return {};
            }
            const Result<> valid = check_json_object(request.body);
            if (valid.has_error()) return valid.error();
            call.body = request.body;
            return {};
        }
        case Protocol::aws_query: {
            // A queue's own URL may stand in for the parameter.
            if (route.service == "sqs" && request.path.size() > 1 &&
                route.form.find("QueueUrl") == nullptr) {
                route.form.add("QueueUrl", call.context.base_url + std::string{request.path});
            }
            Result<std::string> input = query_input(route.form, *route.query_operation);
            if (input.has_error()) return input.error();
            const Result<> valid =
                check_json_object(*input);  // parameters may hold what is not UTF-8
            if (valid.has_error()) return valid.error();
            call.body = *std::move(input);
            return {};
        }
        case Protocol::rest_xml: {
            Result<std::string> input = s3_input(route.s3, request);
            if (input.has_error()) return input.error();
            call.body = *std::move(input);
            if (route.s3.operation->input == "*") call.raw_payload = request.body;
            call.payload_file = request.body_file;
            return {};
        }
        case Protocol::rest_json:
            break;
    }
    const bool is_raw = route.rest.operation->name == "Invoke";
    Result<std::string> input =
        rest_input(route.rest, request, is_raw ? std::string_view{} : request.body);
    if (input.has_error()) return input.error();
    call.body = *std::move(input);
    if (!is_raw) return {};
    call.raw_payload = request.body;
    for (const Header header :
         {Header::x_amz_invocation_type, Header::x_amz_log_type, Header::x_amz_client_context}) {
        const std::string_view value = request.header(header);
        if (!value.empty()) call.headers.emplace_back(name_of(header), value);
    }
    return {};
}

}  // namespace

struct Gateway::Parts {
    Parts(const api::OperationTable& operations, Options given)
        : options(std::move(given)),
          routes(operations),
          counts(operations),
          callers(options.callers),
          admission(options.admission) {
        for (const auto& [service, name] : waiting_operations) {
            if (const api::Operation* found = operations.find(service, name); found != nullptr)
                waiting.insert(found);
        }
    }

    const Options options;
    const Routes routes;
    const RequestCounts counts;
    const CallerCheck callers;
    std::unordered_set<const api::Operation*> waiting;  // of waiting_operations, what is there
    mutable Admission admission;

    bool serve_page(const HttpRequest& request, PendingReply& reply,
                    std::string_view allow_origin) const;
    bool serve_function_code(const HttpRequest& request, PendingReply& reply) const;
    bool serve_metrics(const HttpRequest& request, PendingReply& reply) const;
    bool serve_clock(const HttpRequest& request, PendingReply& reply) const;
    std::string health(bool for_localstack) const;
    void call(const HttpRequest& request, PendingReply reply, std::string_view allow_origin) const;
};

Gateway::Gateway(const api::OperationTable& operations, Options options)
    : parts_(new Parts(operations, std::move(options))) {}

Gateway::~Gateway() = default;

BodyRule Gateway::body_rule(const HttpRequest& head) noexcept {
    if (is_s3_request(head)) {
        BodyRule rule;
        rule.takes_any_coding = true;
        if (head.method != "PUT") return rule;
        rule.bytes_max = object_bytes_max + object_bytes_framing_max;
        rule.spooled_above = object_bytes_in_memory_max;
        return rule;
    }
    BodyRule rule;
    if (is_dated_path(head.path)) rule.bytes_max = code_bytes_max;
    return rule;
}

void Gateway::handle(const HttpRequest& request, PendingReply reply) const {
    CallerCheck::Verdict verdict = parts_->callers.check(request);
    if (verdict.refused_because.has_value()) {
        reply.send([reason = *std::move(verdict.refused_because)](ReplyWriter& writer) {
            writer.begin(403);
            json::Writer body;
            body.begin_object().member("message", reason).end_object();
            writer.finish("application/json", body.take());
        });
        return;
    }
    if (request.method == "OPTIONS") {
        reply.send([origin = std::string{verdict.allow_origin}](ReplyWriter& writer) {
            writer.begin(204);
            write_origin(writer, origin);
            if (!origin.empty()) {
                writer.header("Access-Control-Allow-Methods", allowed_methods);
                writer.header("Access-Control-Allow-Headers", allowed_headers);
            }
            writer.header("Allow", allowed_methods);
            writer.finish({}, {});
        });
        return;
    }
    if (credential_scope(request).service == "s3")
        return parts_->call(request, std::move(reply), verdict.allow_origin);
    if (parts_->serve_page(request, reply, verdict.allow_origin)) return;
    if (parts_->serve_metrics(request, reply)) return;
    if (parts_->serve_clock(request, reply)) return;
    if (parts_->serve_function_code(request, reply)) return;
    parts_->call(request, std::move(reply), verdict.allow_origin);
}

void Gateway::Parts::call(const HttpRequest& request, PendingReply reply,
                          std::string_view allow_origin) const {
    Route route = routes.find(request);
    auto exchange = std::make_unique<Exchange>(std::move(reply));
    exchange->counts = &counts.of(route.operation);
    exchange->protocol = route.protocol;
    exchange->service = route.service;
    exchange->query_service = route.query_service;
    exchange->query_operation = route.query_operation;
    exchange->s3 = route.s3;
    exchange->path = route.protocol == Protocol::rest_xml ? request.path : std::string_view{};
    exchange->is_head = request.method == "HEAD";
    if (route.rest.operation != nullptr) exchange->success_status = route.rest.operation->status;
    exchange->is_json_1_1 =
        request.header(Header::content_type).find("json-1.1") != std::string_view::npos;
    exchange->request_id = make_uuid();
    exchange->allow_origin = allow_origin;
    if (route.error.has_value()) return send(std::move(exchange), *std::move(route.error));
    if (!waiting.contains(route.operation)) {
        if (auto place = admission.admit(request.body.size()); place.has_value()) {
            exchange->place.emplace(*std::move(place));
        } else {
            return send(std::move(exchange), too_many(route.service));
        }
    }

    const CredentialScope scope = credential_scope(request);
    api::Call call;
    call.context.base_url.append("http://").append(request.authority);
    call.context.request_id = exchange->request_id;
    call.context.access_key = scope.access_key;
    call.context.caller = request.caller;
    call.context.region =
        scope.region.empty() ? std::string_view{options.identity.region} : scope.region;
    const Result<> input = read_input(request, route, call);
    if (input.has_error()) return send(std::move(exchange), input.error());
    (*route.operation)(std::move(call),
                       [exchange = std::move(exchange)](Result<api::Reply> answer) mutable {
                           send(std::move(exchange), std::move(answer));
                       });
}

std::string Gateway::Parts::health(bool for_localstack) const {
    json::Writer out;
    out.begin_object();
    if (!for_localstack) out.member("status", "running");
    out.key("services").begin_object();
    for (const auto& [service, listed] : listed_services) {
        if (routes.has_service(service)) out.member(for_localstack ? listed : service, "running");
    }
    out.end_object();
    if (for_localstack) out.member("edition", "stepwell");
    out.member("version", options.version);
    out.end_object();
    return out.take();
}

bool Gateway::Parts::serve_page(const HttpRequest& request, PendingReply& reply,
                                std::string_view allow_origin) const {
    int status = 200;
    std::string body;
    if (request.path == "/_stepwell/health") {
        body = health(false);
    } else if (request.path == "/_localstack/health") {
        body = health(true);
    } else if (request.path == "/_stepwell/ready") {
        const bool ready = !options.is_ready || options.is_ready();
        status = ready ? 200 : 503;
        body = ready ? R"({"ready":true})" : R"({"ready":false})";
    } else {
        return false;
    }
    if (request.method != "GET" && request.method != "HEAD") {
        status = 405;
        body = R"({"message":"This page can only be read."})";
    }
    reply.send([status, body = std::move(body),
                origin = std::string{allow_origin}](ReplyWriter& writer) mutable {
        writer.begin(status);
        write_origin(writer, origin);
        writer.finish("application/json", std::move(body));
    });
    return true;
}

bool Gateway::Parts::serve_metrics(const HttpRequest& request, PendingReply& reply) const {
    if (request.path != "/metrics" && request.path != "/_stepwell/metrics") return false;
    if (request.method != "GET" && request.method != "HEAD") return false;
    MetricsText text;
    if (options.write_metrics) options.write_metrics(text);
    counts.write(text);
    admission.write(text);
    reply.send([body = text.take()](ReplyWriter& writer) mutable {
        writer.begin(200);
        writer.finish("text/plain; version=0.0.4; charset=utf-8", std::move(body));
    });
    return true;
}

bool Gateway::Parts::serve_clock(const HttpRequest& request, PendingReply& reply) const {
    if (!options.clock_page || !request.path.starts_with("/_stepwell/clock")) return false;
    std::optional<Page> page = options.clock_page(request.method, request.path, request.body);
    if (!page.has_value()) return false;
    reply.send([page = *std::move(page)](ReplyWriter& writer) mutable {
        writer.begin(page.status);
        writer.finish("application/json", std::move(page.body));
    });
    return true;
}

bool Gateway::Parts::serve_function_code(const HttpRequest& request, PendingReply& reply) const {
    constexpr std::string_view before = "/_stepwell/functions/";
    constexpr std::string_view after = "/code";
    std::string_view name = request.path;
    if (!options.read_function_code || request.method != "GET" || !name.starts_with(before) ||
        !name.ends_with(after) || name.size() <= before.size() + after.size()) {
        return false;
    }
    name.remove_prefix(before.size());
    name.remove_suffix(after.size());
    options.read_function_code(name, [reply = std::move(reply)](Result<std::string> code) mutable {
        reply.send([code = std::move(code)](ReplyWriter& writer) mutable {
            if (code.has_value()) {
                writer.begin(200);
                return writer.finish("application/zip", *std::move(code));
            }
            writer.begin(code.error().kind().http_status);
            json::Writer body;
            body.begin_object().member("message", code.error().message()).end_object();
            writer.finish("application/json", body.take());
        });
    });
    return true;
}

}  // namespace stepwell::wire
