// A client of the server as simple as one can be: one connection, one request at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace stepwell::bench {

struct HttpReply {
    int status = 0;
    std::string body;
};

/// Sends POST requests to 127.0.0.1 over a connection that is kept, and made again when it broke.
///
/// threads  one; blocks
class HttpClient {
 public:
    explicit HttpClient(std::uint16_t port) : port_(port) {}
    ~HttpClient() { close(); }
    HttpClient(const HttpClient&) = delete;
    HttpClient& operator=(const HttpClient&) = delete;

    /// One call in AWS's JSON protocol; `target` as in "AmazonSQS.ReceiveMessage". Absent when the
    /// connection could not be made or broke: whether the call was carried out is then unknown.
    std::optional<HttpReply> call(std::string_view target, std::string_view body);
    /// One call in AWS's query protocol: `form` holds Action, Version and the parameters.
    std::optional<HttpReply> call_query(std::string_view form);
    /// The next call makes a new connection.
    void close();

 private:
    std::optional<HttpReply> exchange();
    bool connect();
    bool send_request();
    std::optional<HttpReply> read_reply();
    bool receive_more();

    const std::uint16_t port_;
    int socket_ = -1;
    std::string request_;
    std::string received_;
};

}  // namespace stepwell::bench
