#include "topic/http_sender.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <charconv>
#include <mutex>
#include <thread>
#include <variant>

namespace stepwell::topic {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using Tcp = asio::ip::tcp;
using boost::system::error_code;

constexpr std::uint64_t answer_bytes_max = 64 * 1024;

asio::ip::address unmapped(const asio::ip::address& address) {
    if (address.is_v6() && address.to_v6().is_v4_mapped()) {
        return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
    }
    return address;
}

bool is_link_local(const asio::ip::address& address) {
    if (address.is_v6()) return address.to_v6().is_link_local();
    const auto bytes = address.to_v4().to_bytes();
    return bytes[0] == 169 && bytes[1] == 254;
}

bool is_forbidden(const Tcp::endpoint& endpoint, const HttpSender::Options& options) {
    const asio::ip::address address = unmapped(endpoint.address());
    if (is_link_local(address) || address.is_unspecified() || address.is_multicast()) return true;
    if (options.own_port == 0 || endpoint.port() != options.own_port) return false;
    error_code ignored;
    const asio::ip::address own = unmapped(asio::ip::make_address(options.own_host, ignored));
    return address == own || (address.is_loopback() && (own.is_loopback() || own.is_unspecified()));
}

/// One attempt; keeps itself alive until it has answered.
class Attempt : public std::enable_shared_from_this<Attempt> {
 public:
    Attempt(asio::io_context& io, asio::ssl::context& tls, const HttpSender::Options& options,
            HttpUrl url, HttpPost post, UniqueFunction<void(HttpOutcome)> done)
        : options_(options), url_(std::move(url)), resolver_(io), done_(std::move(done)) {
        if (url_.is_secure) {
            stream_.emplace<Secure>(io, tls);
        } else {
            stream_.emplace<Plain>(io);
        }
        request_ = "POST " + url_.target + " HTTP/1.1\r\n";
        for (const auto& [name, value] : post.headers) add_header(name, value);
        add_header("Host", host_header());
        add_header("Connection", "close");
        add_header("Content-Length", std::to_string(post.body.size()));
        request_.append("\r\n").append(post.body);
        parser_.body_limit(answer_bytes_max);
    }

    void run() {
        lowest().expires_after(options_.timeout);
        resolver_.async_resolve(url_.host, std::to_string(url_.port),
                                [self = shared_from_this()](
                                    error_code failed, const Tcp::resolver::results_type& found) {
                                    self->resolved(failed, found);
                                });
    }

 private:
    using Plain = beast::tcp_stream;
    using Secure = asio::ssl::stream<beast::tcp_stream>;

    /// Controls in a value would begin another header.
    void add_header(std::string_view name, std::string_view value) {
        request_.append(name).append(": ");
        for (const char c : value) request_ += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
        request_.append("\r\n");
    }

    std::string host_header() const {
        const bool is_v6 = url_.host.find(':') != std::string::npos;
        const std::string host = is_v6 ? "[" + url_.host + "]" : url_.host;
        return url_.port == (url_.is_secure ? 443 : 80) ? host
                                                        : host + ":" + std::to_string(url_.port);
    }

    beast::tcp_stream& lowest() {
        if (auto* secure = std::get_if<Secure>(&stream_)) return secure->next_layer();
        return std::get<Plain>(stream_);
    }

    void resolved(error_code failed, const Tcp::resolver::results_type& found) {
        if (failed) return finish({0, failed.message()});
        std::vector<Tcp::endpoint> allowed;
        for (const auto& entry : found) {
            if (!is_forbidden(entry.endpoint(), options_)) allowed.push_back(entry.endpoint());
        }
        if (allowed.empty()) return finish({0, "the address is not allowed", true});
        lowest().async_connect(allowed,
                               [self = shared_from_this()](error_code error, const Tcp::endpoint&) {
                                   if (error) return self->finish({0, error.message()});
                                   self->connected();
                               });
    }

    void connected() {
        auto* secure = std::get_if<Secure>(&stream_);
        if (secure == nullptr) return write(std::get<Plain>(stream_));
        if (SSL_set_tlsext_host_name(secure->native_handle(), url_.host.c_str()) != 1) {
            return finish({0, "the host name is not fit for TLS"});
        }
        secure->set_verify_callback(asio::ssl::host_name_verification(url_.host));
        secure->async_handshake(asio::ssl::stream_base::client,
                                [self = shared_from_this(), secure](error_code error) {
                                    if (error) return self->finish({0, error.message()});
                                    self->write(*secure);
                                });
    }

