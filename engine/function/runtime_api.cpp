#include "function/runtime_api.hpp"

#include <deque>
#include <optional>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>

#include "base/errors.hpp"

namespace stepwell::function {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using boost::system::error_code;
using tcp = asio::ip::tcp;

namespace {

constexpr std::string_view api_prefix = "/2018-06-01/runtime/";
constexpr std::size_t connections_max = 16;
constexpr std::uint32_t header_bytes_max = 64 * 1024;
// An answer that is too long is read to its end all the same: a connection that is cut off in the
// middle would end runtimes that could have gone on. Beyond this it is cut.
constexpr std::uint64_t body_bytes_max = 64 << 20;

using Response = http::response<http::string_body>;

Response make_response(http::status status, std::string body) {
    Response response{status, 11};
    response.set(http::field::content_type, "application/json");
    response.body() = std::move(body);
    return response;
}

std::string error_text(std::string_view message, std::string_view type) {
    std::string text = R"({"errorMessage":")";
    return text.append(message).append(R"(","errorType":")").append(type).append("\"}\n");
}

/// What a request asks for: "next", "response", "error", "init/error"; empty: nothing that we know.
struct Target {
    std::string_view action;
    std::string_view request_id;
};
Target parse_target(std::string_view path) {
    path = path.substr(0, path.find('?'));
    if (!path.starts_with(api_prefix)) return {};
    path.remove_prefix(api_prefix.size());
    if (path == "init/error") return {path, {}};
    constexpr std::string_view invocation = "invocation/";
    if (!path.starts_with(invocation)) return {};
    path.remove_prefix(invocation.size());
    if (path == "next") return {path, {}};
    const std::size_t slash = path.find('/');
    if (slash == std::string_view::npos) return {};
    return {path.substr(slash + 1), path.substr(0, slash)};
}

}  // namespace

struct RuntimeApi::Server : std::enable_shared_from_this<RuntimeApi::Server> {
    Server(asio::io_context& context, RuntimeApiEvents& listener)
        : acceptor(context), events(&listener) {}

    void accept();
    void close();

    tcp::acceptor acceptor;
    std::uint16_t port = 0;
    RuntimeApiEvents* events;  // nullptr once the owner has gone
    std::string expected_request_id;
    std::vector<std::weak_ptr<Session>> sessions;
    // Whose request for the next invocation is open. Nothing else keeps that connection alive: it
    // neither reads nor writes until there is an answer.
    std::shared_ptr<Session> ready;
};

/// One connection of the runtime. Kept alive by its pending operations.
struct RuntimeApi::Session : std::enable_shared_from_this<RuntimeApi::Session> {
    Session(tcp::socket socket, std::shared_ptr<Server> owner)
        : stream(std::move(socket)), server(std::move(owner)) {}

    void read();
    void read_body();
    void handle();
    void handle_answer(const Target& target);
    void refuse_body(bool is_cut);
    void write(Response answer, bool is_last = false);

    beast::tcp_stream stream;
    std::shared_ptr<Server> server;
    beast::flat_buffer buffer{header_bytes_max + response_bytes_max};
    std::optional<http::request_parser<http::string_body>> parser;
    std::optional<Response> response;
};

void RuntimeApi::Server::accept() {
    acceptor.async_accept([self = shared_from_this()](error_code error, tcp::socket socket) {
        if (error == asio::error::operation_aborted || self->events == nullptr) return;
        if (!error) {
            std::erase_if(self->sessions,
                          [](const std::weak_ptr<Session>& session) { return session.expired(); });
            if (self->sessions.size() < connections_max) {
                error_code ignored;
                socket.set_option(tcp::no_delay(true), ignored);
                auto session = std::make_shared<Session>(std::move(socket), self);
                self->sessions.push_back(session);
                session->read();
            }
        }
        self->accept();
    });
}

void RuntimeApi::Server::close() {
    events = nullptr;
    ready.reset();
    error_code ignored;
    acceptor.close(ignored);
    for (const std::weak_ptr<Session>& session : sessions) {
        if (const auto open = session.lock()) open->stream.socket().close(ignored);
    }
}

void RuntimeApi::Session::read() {
    parser.emplace();
    parser->header_limit(header_bytes_max);
    parser->body_limit(body_bytes_max);
    http::async_read_header(
        stream, buffer, *parser, [self = shared_from_this()](error_code error, std::size_t) {
            if (error == http::error::body_limit) return self->refuse_body(true);
            if (error) return;  // the runtime has closed the connection, or talks nonsense
            self->read_body();
        });
}

void RuntimeApi::Session::read_body() {
    http::async_read(stream, buffer, *parser,
                     [self = shared_from_this()](error_code error, std::size_t) {
                         if (error == http::error::body_limit) return self->refuse_body(true);
                         if (error) return;
                         self->handle();
                     });
}

