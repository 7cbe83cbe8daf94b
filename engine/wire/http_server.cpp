#include "wire/http_server.hpp"

#include <netinet/tcp.h>
#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <charconv>
#include <ctime>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "base/assert.hpp"
#include "base/errors.hpp"
#include "base/time_text.hpp"
#include "base/try.hpp"

namespace stepwell::wire {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;
using boost::system::error_code;
using SteadyTime = std::chrono::steady_clock::time_point;

namespace {

// Requests of one connection that wait for their replies; more stay in the buffers until some are
// answered.
constexpr std::size_t pipelined_max = 128;
// Replies that a client does not take: above this its next requests wait.
constexpr std::size_t output_bytes_max = 1024 * 1024;
constexpr std::size_t pieces_per_write = 16;
constexpr std::size_t body_bytes_per_s_min = 16 * 1024;
constexpr int listen_backlog = 1024;
constexpr std::chrono::milliseconds accept_retry{100};  // when there are no file descriptors left

constexpr std::string_view continue_reply = "HTTP/1.1 100 Continue\r\n\r\n";

void write_refusal(ReplyWriter& writer, const Refusal& refusal) {
    writer.begin(refusal.status);
    std::string body = "{\"message\":\"";
    body.append(refusal.reason).append("\"}");
    writer.finish("application/json", std::move(body));
}

void write_unanswered(ReplyWriter& writer) {
    writer.begin(500);
    writer.header("x-amzn-ErrorType", "InternalFailure");
    writer.finish("application/json",
                  R"({"__type":"InternalFailure","message":"The operation gave no answer."})");
}

}  // namespace

/// One thread with its own reactor, and the connections that live on it.
///
/// threads  `deliver` and `post` from any; everything else on the thread itself
class IoThread {
 public:
    IoThread(const HttpServer::Options& options, const HttpServer::Handler& handler)
        : options_(options), handler_(handler), sweep_timer_(context_) {}

    asio::io_context& context() noexcept { return context_; }
    const HttpServer::Options& options() const noexcept { return options_; }
    const HttpServer::Handler& handler() const noexcept { return handler_; }

    void run();
    void add(std::shared_ptr<Connection> connection);
    void remove(const Connection& connection);
    std::size_t connections() const noexcept {
        return connection_count_.load(
            std::memory_order_relaxed);  // relaxed: a figure, orders nothing
    }

    /// Hands a reply to the connection's thread.
    void deliver(std::shared_ptr<Connection> connection, std::uint64_t sequence,
                 PendingReply::Write write);

    /// Closes what is idle, and everything after drain_max; the thread ends when no connection is
    /// left.
    void begin_drain();

    const std::string& date();
    static IoThread* current() noexcept { return current_; }

 private:
    struct Delivery {
        std::shared_ptr<Connection> connection;
        std::uint64_t sequence;
        PendingReply::Write write;
    };
    void drain_inbox();
    void arm_sweep();
    void sweep();
    void end_if_drained();

    static thread_local IoThread* current_;

    const HttpServer::Options& options_;
    const HttpServer::Handler& handler_;
    asio::io_context context_{1};
    asio::steady_timer sweep_timer_;
    asio::executor_work_guard<asio::io_context::executor_type> work_{context_.get_executor()};

    // The thread's own
    std::vector<std::shared_ptr<Connection>> connections_;  // each knows its index
    std::vector<Delivery> draining_inbox_;
    std::vector<std::shared_ptr<Connection>> answered_;
    std::string date_;
    std::time_t date_time_ = 0;
    SteadyTime drain_until_ = SteadyTime::max();
    bool is_sweeping_ = false;
    bool is_draining_ = false;

    // Shared
    std::atomic<std::size_t> connection_count_{0};
    std::mutex mutex_;  // guards what follows
    std::vector<Delivery> inbox_;
    bool has_ended_ = false;
};

thread_local IoThread* IoThread::current_ = nullptr;

/// One client's connection: reads requests, keeps their replies in order, writes.
///
/// threads  its I/O thread only
class Connection : public std::enable_shared_from_this<Connection> {
 public:
    Connection(std::shared_ptr<IoThread> thread, tcp::socket socket)
        : thread_(std::move(thread)),
          socket_(std::move(socket)),
          parser_(thread_->options().limits) {}

