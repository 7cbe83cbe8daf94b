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
#include <ctime>
#include <mutex>
#include <thread>
#include <vector>

#include "base/assert.hpp"
#include "base/errors.hpp"
#include "base/time_text.hpp"
#include "base/try.hpp"
#include "base/wake_batch.hpp"
#include "wire/http_session.hpp"
#include "wire/listen_address.hpp"

namespace stepwell::wire {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr std::size_t pieces_per_write = 16;
constexpr int listen_backlog = 1024;
constexpr std::size_t handlers_per_batch = 64;          // a request each, at most
constexpr std::chrono::milliseconds accept_retry{100};  // when there are no file descriptors left

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

/// One client's socket, and the session on it.
///
/// threads  its I/O thread only
class Connection : public std::enable_shared_from_this<Connection> {
 public:
    Connection(std::shared_ptr<IoThread> thread, tcp::socket socket)
        : thread_(std::move(thread)),
          socket_(std::move(socket)),
          session_(thread_->options().limits, thread_->options().times) {}

    const std::shared_ptr<IoThread>& thread() const noexcept { return thread_; }
    std::size_t index = 0;     ///< among its thread's connections
    bool is_answered = false;  ///< in the thread's list of connections with new replies

    void start();
    /// Takes the reply of request `sequence`; it is written by the next `advance`.
    void place(std::uint64_t sequence, PendingReply::Write write) {
        if (!is_closed_) session_.place(sequence, std::move(write));
    }
    /// True while the handler runs for this connection: replies are then placed at once.
    bool is_handling() const noexcept { return is_handling_; }
    /// Does whatever can be done: takes requests, writes replies, sends, reads on.
    void advance();
    void drain();
    void close();
    void check_deadline(SteadyTime now);

 private:
    void handle(const HttpRequest& request, std::uint64_t sequence);
    bool send();
    void finish();
    void linger();
    void read();
    void on_read(const error_code& error, std::size_t bytes);

    const std::shared_ptr<IoThread> thread_;  // first: the socket's reactor outlives the socket
    tcp::socket socket_;
    HttpSession session_;
    HttpSession::Handler handler_ = [this](const HttpRequest& request, std::uint64_t sequence) {
        handle(request, sequence);
    };
    std::string local_address_;
    const std::shared_ptr<std::atomic<bool>> is_client_gone_ =
        std::make_shared<std::atomic<bool>>(false);

    // Invariant: at most one read and one wait for writability are under way.
    bool is_reading_ = false;
    bool is_waiting_to_write_ = false;
    bool is_handling_ = false;
    bool is_advancing_ = false;
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
    session_.update_deadline(HttpSession::Socket::open, false, std::chrono::steady_clock::now());
    read();
}

void Connection::handle(const HttpRequest& request, std::uint64_t sequence) {
    HttpRequest seen = request;
    seen.local_address = local_address_;
    seen.caller = Caller(is_client_gone_);
    is_handling_ = true;
    thread_->handler()(seen, PendingReply{shared_from_this(), sequence});
    is_handling_ = false;
}

void Connection::advance() {
    if (is_closed_ || is_advancing_) return;
    is_advancing_ = true;
    const auto keep = shared_from_this();
    bool has_sent = false;
    // What the client takes makes room for replies to its next requests.
    do {
        session_.advance(handler_, thread_->date());
    } while (send() && (has_sent = true) && !session_.wants_input() && !session_.is_over());
    is_advancing_ = false;
    if (is_closed_) return;
    finish();
    read();
    const auto socket = is_lingering_          ? HttpSession::Socket::lingering
                        : is_waiting_to_write_ ? HttpSession::Socket::blocked
                                               : HttpSession::Socket::open;
    session_.update_deadline(socket, has_sent, std::chrono::steady_clock::now());
}

/// Sends what the socket takes. True when that was anything.
bool Connection::send() {
    OutputBuffer& out = session_.output();
    std::array<std::string_view, pieces_per_write> pieces;
    std::array<asio::const_buffer, pieces_per_write> buffers;
    bool has_sent = false;
    while (!out.is_empty() && !is_waiting_to_write_ && !is_closed_) {
        const std::size_t count = out.front(pieces);
        for (std::size_t i = 0; i < pieces_per_write; ++i) {
            buffers[i] = i < count ? asio::buffer(pieces[i]) : asio::const_buffer{};
        }
        error_code error;
        const std::size_t sent =
            count == 1 ? socket_.write_some(buffers[0], error) : socket_.write_some(buffers, error);
        out.consume(sent);
        if (out.is_broken()) return close(), has_sent;
        has_sent |= sent > 0;
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
    return has_sent;
}

void Connection::finish() {
    if (session_.is_over() && session_.output().is_empty() && !is_lingering_) linger();
}

/// A reply that ends the connection must reach the client: a close with bytes unread would reset
/// the connection and take the reply with it. So when there are more, or the request was refused
/// before its end, the client's bytes are read, for a while, and thrown away.
void Connection::linger() {
    error_code error;
    const bool has_unread = session_.was_refused() || socket_.available(error) > 0;
    if (session_.is_client_done() || !has_unread || error) return close();
    is_lingering_ = true;
    socket_.shutdown(tcp::socket::shutdown_send, error);
    if (error) close();
}

void Connection::read() {
    if (is_reading_ || is_closed_ || session_.is_client_done()) return;
    if (!is_lingering_ && !session_.wants_input()) return;
    is_reading_ = true;
    const std::span<char> space = session_.space();
    socket_.async_read_some(
        asio::buffer(space.data(), space.size()),
        [self = shared_from_this()](const error_code& error, std::size_t bytes) {
            self->is_reading_ = false;
            self->on_read(error, bytes);
        });
}

void Connection::on_read(const error_code& error, std::size_t bytes) {
    if (is_closed_) return;
    if (error == asio::error::eof && !is_lingering_) {
        // Nearly always it has closed for good. If it only sends no more, it still gets its
        // replies, but a long poll of its takes nothing any more.
        is_client_gone_->store(true, std::memory_order_relaxed);  // relaxed: see Caller
        session_.end_input();
        return advance();
    }
    if (error) return close();
    if (is_lingering_) return read();
    session_.received(bytes);
    advance();
}

void Connection::drain() {
    session_.drain();
    advance();
}

void Connection::close() {
    if (is_closed_) return;
    const auto keep = shared_from_this();
    is_closed_ = true;
    is_client_gone_->store(true, std::memory_order_relaxed);  // relaxed: see Caller
    error_code ignored;                                       // it is gone either way
    socket_.close(ignored);
    thread_->remove(*this);
}

void Connection::check_deadline(SteadyTime now) {
    if (is_closed_ || now < session_.deadline()) return;
    if (!session_.time_out()) return close();
    advance();
}

void IoThread::run() {
    current_ = this;
    {
        // The requests that have come meanwhile reach the services' threads together.
        WakeBatch wakes;
        while (context_.run_one() > 0) {
            for (std::size_t i = 1; i < handlers_per_batch && context_.poll_one() > 0; ++i) {
            }
            wakes.wake_all();
        }
    }
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
    const HttpTimeLimits& times = options_.times;
    const auto shortest = std::min({times.idle_max, times.head_max, times.body_max, times.write_max,
                                    times.linger_max, options_.drain_max});
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
        const bool is_in_use = error == asio::error::address_in_use;
        if (is_in_use) message += " (is another server running there?)";
        return Error{is_in_use ? errors::in_use : errors::system_failure, std::move(message)};
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

}  // namespace stepwell::wire
