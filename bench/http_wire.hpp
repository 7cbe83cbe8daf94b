// What our HTTP clients share: requests and answers as bytes, and sockets to the server.
#pragma once

#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace stepwell::bench {

/// A whole POST request in AWS's JSON protocol; `target` as in "AWSStepFunctions.SendTaskSuccess".
std::string http_request(std::string_view target, std::string_view body);

struct HttpAnswer {
    int status = 0;
    std::string_view body;
    std::size_t size = 0;  ///< in all; 0: not all of it is here
};
/// The first answer in what was received.
HttpAnswer read_answer(std::string_view received);

/// Owns a file descriptor.
class Descriptor {
 public:
    Descriptor() = default;
    explicit Descriptor(int number) : number_(number) {}
    Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
    Descriptor& operator=(Descriptor&& other) noexcept {
        std::swap(number_, other.number_);
        return *this;
    }
    ~Descriptor() {
        if (number_ >= 0) ::close(number_);
    }

    bool is_open() const noexcept { return number_ >= 0; }
    int get() const noexcept { return number_; }

 private:
    int number_ = -1;
};

/// A connection to 127.0.0.1; not open when it cannot be made.
Descriptor connect_to(std::uint16_t port);

}  // namespace stepwell::bench