    const std::shared_ptr<IoThread>& thread() const noexcept { return thread_; }
    std::size_t index = 0;     ///< among its thread's connections
    bool is_answered = false;  ///< in the thread's list of connections with new replies

    void start();
    /// Takes the reply of request `sequence`; it is written by the next `advance`.
    void place(std::uint64_t sequence, PendingReply::Write write);
    /// True while the handler runs for this connection: replies are then placed at once.
    bool is_handling() const noexcept { return is_handling_; }
    /// Does whatever can be done: parse, call the handler, write replies, read on.
    void advance();
    void drain();
    void close();
    void check_deadline(SteadyTime now);

 private:
    struct Slot {
        PendingReply::Write write;  // empty: not answered yet
        bool is_head = false;
        bool closes = false;
        bool is_http_1_0 = false;
    };
    enum class Phase : std::uint8_t { idle, head, body, replying, writing, lingering };

    bool may_parse() const noexcept {
        return !is_input_over_ && slots_.size() < pipelined_max && out_.bytes() < output_bytes_max;
    }
    bool parse_requests();
    void take_request(const HttpRequest& request);
    void refuse(const Refusal& refusal);
    bool write_replies();
    void flush();
    void finish_output();
    void read();
    void on_read(const error_code& error, std::size_t bytes);
    void linger();
    Phase phase() const noexcept;
    void update_deadline(SteadyTime now);

    const std::shared_ptr<IoThread>
        thread_;  // first, so that the socket's reactor outlives the socket
    tcp::socket socket_;
    HttpParser parser_;
    OutputBuffer out_;
    std::string local_address_;

    // Invariants
    //  (1) slots_[i] belongs to request number first_sequence_ + i; replies leave from the front
    //  only. (2) At most one read and one wait for writability are under way. (3) After
    //  is_input_over_ no request is parsed; after closes_after_output_ no reply follows.
    std::deque<Slot> slots_;
    std::uint64_t first_sequence_ = 0;
    std::uint64_t requests_ = 0;

    Phase phase_ = Phase::idle;
    std::uint64_t phase_requests_ =
        0;  // requests_ when the phase began: the next request's head is a new phase
    SteadyTime phase_began_{};
    SteadyTime deadline_ = SteadyTime::max();

