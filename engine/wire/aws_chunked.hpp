// The content encoding in which AWS's SDKs send bodies whose checksum they know at the end only:
// "<hex>[;chunk-signature=...]\r\n<data>\r\n ... 0[;...]\r\n<trailers>\r\n".
//
// source  Amazon S3 API Reference, "Signature calculations: transferring a payload in chunks"
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace stepwell::wire {

/// Takes the encoding off a body that comes in portions.
///
/// threads  one
class AwsChunkedDecoder {
 public:
    /// Takes the whole of `encoded`, and gives `sink(data)` what of it is data, in order. False
    /// once the body is malformed.
    template <class Sink>
    bool take(std::string_view encoded, const Sink& sink) {
        while (!encoded.empty() && part_ != Part::bad && part_ != Part::end) {
            const std::string_view data = take_data(encoded);
            if (!data.empty()) sink(data);
        }
        return part_ != Part::bad;
    }

    /// True once the last chunk has come.
    bool is_complete() const noexcept { return part_ == Part::trailer || part_ == Part::end; }
    /// "name:value\n" each: checksums and signatures.
    const std::string& trailers() const noexcept { return trailers_; }

 private:
    enum class Part : std::uint8_t { size, data, data_end, trailer, end, bad };

    // Takes something off the front; gives it when it is data.
    std::string_view take_data(std::string_view& encoded);
    void take_line(std::string_view& encoded);

    Part part_ = Part::size;
    std::size_t left_ = 0;  // of the chunk's data, or of the two bytes behind it
    std::string line_;      // as much of one as has come
    std::string trailers_;
};

/// A whole body, decoded in place.
struct AwsChunked {
    bool is_valid = false;
    std::size_t bytes = 0;
    std::string trailers = {};
};
AwsChunked decode_aws_chunked(std::span<char> body);

}  // namespace stepwell::wire