    template <class Stream>
    void write(Stream& stream) {
        asio::async_write(stream, asio::buffer(request_),
                          [self = shared_from_this(), &stream](error_code error, std::size_t) {
                              if (error) return self->finish({0, error.message()});
                              http::async_read(
                                  stream, self->buffer_, self->parser_,
                                  [self](error_code failed, std::size_t) {
                                      if (failed && !self->parser_.is_header_done())
                                          return self->finish({0, failed.message()});
                                      self->finish({self->parser_.get().result_int(), {}});
                                  });
                          });
    }

    void finish(HttpOutcome outcome) {
        lowest().close();
        std::exchange(done_, nullptr)(std::move(outcome));
    }

    const HttpSender::Options& options_;
    const HttpUrl url_;
    Tcp::resolver resolver_;
    std::variant<std::monostate, Plain, Secure> stream_;
    std::string request_;
    beast::flat_buffer buffer_;
    http::response_parser<http::string_body> parser_;
    UniqueFunction<void(HttpOutcome)> done_;
};

}  // namespace

struct HttpSender::Parts {
    explicit Parts(Options o) : options(std::move(o)) {}
    ~Parts() { stop(); }

    void stop() {
        const std::scoped_lock lock(starting);
        is_stopped = true;
        io.stop();
        if (thread.joinable()) thread.join();
    }

    void start() {
        const std::scoped_lock lock(starting);
        if (is_stopped || thread.joinable()) return;
        error_code ignored;
        tls.set_default_verify_paths(
            ignored);  // without them every https endpoint fails its check, as it should
        tls.set_verify_mode(asio::ssl::verify_peer);
        thread = std::thread([this] { io.run(); });
    }

    const Options options;
    asio::ssl::context tls{asio::ssl::context::tls_client};
    asio::io_context io{1};
    asio::executor_work_guard<asio::io_context::executor_type> work{io.get_executor()};
    std::mutex starting;  // guards what follows
    bool is_stopped = false;
    std::thread thread;
};

HttpSender::HttpSender(Options options) : parts_(std::make_unique<Parts>(std::move(options))) {}
HttpSender::~HttpSender() = default;

void HttpSender::stop() { parts_->stop(); }

void HttpSender::post(HttpPost post, UniqueFunction<void(HttpOutcome)> done) {
    auto url = HttpUrl::parse(post.url);
    if (!url.has_value()) return done({0, "the URL is malformed", true});
    parts_->start();
    auto attempt = std::make_shared<Attempt>(parts_->io, parts_->tls, parts_->options,
                                             std::move(*url), std::move(post), std::move(done));
    asio::post(parts_->io, [attempt] { attempt->run(); });
}

std::optional<HttpUrl> HttpUrl::parse(std::string_view text) {
    HttpUrl url;
    if (text.starts_with("http://")) {
        text.remove_prefix(7);
    } else if (text.starts_with("https://")) {
        text.remove_prefix(8);
        url.is_secure = true;
        url.port = 443;
    } else {
        return std::nullopt;
    }
    const auto is_printable = [](char c) { return c > ' ' && c < '\x7F'; };
    if (!std::all_of(text.begin(), text.end(), is_printable)) return std::nullopt;
    const std::size_t end = text.find_first_of("/?#");
    std::string_view authority = text.substr(0, end);
    std::string_view target = end == std::string_view::npos ? std::string_view{} : text.substr(end);
    target = target.substr(0, target.find('#'));
    url.target = target.starts_with('/') ? std::string(target) : "/" + std::string(target);
    if (authority.find('@') != std::string_view::npos) return std::nullopt;
    std::size_t colon = authority.rfind(':');
    if (authority.starts_with('[')) {
        const std::size_t close = authority.find(']');
        if (close == std::string_view::npos) return std::nullopt;
        url.host = authority.substr(1, close - 1);
        colon = authority.find(':', close);
    } else {
        url.host = authority.substr(0, colon);
    }
    if (url.host.empty()) return std::nullopt;
    if (colon == std::string_view::npos) return url;
    const std::string_view port = authority.substr(colon + 1);
    const auto [stop, error] = std::from_chars(port.data(), port.data() + port.size(), url.port);
    if (error != std::errc{} || stop != port.data() + port.size() || url.port == 0)
        return std::nullopt;
    return url;
}

}  // namespace stepwell::topic