    bool is_reading_ = false;
    bool is_waiting_to_write_ = false;
    bool is_incomplete_ = true;  // the parser needs more bytes
    bool is_handling_ = false;
    bool is_advancing_ = false;
    bool wants_continue_ = false;
    bool is_input_over_ = false;
    bool is_refused_ = false;
    bool is_peer_done_ = false;  // the client has closed its side
    bool closes_after_output_ = false;
    bool is_lingering_ = false;
    bool is_closed_ = false;
};

void Connection::start() {
    error_code ignored;  // a socket that refuses an option still works
    socket_.non_blocking(true, ignored);
    socket_.set_option(tcp::no_delay(true), ignored);
    socket_.set_option(asio::socket_base::keep_alive(true), ignored);
    const int fd = socket_.native_handle();
    for (const auto& [option, value] :
         {std::pair{TCP_KEEPIDLE, 60}, {TCP_KEEPINTVL, 10}, {TCP_KEEPCNT, 6}}) {
        setsockopt(fd, IPPROTO_TCP, option, &value, sizeof value);
    }
    local_address_ = socket_.local_endpoint(ignored).address().to_string();
    phase_began_ = std::chrono::steady_clock::now();
    update_deadline(phase_began_);
    read();
}

void Connection::place(std::uint64_t sequence, PendingReply::Write write) {
    if (is_closed_ || sequence < first_sequence_) return;
    const std::uint64_t index_of_slot = sequence - first_sequence_;
    if (index_of_slot >= slots_.size()) return;  // dropped: an earlier reply ended the connection
    slots_[index_of_slot].write = std::move(write);
}

void Connection::advance() {
    if (is_closed_ || is_advancing_) return;
    is_advancing_ = true;
    const auto keep = shared_from_this();
    bool has_progress = true;
    while (has_progress && !is_closed_ && !is_lingering_) {
        has_progress = parse_requests();
        has_progress |= write_replies();
        flush();
    }
    if (!is_closed_) finish_output();
    if (!is_closed_) {
        read();
        update_deadline(std::chrono::steady_clock::now());
    }
    is_advancing_ = false;
}

bool Connection::parse_requests() {
    bool has_progress = false;
    while (!is_incomplete_ && may_parse()) {
        switch (parser_.next()) {
            case HttpParser::Step::incomplete:
                is_incomplete_ = true;
                wants_continue_ |= parser_.take_continue();
                break;
            case HttpParser::Step::request:
                take_request(parser_.request());
                has_progress = true;
                break;
            case HttpParser::Step::refused:
                refuse(parser_.refusal());
                has_progress = true;
                break;
        }
    }
    return has_progress;
}

void Connection::take_request(const HttpRequest& request) {
    slots_.push_back({{}, request.method == "HEAD", !request.keep_alive, request.is_http_1_0});
    if (!request.keep_alive) is_input_over_ = true;
    wants_continue_ = false;
    const std::uint64_t sequence = requests_++;
    HttpRequest seen = request;
    seen.local_address = local_address_;
    is_handling_ = true;
    thread_->handler()(seen, PendingReply{shared_from_this(), sequence});
    is_handling_ = false;
}

void Connection::refuse(const Refusal& refusal) {
    is_input_over_ = true;
    is_refused_ = true;
    ++requests_;
    slots_.push_back(
        {[refusal](ReplyWriter& writer) { write_refusal(writer, refusal); }, false, true, false});
}

bool Connection::write_replies() {
    bool has_progress = false;
    while (!slots_.empty() && slots_.front().write && !closes_after_output_) {
        Slot slot = std::move(slots_.front());
        slots_.pop_front();
        ++first_sequence_;
        ReplyWriter writer{out_, {slot.is_head, slot.closes, slot.is_http_1_0, thread_->date()}};
        slot.write(writer);
        SW_ASSERT(writer.is_finished());
        closes_after_output_ = slot.closes;
        has_progress = true;
    }
    if (wants_continue_ && slots_.empty() && !is_input_over_) {
        out_.append(continue_reply);
        wants_continue_ = false;
    }
    return has_progress;
}

void Connection::flush() {
    std::array<std::string_view, pieces_per_write> pieces;
    std::array<asio::const_buffer, pieces_per_write> buffers;
    while (!out_.is_empty() && !is_waiting_to_write_ && !is_closed_) {
        const std::size_t count = out_.front(pieces);
        for (std::size_t i = 0; i < pieces_per_write; ++i) {
            buffers[i] = i < count ? asio::buffer(pieces[i]) : asio::const_buffer{};
        }
        error_code error;
        const std::size_t sent =
            count == 1 ? socket_.write_some(buffers[0], error) : socket_.write_some(buffers, error);
        out_.consume(sent);
        if (sent > 0) phase_began_ = std::chrono::steady_clock::now();
        if (error == asio::error::would_block || error == asio::error::try_again) {
            is_waiting_to_write_ = true;
            socket_.async_wait(tcp::socket::wait_write,
                               [self = shared_from_this()](const error_code& e) {
                                   self->is_waiting_to_write_ = false;
                                   if (e) return self->close();
                                   self->advance();
                               });
        } else if (error) {
            close();
        }
    }
}

void Connection::finish_output() {
    if (!out_.is_empty() || is_lingering_) return;
    if (closes_after_output_) return linger();
    if (is_peer_done_ && slots_.empty()) close();
}

/// A reply that ends the connection must reach the client: a close with bytes unread would reset
/// the connection and take the reply with it. So when there are more, or the request was refused
/// before its end, the client's bytes are read, for a while, and thrown away.
void Connection::linger() {
    is_lingering_ = true;
    is_input_over_ = true;
    error_code error;
    const bool has_unread = is_refused_ || socket_.available(error) > 0;
    if (is_peer_done_ || !has_unread || error) return close();
    socket_.shutdown(tcp::socket::shutdown_send, error);
    if (error) close();
}

void Connection::read() {
    if (is_reading_ || is_peer_done_ || is_closed_) return;
    if (!is_lingering_ && (is_input_over_ || !is_incomplete_)) return;
    is_reading_ = true;
    const std::span<char> space = parser_.space();
    socket_.async_read_some(
        asio::buffer(space.data(), space.size()),
        [self = shared_from_this()](const error_code& error, std::size_t bytes) {
            self->is_reading_ = false;
            self->on_read(error, bytes);
        });
}

void Connection::on_read(const error_code& error, std::size_t bytes) {
    if (is_closed_) return;
    if (error == asio::error::eof) {
        is_peer_done_ = true;
        is_input_over_ = true;
        if (is_lingering_) return close();
        return advance();
    }
    if (error) return close();
    if (is_lingering_) return read();
    parser_.received(bytes);
    is_incomplete_ = false;
    advance();
}

void Connection::drain() {
    if (is_closed_ || is_lingering_) return;
    is_input_over_ = true;
    if (slots_.empty() && out_.is_empty()) return close();
    if (slots_.empty()) {
        closes_after_output_ = true;
    } else {
        slots_.back().closes = true;
    }
    advance();
}

void Connection::close() {
    if (is_closed_) return;
    const auto keep = shared_from_this();
    is_closed_ = true;
    error_code ignored;  // it is gone either way
    socket_.close(ignored);
    slots_.clear();
    thread_->remove(*this);
}

Connection::Phase Connection::phase() const noexcept {
    if (is_lingering_) return Phase::lingering;
    if (is_waiting_to_write_) return Phase::writing;
    if (!slots_.empty()) return Phase::replying;
    switch (parser_.waiting()) {
        case HttpParser::Waiting::head:
            return Phase::head;
        case HttpParser::Waiting::body:
            return Phase::body;
        case HttpParser::Waiting::request:
            break;
    }
    return Phase::idle;
}

void Connection::update_deadline(SteadyTime now) {
    const Phase current = phase();
    if (current != phase_ || phase_requests_ != requests_) {
        phase_ = current;
        phase_requests_ = requests_;
        phase_began_ = now;
    }
    const HttpServer::Options& options = thread_->options();
    switch (phase_) {
        case Phase::idle:
            deadline_ = phase_began_ + options.idle_max;
            break;
        case Phase::head:
            deadline_ = phase_began_ + options.head_max;
            break;
        case Phase::body:
            deadline_ = phase_began_ + options.body_max +
                        std::chrono::seconds{parser_.body_bytes_received() / body_bytes_per_s_min};
            break;
        case Phase::replying:
            deadline_ = SteadyTime::max();
            break;  // it is for the operation to end
        case Phase::writing:
            deadline_ = phase_began_ + options.write_max;
            break;
        case Phase::lingering:
            deadline_ = phase_began_ + options.linger_max;
            break;
    }
}

void Connection::check_deadline(SteadyTime now) {
    if (is_closed_ || now < deadline_) return;
    if (phase_ != Phase::head && phase_ != Phase::body) return close();
    is_incomplete_ = true;
    refuse({408, "The request did not arrive in time."});
    advance();
}

void IoThread::run() {
    current_ = this;
    context_.run();
    current_ = nullptr;
    const std::lock_guard lock{mutex_};
    has_ended_ = true;
    inbox_.clear();
}

void IoThread::add(std::shared_ptr<Connection> connection) {
    if (is_draining_) return;  // its socket closes with it
    connection->index = connections_.size();
    connections_.push_back(connection);
    connection_count_.store(connections_.size(), std::memory_order_relaxed);  // relaxed: a figure
    connection->start();
    arm_sweep();
}

void IoThread::remove(const Connection& connection) {
    const std::size_t index = connection.index;
    connections_.back()->index = index;
    std::swap(connections_[index], connections_.back());
    connections_.pop_back();
    connection_count_.store(connections_.size(), std::memory_order_relaxed);  // relaxed: a figure
    end_if_drained();
}

void IoThread::deliver(std::shared_ptr<Connection> connection, std::uint64_t sequence,
                       PendingReply::Write write) {
    if (current_ == this && connection->is_handling()) {
        connection->place(sequence, std::move(write));
        return;
    }
    bool is_first = false;
    {
        const std::lock_guard lock{mutex_};
        if (has_ended_) return;
        is_first = inbox_.empty();
        inbox_.push_back({std::move(connection), sequence, std::move(write)});
    }
    // Whoever finds the inbox empty wakes the thread: one wake-up for all that comes until it
    // looks.
    if (is_first) asio::post(context_, [this] { drain_inbox(); });
}

void IoThread::drain_inbox() {
    {
        const std::lock_guard lock{mutex_};
        draining_inbox_.swap(inbox_);
    }
    for (Delivery& delivery : draining_inbox_) {
        delivery.connection->place(delivery.sequence, std::move(delivery.write));
        if (std::exchange(delivery.connection->is_answered, true)) continue;
        answered_.push_back(std::move(delivery.connection));
    }
    draining_inbox_.clear();
    for (const auto& connection : answered_) {
        connection->is_answered = false;
        connection->advance();
    }
    answered_.clear();
}

void IoThread::arm_sweep() {
    if (is_sweeping_ || connections_.empty()) return;
    is_sweeping_ = true;
    const auto shortest = std::min({options_.idle_max, options_.head_max, options_.body_max,
                                    options_.write_max, options_.linger_max, options_.drain_max});
    sweep_timer_.expires_after(
        std::clamp(shortest / 4, std::chrono::milliseconds{5}, std::chrono::milliseconds{1'000}));
    sweep_timer_.async_wait([this](const error_code& error) {
        is_sweeping_ = false;
        if (!error) sweep();
    });
}

void IoThread::sweep() {
    const SteadyTime now = std::chrono::steady_clock::now();
    const auto all = connections_;  // closing changes the list
    for (const auto& connection : all) {
        if (now >= drain_until_) {
            connection->close();
        } else {
            connection->check_deadline(now);
        }
    }
    arm_sweep();
}

void IoThread::begin_drain() {
    is_draining_ = true;
    drain_until_ = std::chrono::steady_clock::now() + options_.drain_max;
    const auto all = connections_;
    for (const auto& connection : all) connection->drain();
    end_if_drained();
}

void IoThread::end_if_drained() {
    if (!is_draining_ || !connections_.empty()) return;
    sweep_timer_.cancel();
    work_.reset();
}

const std::string& IoThread::date() {
    const std::time_t now = std::time(nullptr);
    if (now != date_time_) {
        date_time_ = now;
        date_ = http_date(TimePoint{std::chrono::seconds{now}});
    }
    return date_;
}

PendingReply::PendingReply(std::shared_ptr<Connection> connection, std::uint64_t sequence) noexcept
    : connection_(std::move(connection)), sequence_(sequence) {}

PendingReply::~PendingReply() {
    if (connection_ != nullptr) send([](ReplyWriter& writer) { write_unanswered(writer); });
}

void PendingReply::send(Write write) {
    SW_ASSERT(connection_ != nullptr);
    const std::shared_ptr<Connection> connection = std::move(connection_);
    connection->thread()->deliver(connection, sequence_, std::move(write));
}

struct HttpServer::Parts {
    Options options;
    Handler handler;
    std::string address;
    std::vector<std::shared_ptr<IoThread>> io_threads;
    std::vector<std::thread> threads;
    std::optional<tcp::acceptor> acceptor;  // on the first thread's reactor
    std::optional<asio::steady_timer> accept_timer;
    std::size_t next_thread = 0;
    std::once_flag stopped;

    void accept();
    void accept_later();
    Result<> bind(const ListenAddress& wanted);
};

void HttpServer::Parts::accept_later() {
    accept_timer->expires_after(accept_retry);
    accept_timer->async_wait([this](const error_code& error) {
        if (!error) accept();
    });
}

void HttpServer::Parts::accept() {
    if (!acceptor->is_open()) return;
    std::size_t open = 0;
    for (const auto& thread : io_threads) open += thread->connections();
    if (open >= options.connections_max) return accept_later();
    const std::shared_ptr<IoThread>& thread = io_threads[next_thread++ % io_threads.size()];
    acceptor->async_accept(
        thread->context(), [this, thread](const error_code& error, tcp::socket socket) {
            if (error == asio::error::operation_aborted) return;
            if (error) return accept_later();
            auto connection = std::make_shared<Connection>(thread, std::move(socket));
            asio::post(thread->context(), [thread, connection] { thread->add(connection); });
            accept();
        });
}

Result<> HttpServer::Parts::bind(const ListenAddress& wanted) {
    const auto failure = [&](const error_code& error) {
        std::string message = "cannot listen on " + options.listen + ": " + error.message();
        if (error == asio::error::address_in_use) message += " (is another server running there?)";
        return Error{errors::system_failure, std::move(message)};
    };
    error_code error;
    const std::string host = wanted.host == "localhost" ? "127.0.0.1" : wanted.host;
    const auto ip = asio::ip::make_address(host, error);
    if (error) return failure(error);
    const tcp::endpoint endpoint{ip, wanted.port};
    acceptor.emplace(io_threads.front()->context());
    accept_timer.emplace(io_threads.front()->context());
    acceptor->open(endpoint.protocol(), error);
    if (!error) acceptor->set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor->bind(endpoint, error);
    if (!error) acceptor->listen(listen_backlog, error);
    if (error) return failure(error);
    const std::string port = std::to_string(acceptor->local_endpoint(error).port());
    address = ip.is_v6() ? "[" + host + "]:" + port : host + ":" + port;
    return {};
}

Result<std::unique_ptr<HttpServer>> HttpServer::listen(Options options) {
    SW_TRY(const ListenAddress wanted, ListenAddress::parse(options.listen));
    auto parts = std::make_unique<Parts>();
    parts->options = std::move(options);
    for (std::size_t i = 0; i < std::max<std::size_t>(parts->options.threads, 1); ++i) {
        parts->io_threads.push_back(std::make_shared<IoThread>(parts->options, parts->handler));
    }
    const Result<> bound = parts->bind(wanted);
    if (bound.has_error()) return bound.error();
    return std::unique_ptr<HttpServer>{new HttpServer{std::move(parts)}};
}

HttpServer::HttpServer(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
HttpServer::~HttpServer() { stop(); }

const std::string& HttpServer::address() const noexcept { return parts_->address; }

void HttpServer::serve(Handler handler) {
    SW_ASSERT(parts_->threads.empty());
    parts_->handler = std::move(handler);
    parts_->accept();
    for (const auto& thread : parts_->io_threads) {
        parts_->threads.emplace_back([thread] { thread->run(); });
    }
}

void HttpServer::stop() {
    std::call_once(parts_->stopped, [this] {
        asio::io_context& first = parts_->io_threads.front()->context();
        asio::post(first, [this, &first] {
            error_code ignored;  // a listening socket that cannot be closed ends with the process
            parts_->acceptor->close(ignored);
            parts_->accept_timer->cancel();
            // Behind the last accept's completion, which the close has queued: no connection comes
            // after the drain.
            asio::post(first, [this] {
                for (const auto& thread : parts_->io_threads) {
                    asio::post(thread->context(), [raw = thread.get()] { raw->begin_drain(); });
                }
            });
        });
        for (std::thread& thread : parts_->threads) thread.join();
    });
}

Result<ListenAddress> ListenAddress::parse(std::string_view text) {
    const auto bad = [text] {
        return Error{errors::system_failure,
                     "not an address to listen on: '" + std::string{text} +
                         "' (expected HOST:PORT, for example 127.0.0.1:4566)"};
    };
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos) return bad();
    std::string_view host = text.substr(0, colon);
    const std::string_view port = text.substr(colon + 1);
    if (host.size() >= 2 && host.front() == '[' && host.back() == ']') {
        host = host.substr(1, host.size() - 2);
    } else if (host.find(':') != std::string_view::npos) {
        return bad();
    }
    ListenAddress address{std::string{host}, 0};
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), address.port);
    if (host.empty() || port.empty() || error != std::errc{} || end != port.data() + port.size())
        return bad();
    return address;
}

bool is_loopback(std::string_view host) noexcept {
    if (equal_ignoring_case(host, "localhost") || host == "::1" || host == "[::1]") return true;
    error_code error;
    const auto ip = asio::ip::make_address_v4(host, error);
    return !error && ip.is_loopback();
}

}  // namespace stepwell::wire