void RuntimeApi::Session::refuse_body(bool is_cut) {
    const auto& request = parser->get();
    const Target target = parse_target(request.target());
    const std::uint64_t bytes = parser->content_length().value_or(parser->get().body().size());
    if (server->events != nullptr && target.request_id == server->expected_request_id) {
        server->events->runtime_answered_too_much(target.request_id, bytes);
    }
    write(make_response(http::status::payload_too_large,
                        error_text("Exceeded maximum allowed payload size (6291556 bytes).",
                                   "RequestEntityTooLarge")),
          is_cut);
}

void RuntimeApi::Session::handle() {
    if (server->events == nullptr) return;
    const auto& request = parser->get();
    // A web page that has learnt the port must not get at it through a name of its own.
    if (request[http::field::host] != "127.0.0.1:" + std::to_string(server->port)) {
        return write(
            make_response(http::status::forbidden, error_text("Host not allowed", "Forbidden")));
    }
    const Target target = parse_target(request.target());
    if (target.action == "next" && request.method() == http::verb::get) {
        server->ready = shared_from_this();
        server->events->runtime_is_ready();
        return;
    }
    if (request.method() == http::verb::post && target.action == "init/error") {
        std::string error = std::move(parser->get().body());
        write(make_response(http::status::accepted, "{\"status\":\"OK\"}\n"));
        server->events->runtime_failed_to_start(std::move(error));
        return;
    }
    if (request.method() == http::verb::post &&
        (target.action == "response" || target.action == "error")) {
        return handle_answer(target);
    }
    write(make_response(http::status::not_found, error_text("Not found", "NotFound")));
}

void RuntimeApi::Session::handle_answer(const Target& target) {
    if (server->expected_request_id.empty() || target.request_id != server->expected_request_id) {
        return write(make_response(http::status::bad_request,
                                   error_text("Invalid request ID", "InvalidRequestID")));
    }
    if (parser->get().body().size() > response_bytes_max) return refuse_body(false);
    const bool is_error = target.action == "error";
    const std::string request_id(target.request_id);
    std::string body = std::move(parser->get().body());
    write(make_response(http::status::accepted, "{\"status\":\"OK\"}\n"));
    if (is_error) {
        server->events->runtime_failed(request_id, std::move(body));
    } else {
        server->events->runtime_answered(request_id, std::move(body));
    }
}

void RuntimeApi::Session::write(Response answer, bool is_last) {
    answer.keep_alive(!is_last);
    answer.prepare_payload();
    response.emplace(std::move(answer));
    http::async_write(stream, *response,
                      [self = shared_from_this(), is_last](error_code error, std::size_t) {
                          self->response.reset();
                          if (error) return;
                          if (!is_last) return self->read();
                          self->stream.socket().shutdown(tcp::socket::shutdown_send, error);
                      });
}

Result<std::unique_ptr<RuntimeApi>> RuntimeApi::open(EventLoop& loop, RuntimeApiEvents& events) {
    auto server = std::make_shared<Server>(loop.context(), events);
    error_code error;
    const tcp::endpoint address(asio::ip::address_v4::loopback(), 0);
    server->acceptor.open(address.protocol(), error);
    if (!error) server->acceptor.bind(address, error);
    if (!error) server->acceptor.listen(asio::socket_base::max_listen_connections, error);
    if (error)
        return Error(stepwell::errors::system_failure,
                     "cannot open a port for a function: " + error.message());
    server->port = server->acceptor.local_endpoint().port();
    server->accept();
    return std::unique_ptr<RuntimeApi>(new RuntimeApi(std::move(server)));
}

RuntimeApi::RuntimeApi(std::shared_ptr<Server> server) : server_(std::move(server)) {}
RuntimeApi::~RuntimeApi() { server_->close(); }

std::uint16_t RuntimeApi::port() const noexcept { return server_->port; }

void RuntimeApi::expect(std::string_view request_id) { server_->expected_request_id = request_id; }

void RuntimeApi::deliver(const RuntimeInvocation& invocation) {
    server_->expected_request_id = invocation.request_id;
    const auto session = std::exchange(server_->ready, nullptr);
    if (!session) return;  // the connection has broken: the runtime asks again, or its process ends
    Response response = make_response(http::status::ok, invocation.payload);
    response.set("Lambda-Runtime-Aws-Request-Id", invocation.request_id);
    response.set("Lambda-Runtime-Deadline-Ms", std::to_string(invocation.deadline_ms));
    response.set("Lambda-Runtime-Invoked-Function-Arn", invocation.function_arn);
    response.set("Lambda-Runtime-Trace-Id", invocation.trace_id);
    if (!invocation.client_context.empty())
        response.set("Lambda-Runtime-Client-Context", invocation.client_context);
    session->write(std::move(response));
}

}  // namespace stepwell::function
