// Posts notifications to HTTP endpoints.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <stepwell/result.hpp>

#include "topic/ports.hpp"

namespace stepwell::topic {

/// One POST.
struct HttpPost {
    std::string url;  ///< http or https
    std::string body;
    std::vector<std::pair<std::string, std::string>> headers;
};

/// How an attempt ended; the status is 0 when there was no answer.
struct HttpOutcome {
    unsigned status = 0;
    std::string reason;
    bool is_refused = false;  ///< the address is one that nothing is sent to

    bool has_succeeded() const noexcept { return status >= 200 && status < 300; }
    /// AWS tries again after 5xx, 429, and when there was no answer; other answers are final.
    bool may_succeed_later() const noexcept {
        return !is_refused && (status == 0 || status >= 500 || status == 429);
    }
};

/// A thread of its own, started by the first post. Each host name is resolved once an attempt,
/// every address is checked, and the connection goes to a checked address, so that a name cannot
/// change its meaning in between. Link-local and unspecified addresses are refused, and the
/// server's own listener. Redirects are not followed.
///
/// threads  any
class HttpSender {
 public:
    struct Options {
        std::string own_host = {};  ///< the server's own listener; empty: none
        unsigned short own_port = 0;
        std::chrono::milliseconds timeout{15'000};  ///< for the whole of one attempt
    };
    explicit HttpSender(Options options);
    ~HttpSender();  ///< stops
    HttpSender(const HttpSender&) = delete;
    HttpSender& operator=(const HttpSender&) = delete;

    /// Drops what is under way without an answer and joins the thread. Not to be called on that
    /// thread.
    void stop();

    /// `done` is called once, on the sender's thread. After `stop` nothing is posted, and nobody
    /// called.
    void post(HttpPost post, UniqueFunction<void(HttpOutcome)> done);

 private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

/// An http or https URL, taken apart. Nothing for any other text, and for one with user
/// information.
struct HttpUrl {
    bool is_secure = false;
    std::string host;  ///< an IPv6 address without its brackets
    unsigned short port = 80;
    std::string target;  ///< path and query
    static std::optional<HttpUrl> parse(std::string_view text);
};

}  // namespace stepwell::topic
